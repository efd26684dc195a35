"""The models of demand: `bookings` and what hangs on them, `purposes` says why, `quotas` how much."""

from bookings.models.bookings import (
    HOLDING_STATES,
    SHOWN_STATES,
    Booking,
    BookingQuerySet,
    BookingReference,
    Concern,
    IdempotencyKey,
    Override,
    Reservation,
    ReservationQuerySet,
    ReservationState,
)
from bookings.models.purposes import Economic, Purpose, PurposeQuerySet, PurposeRuling
from bookings.models.quotas import Quota, QuotaSpan

__all__ = [
    "HOLDING_STATES",
    "SHOWN_STATES",
    "Booking",
    "BookingQuerySet",
    "BookingReference",
    "Concern",
    "Economic",
    "IdempotencyKey",
    "Override",
    "Purpose",
    "PurposeQuerySet",
    "PurposeRuling",
    "Quota",
    "QuotaSpan",
    "Reservation",
    "ReservationQuerySet",
    "ReservationState",
]
