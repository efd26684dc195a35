"""The models of demand: `bookings` and what hangs on them, `purposes` says why, `quotas` how much, `reminders` when
people are reminded, `uses` what really happened, `feeds` what they follow."""

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
from bookings.models.purposes import Economic, Purpose, PurposeQuerySet, PurposeRuling
from bookings.models.quotas import Quota, QuotaSpan
from bookings.models.reminders import TypeReminders
from bookings.models.uses import Use

__all__ = [
    "HOLDING_STATES",
    "SHOWN_STATES",
    "Booking",
    "BookingQuerySet",
    "BookingReference",
    "CalendarFeed",
    "Economic",
    "FeedOf",
    "Issue",
    "IssueQuerySet",
    "Override",
    "Purpose",
    "PurposeQuerySet",
    "PurposeRuling",
    "Quota",
    "QuotaSpan",
    "Reservation",
    "ReservationQuerySet",
    "ReservationState",
    "TypeReminders",
    "Use",
    "may_be_changed_by",
]
