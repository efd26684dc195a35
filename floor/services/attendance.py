"""Check-in and check-out, and saying that nobody came."""

from datetime import datetime

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bookings.lifecycle import late_from, may_use, opens_at
from bookings.models import Reservation, ReservationState, Use
from core.clock import ZONE
from core.refusals import Refusal, Refused
from organisations.models import User

STATE = ReservationState


def check_in(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """A confirmed reservation is in use from now on. Checked in already, it stays as it is.

    `Refused` where it is too early or too late, was not confirmed, or where the machine is still in use by who came
    before; `PermissionDenied` where it is not the actor's to say.
    """
    _must_be_theirs(reservation, actor)
    with pghistory.context(user=actor.pk), transaction.atomic():
        current = _locked(reservation)
        if current.state == STATE.IN_USE:
            return current
        if why := _why_not_in(current, now):
            raise _refused(current, why)
        try:
            with transaction.atomic():
                _becomes(current, STATE.IN_USE)
        except IntegrityError:  # somebody else checked in on this machine at the same moment
            raise _refused(current, _still_in_use(current)) from None
        Use.objects.create(reservation=current, started_at=now, started_by=actor)
    return current


def check_out(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """The machine is empty and clean: what was left of the time is free for others at once. The period stays as it was
    booked, the use tells how long it took. Checked out already, it stays as it is; `Refused` where it is not in use,
    `PermissionDenied` where it is not the actor's to say."""
    _must_be_theirs(reservation, actor)
    with pghistory.context(user=actor.pk), transaction.atomic():
        current = _locked(reservation)
        if current.state == STATE.COMPLETED:
            return current
        if current.state != STATE.IN_USE:
            raise _refused(current, _("Nobody is checked in on this reservation."))
        _becomes(current, STATE.COMPLETED)
        Use.objects.filter(reservation=current).update(ended_at=now, ended_by=actor)
    return current


def mark_no_show(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """Facility staff give free what nobody came for, after the grace of the machine's policy. `PermissionDenied` for
    others."""
    if not actor.is_technician:
        raise PermissionDenied(_("Only technicians and facility managers can do this."))
    with pghistory.context(user=actor.pk), transaction.atomic():
        current = _locked(reservation)
        if current.state == STATE.NO_SHOW:
            return current
        if current.state != STATE.CONFIRMED:
            raise _refused(current, _("This reservation is %(state)s.") % {"state": current.get_state_display()})
        if now < late_from(current):
            text = _("They can still check in until %(time)s. After that you can choose “no-show”.") % {
                "time": _clock(late_from(current))
            }
            raise _refused(current, text)
        _becomes(current, STATE.NO_SHOW)
        current.issues.resolve(now)
    return current


def _must_be_theirs(reservation: Reservation, actor: User) -> None:
    if not may_use(reservation, actor):
        raise PermissionDenied(
            _("Only the person who booked, a technician or a facility manager can check in and out.")
        )


def _locked(reservation: Reservation) -> Reservation:
    found = Reservation.objects.select_for_update(of=("self",)).select_related("equipment__type", "booking")
    return found.get(pk=reservation.pk)


def _becomes(reservation: Reservation, state: ReservationState) -> None:
    Reservation.objects.filter(pk=reservation.pk, state=reservation.state).update(state=state)
    reservation.state = state


def _why_not_in(reservation: Reservation, now: datetime) -> str | None:
    if reservation.state == STATE.REQUESTED:
        return _("This is still a request. A facility manager has to approve it first.")
    if reservation.state != STATE.CONFIRMED:
        return _("This reservation is %(state)s.") % {"state": reservation.get_state_display()}
    if now < opens_at(reservation):
        return _("Checking in is possible from %(time)s on.") % {"time": _moment(opens_at(reservation))}
    if now >= reservation.end:
        return _("This time is over: it ended at %(time)s.") % {"time": _moment(reservation.end)}
    if reservation.equipment.reservations.filter(state=STATE.IN_USE).exists():
        return _still_in_use(reservation)
    return None


def _still_in_use(reservation: Reservation) -> str:
    code = reservation.equipment.code
    return _("%(code)s is still in use. Ask the previous user or a technician to check out first.") % {"code": code}


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%H:%M}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"


def _refused(reservation: Reservation, message: str) -> Refused:
    return Refused([Refusal("not_possible", message, reservation.equipment.code, reservation.start, reservation.end)])
