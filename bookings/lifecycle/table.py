"""The life of a reservation as one table: each transition with the states it leaves and reaches, who may, what must
hold, what follows from it and who is told. `docs/lifecycle.md` shows it to people."""

from typing import Any

from django.utils.translation import gettext as _

from bookings.lifecycle import guards
from bookings.lifecycle.guards import not_over
from bookings.lifecycle.moments import is_late
from bookings.lifecycle.transitions import Attempt, Told, Transition
from bookings.models import Reservation, ReservationState, Use
from bookings.notifications.writing import notify_of_cancellation, notify_of_decision
from bookings.permissions import may_change, may_decide, may_mark_no_show, may_use

REQUESTED, CONFIRMED, IN_USE = ReservationState.REQUESTED, ReservationState.CONFIRMED, ReservationState.IN_USE
COMPLETED, DECLINED = ReservationState.COMPLETED, ReservationState.DECLINED
CANCELLED, NO_SHOW = ReservationState.CANCELLED, ReservationState.NO_SHOW
BOOKER, MANAGERS, OPERATOR = Told.BOOKER, Told.MANAGERS, Told.OPERATOR


# ---- Words for a state that does not allow it, and for what is over


def _no_longer_moved(reservation: Reservation) -> str:
    return _("This reservation can no longer be moved.")


def _no_longer_reassigned(reservation: Reservation) -> str:
    if reservation.state == IN_USE:
        return _("This reservation is in use. Only the end can change.")
    return _no_longer_moved(reservation)


def _no_longer_cancelled(reservation: Reservation) -> str:
    return _("This reservation can no longer be cancelled.")


def _no_request(reservation: Reservation) -> str:
    return _("This is no longer a request to decide about.")


def _is(reservation: Reservation) -> str:
    return _("This reservation is %(state)s.") % {"state": reservation.get_state_display()}


def _not_confirmed(reservation: Reservation) -> str:
    if reservation.state == REQUESTED:
        return _("This is still a request. A facility manager has to approve it first.")
    return _is(reservation)


def _not_in_use(reservation: Reservation) -> str:
    return _("Nobody is checked in on this reservation.")


# ---- Columns that are written along with the state


def decision(_reservation: Reservation, attempt: Attempt) -> dict[str, Any]:
    return {"decided_by": attempt.actor, "decided_at": attempt.now, "decision_reason": attempt.reason}


def cancellation(reservation: Reservation, attempt: Attempt) -> dict[str, Any]:
    return {"cancelled_at": attempt.now, "cancelled_late": is_late(reservation, attempt.now)}


# ---- What follows


def resolve_issues(reservation: Reservation, attempt: Attempt) -> None:
    reservation.issues.resolve(attempt.now)


def begin_use(reservation: Reservation, attempt: Attempt) -> None:
    Use.objects.create(reservation=reservation, started_at=attempt.now, started_by=attempt.actor)


def end_use(reservation: Reservation, attempt: Attempt) -> None:
    """The period stays as it was booked; the use tells how long it took."""
    Use.objects.filter(reservation=reservation).update(ended_at=attempt.now, ended_by=attempt.actor)


# ---- Who is told


def tell_of_cancellation(changed: list[Reservation], attempt: Attempt) -> None:
    notify_of_cancellation(cancelled=changed, actor=attempt.actor, now=attempt.now)


def tell_of_decisions(changed: list[Reservation], attempt: Attempt) -> None:
    for reservation in changed:
        notify_of_decision(reservation=reservation, now=attempt.now)


# ---- The table

BOOK = Transition(
    "book",
    leaves=(),
    reaches=(CONFIRMED,),
    who=None,
    otherwise=_is,
    told=(BOOKER, OPERATOR),
    by_the_rules=True,
)

REQUEST = Transition(
    "request",  # in place of `book`, where a facility manager approves
    leaves=(),
    reaches=(REQUESTED,),
    who=None,
    otherwise=_is,
    told=(BOOKER, MANAGERS, OPERATOR),
    by_the_rules=True,
)

APPROVE = Transition(
    "approve",  # the rules are not evaluated again: the request held its slot all the time
    leaves=(REQUESTED,),
    reaches=(CONFIRMED,),
    who=may_decide,
    otherwise=_no_request,
    guards=(not_over(_no_request),),
    writes=decision,
    told=(BOOKER,),
    notifies=tell_of_decisions,
)

DECLINE = Transition(
    "decline",
    leaves=(REQUESTED,),
    reaches=(DECLINED,),
    who=may_decide,
    otherwise=_no_request,
    asks=(guards.has_a_reason,),
    writes=decision,
    effects=(resolve_issues,),
    told=(BOOKER,),
    notifies=tell_of_decisions,
)

MOVE = Transition(
    "move",
    leaves=(REQUESTED, CONFIRMED),
    reaches=(REQUESTED, CONFIRMED),
    who=may_change,
    otherwise=_no_longer_moved,
    guards=(not_over(_no_longer_moved),),
    effects=(resolve_issues,),
    told=(BOOKER, MANAGERS, OPERATOR),
    by_the_rules=True,
)

REASSIGN = Transition(
    "reassign",
    leaves=(REQUESTED, CONFIRMED),
    reaches=(REQUESTED, CONFIRMED),
    who=may_change,
    otherwise=_no_longer_reassigned,
    guards=(not_over(_no_longer_moved),),
    effects=(resolve_issues,),
    told=(BOOKER, MANAGERS, OPERATOR),
    by_the_rules=True,
)

CHANGE_END = Transition(
    "change_end",  # longer or shorter; before check-in that is a move
    leaves=(IN_USE,),
    reaches=(IN_USE,),
    who=may_change,
    otherwise=_no_longer_moved,
    guards=(not_over(_no_longer_moved), guards.needs_no_approval),
    asks=(guards.only_the_end_changes,),
    effects=(resolve_issues,),
    told=(BOOKER, OPERATOR),
    by_the_rules=True,
)

CANCEL = Transition(
    "cancel",
    leaves=(REQUESTED, CONFIRMED),
    reaches=(CANCELLED,),
    who=may_change,
    otherwise=_no_longer_cancelled,
    guards=(not_over(_no_longer_cancelled),),
    writes=cancellation,
    effects=(resolve_issues,),
    told=(BOOKER, OPERATOR),
    notifies=tell_of_cancellation,
)

CHECK_IN = Transition(
    "check_in",
    leaves=(CONFIRMED,),
    reaches=(IN_USE,),
    who=may_use,
    otherwise=_not_confirmed,
    guards=(guards.not_too_early, not_over(guards.ended), guards.machine_is_free),
    effects=(begin_use,),
    repeats=True,
)

CHECK_OUT = Transition(
    "check_out",
    leaves=(IN_USE,),
    reaches=(COMPLETED,),
    who=may_use,
    otherwise=_not_in_use,
    effects=(end_use,),
    repeats=True,
)

MARK_NO_SHOW = Transition(
    "mark_no_show",
    leaves=(CONFIRMED,),
    reaches=(NO_SHOW,),
    who=may_mark_no_show,
    otherwise=_is,
    guards=(guards.grace_is_over,),
    effects=(resolve_issues,),
    repeats=True,
)

TABLE = (
    BOOK,
    REQUEST,
    APPROVE,
    DECLINE,
    MOVE,
    REASSIGN,
    CHANGE_END,
    CANCEL,
    CHECK_IN,
    CHECK_OUT,
    MARK_NO_SHOW,
)
