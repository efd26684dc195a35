"""Requests: a facility manager approves, or declines with a reason."""

from collections.abc import Callable, Iterable
from datetime import datetime

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from bookings.models import Booking, Reservation, ReservationQuerySet, ReservationState
from bookings.notifications.writing import notify_of_decision
from core.refusals import Refusal, Refused
from organisations.models import User


def approve(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """A request becomes confirmed. `Refused` where it is no request any more or is over; `PermissionDenied` where it is
    not the actor's to say.

    Nothing is evaluated again: the request held its slot all the time.
    """
    return _decide(reservation, actor, now, ReservationState.CONFIRMED, "")


def decline(*, reservation: Reservation, actor: User, now: datetime, reason: str) -> Reservation:
    """A request ends and its slot is free. The reason is told to who asked; `Refused` without one, or as above."""
    reason = reason.strip()
    if not reason:
        raise Refused([_refusal(reservation, "needs_reason", _("Give a reason. The requester reads it."))])
    return _decide(reservation, actor, now, ReservationState.DECLINED, reason)


def approve_all(*, booking: Booking, actor: User, now: datetime) -> list[Reservation]:
    """Every request of the booking that is not over, in one transaction; those approved, by their start. `Refused`
    where there is none left, `PermissionDenied` where it is not the actor's to say."""
    requests = _requests(booking).going_on_or_ahead(now)
    return _each(requests, booking, actor, lambda r: approve(reservation=r, actor=actor, now=now))


def decline_all(*, booking: Booking, actor: User, now: datetime, reason: str) -> list[Reservation]:
    """The same with one reason for all, those that are over as well."""
    requests = _requests(booking)
    return _each(requests, booking, actor, lambda r: decline(reservation=r, actor=actor, now=now, reason=reason))


def _requests(booking: Booking) -> ReservationQuerySet:
    with_machines = booking.reservations.select_related("equipment", "booking")
    return with_machines.filter(state=ReservationState.REQUESTED)


def _each(
    requests: Iterable[Reservation], booking: Booking, actor: User, decide: Callable[[Reservation], Reservation]
) -> list[Reservation]:
    _must_decide(actor)
    with transaction.atomic():
        # In id order, as whoever cancels them: neither waits for the other.
        decided = [decide(reservation) for reservation in sorted(requests, key=lambda r: r.pk)]
    if not decided:
        raise Refused([Refusal("not_possible", _("Nothing of this booking awaits a decision any more."))])
    return sorted(decided, key=lambda r: (r.start, r.pk))


def _must_decide(actor: User) -> None:
    if not actor.is_facility_manager:
        raise PermissionDenied(_("A facility manager decides about requests."))


def _decide(reservation: Reservation, actor: User, now: datetime, state: ReservationState, reason: str) -> Reservation:
    _must_decide(actor)
    with pghistory.context(user=actor.pk), transaction.atomic():
        request = Reservation.objects.filter(pk=reservation.pk, state=ReservationState.REQUESTED)
        if state == ReservationState.CONFIRMED:
            request = request.filter(period__endswith__gt=now)
        decided = request.update(state=state, decided_by=actor, decided_at=now, decision_reason=reason)
        if decided and state == ReservationState.DECLINED:
            reservation.issues.resolve(now)
        if decided:
            notify_of_decision(reservation=reservation, now=now)
    reservation.refresh_from_db()
    if not decided:
        raise Refused([_refusal(reservation, "not_possible", _("This is no longer a request to decide about."))])
    return reservation


def _refusal(reservation: Reservation, code: str, message: str) -> Refusal:
    return Refusal(code, message, reservation.equipment.code, reservation.start, reservation.end)
