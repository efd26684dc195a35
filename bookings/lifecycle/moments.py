"""The moments in the life of a reservation, each read from its period and the policy of its machine."""

from datetime import datetime, timedelta

from bookings.models import Reservation

# People come a little early, and set-up is their time as well.
EARLY_AT_LEAST = timedelta(minutes=15)


def opens_at(reservation: Reservation) -> datetime:
    """From when on one may check in: when set-up begins, or a quarter of an hour before. Reads the machine's type."""
    return reservation.start - max(reservation.equipment.policy.set_up, EARLY_AT_LEAST)


def late_from(reservation: Reservation) -> datetime:
    """From when on somebody who has not checked in counts as late."""
    return reservation.start + reservation.equipment.policy.check_in_grace


def free_until(reservation: Reservation) -> datetime:
    """The last moment at which cancelling is free."""
    return reservation.start - reservation.equipment.policy.free_cancellation_term


def is_late(reservation: Reservation, now: datetime) -> bool:
    """Whether cancelling at `now` comes after the term of free cancellation."""
    return now > free_until(reservation)
