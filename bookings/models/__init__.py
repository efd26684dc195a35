"""The models of demand: `bookings` and what hangs on them, `purposes` says why, `quotas` how much, `notifications` what
people are told of it, `uses` what really happened, `feeds` what they follow."""

from bookings.models.bookings import (
    HOLDING_STATES,
    SHOWN_STATES,
    Booking,
    BookingQuerySet,
    BookingReference,
    Issue,
    IssueQuerySet,
    Override,
    Reservation,
    ReservationQuerySet,
    ReservationState,
    may_be_changed_by,
)
from bookings.models.feeds import CalendarFeed, FeedOf
from bookings.models.notifications import (
    ACCOUNT_KINDS,
    LINK_KINDS,
    PLANNED_KINDS,
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationQuerySet,
    ReminderTimes,
    TypeReminders,
)
from bookings.models.purposes import Economic, Purpose, PurposeQuerySet, PurposeRuling
from bookings.models.quotas import Quota, QuotaSpan
from bookings.models.uses import Use

__all__ = [
    "ACCOUNT_KINDS",
    "HOLDING_STATES",
    "LINK_KINDS",
    "PLANNED_KINDS",
    "SHOWN_STATES",
    "Booking",
    "BookingQuerySet",
    "BookingReference",
    "CalendarFeed",
    "Economic",
    "FeedOf",
    "Issue",
    "IssueQuerySet",
    "Notification",
    "NotificationKind",
    "NotificationPreference",
    "NotificationQuerySet",
    "Override",
    "Purpose",
    "PurposeQuerySet",
    "PurposeRuling",
    "Quota",
    "QuotaSpan",
    "ReminderTimes",
    "Reservation",
    "ReservationQuerySet",
    "ReservationState",
    "TypeReminders",
    "Use",
    "may_be_changed_by",
]
