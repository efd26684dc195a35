"""Check-in and check-out, and saying that nobody came."""

from datetime import datetime

from bookings import lifecycle
from bookings.lifecycle import CHECK_IN, CHECK_OUT, MARK_NO_SHOW
from bookings.models import Reservation
from organisations.models import User


def check_in(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """A confirmed reservation is in use from now on. Checked in already, it stays as it is.

    `Refused` where it is too early or too late, was not confirmed, or where the machine is still in use by who came
    before; `NotAllowed` where it is not the actor's to say.
    """
    return lifecycle.apply(CHECK_IN, reservation, actor=actor, now=now)


def check_out(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """The machine is empty and clean: what was left of the time is free for others at once. The period stays as it was
    booked, the use tells how long it took. Checked out already, it stays as it is; `Refused` where it is not in use,
    `NotAllowed` where it is not the actor's to say."""
    return lifecycle.apply(CHECK_OUT, reservation, actor=actor, now=now)


def mark_no_show(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """Facility staff give free what nobody came for, after the grace of the machine's policy. `NotAllowed` for
    others."""
    return lifecycle.apply(MARK_NO_SHOW, reservation, actor=actor, now=now)
