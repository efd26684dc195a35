"""Requests: a facility manager approves, or declines with a reason."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from bookings import lifecycle
from bookings.lifecycle import APPROVE, DECLINE, WRONG_STATE, Transition
from bookings.models import Booking, Reservation
from core.refusals import Refusal, Refused
from organisations.models import User
from organisations.permissions import may_decide_requests


def approve(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """A request becomes confirmed. `Refused` where it is no request any more or is over; `NotAllowed` where it is not
    the actor's to say.

    Nothing is evaluated again: the request held its slot all the time.
    """
    return lifecycle.apply(APPROVE, reservation, actor=actor, now=now)


def decline(*, reservation: Reservation, actor: User, now: datetime, reason: str) -> Reservation:
    """A request ends and its slot is free. The reason is told to who asked; `Refused` without one, or as above."""
    return lifecycle.apply(DECLINE, reservation, actor=actor, now=now, reason=reason)


def approve_all(*, booking: Booking, actor: User, now: datetime) -> list[Reservation]:
    """Every request of the booking that is not over, in one transaction; those approved, by their start. `Refused`
    where there is none left, `NotAllowed` where it is not the actor's to say."""
    return _each(APPROVE, booking, actor, now)


def decline_all(*, booking: Booking, actor: User, now: datetime, reason: str) -> list[Reservation]:
    """The same with one reason for all, those that are over as well."""
    return _each(DECLINE, booking, actor, now, reason)


def _each(transition: Transition, booking: Booking, actor: User, now: datetime, reason: str = "") -> list[Reservation]:
    may_decide_requests.require(actor)
    requests: Iterable[Reservation] = booking.reservations.filter(transition.possible(now)).select_related(
        "booking", "equipment"
    )
    decided = lifecycle.apply_to_each(transition, requests, actor=actor, now=now, reason=reason)
    if not decided:
        raise Refused([Refusal(WRONG_STATE, _("Nothing of this booking awaits a decision any more."))])
    return decided
