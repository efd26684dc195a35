"""Changing what was booked: move, choose another machine, cancel."""

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from datetime import datetime

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _

from bookings import lifecycle, permissions
from bookings.lifecycle import CANCEL, CHANGE_END, MOVE, REASSIGN, WRONG_STATE, Attempt, Transition, begins_as
from bookings.models import Booking, Reservation, ReservationState
from bookings.notifications.writing import notify_of_move
from bookings.scheduling.placement import RequestedSlot
from bookings.services.alternatives import with_alternatives
from bookings.services.book import retry_on_conflict, times_of, write_overrides
from bookings.services.evaluating import (
    ConcurrentChange,
    Overriding,
    Scope,
    Verdict,
    evaluate_requested_slots,
    lock_organisation_of,
    open_scope,
)
from core.refusals import Refusal, Refused
from equipment.models import Equipment, EquipmentType
from organisations.models import User

TIMES = ("period", "occupied", "operator_id", "operated")
DECISION = ("decided_by", "decided_at", "decision_reason")
MOVED_COLUMNS = ("equipment", "state", "revision", *TIMES, *DECISION)

# The transition, the reservation as it would be, unsaved, and the verdict that allows it.
Evaluated = tuple[Transition, Reservation, Verdict]


def move(
    *,
    reservation: Reservation,
    actor: User,
    now: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
    equipment: Equipment | None = None,
    override: Overriding | None = None,
    dry_run: bool = False,
) -> Reservation:
    """Give a reservation another time or machine; what is None stays. All or nothing, or `Refused`; `NotAllowed`
    where it is not the actor's to change.

    Where a facility manager approves, what was approved is asked for anew, unless one of them moves it.

    A start that has passed may stay as it is, so that a reservation under way can be lengthened or cut short; once it
    is in use only that is possible. Moved to where it is already, it is left alone. A dry run evaluates and gives back
    the reservation unsaved.
    """

    def evaluate(before: Reservation, *, lock: bool) -> Evaluated:
        requested_slot = RequestedSlot(start or before.start, end or before.end, equipment or before.equipment)
        transition = CHANGE_END if before.state == ReservationState.IN_USE else MOVE
        return _evaluate_move(transition, before, actor, now, requested_slot, override, lock=lock)

    permissions.may_change.require(permissions.Asking(actor, [reservation]), reservation)
    if dry_run:
        return evaluate(_as_it_is(reservation), lock=False)[1]
    return retry_on_conflict(lambda: _move(reservation, actor, now, evaluate, override))


def reassign(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """Give a reservation another machine at the same time, as when its own breaks: one of the same type, else one that
    can do at least as much. `Refused` with what could be had instead where there is none; `NotAllowed` as above."""

    def evaluate(before: Reservation, *, lock: bool) -> Evaluated:
        return _evaluate_other_machine(before, actor, now, lock=lock)

    permissions.may_change.require(permissions.Asking(actor, [reservation]), reservation)
    return retry_on_conflict(lambda: _move(reservation, actor, now, evaluate, None))


def _move(
    reservation: Reservation,
    actor: User,
    now: datetime,
    evaluate: Callable[..., Evaluated],
    override: Overriding | None,
) -> Reservation:
    """The locks are taken in the order of every service: organisation, then equipment. Which machine the reservation
    stands on is read after the first of them, so that of many who move it each finds it where the one before left it;
    when somebody checks in or cancels meanwhile, it is all done anew."""
    with pghistory.context(user=actor.pk), transaction.atomic():
        lock_organisation_of(reservation)
        before = _as_it_is(reservation)
        transition, moved, verdict = evaluate(before, lock=True)
        if (moved.period, moved.equipment) == (before.period, before.equipment):
            return before
        if not lifecycle.write(transition, before, {column: getattr(moved, column) for column in MOVED_COLUMNS}):
            raise ConcurrentChange
        write_overrides([moved], verdict, override, now)
        for effect in transition.effects:
            effect(moved, Attempt(actor, [moved], now))
        notify_of_move(before=before, moved=moved, actor=actor, now=now)
    return moved


def _as_it_is(reservation: Reservation) -> Reservation:
    return Reservation.objects.select_related("booking__organisation", "equipment__type").get(pk=reservation.pk)


def _evaluate_move(
    transition: Transition,
    before: Reservation,
    actor: User,
    now: datetime,
    requested_slot: RequestedSlot,
    override: Overriding | None,
    *,
    lock: bool,
) -> Evaluated:
    scope = _scope_of(transition, before, actor, now, requested_slot, lock=lock)
    verdict = evaluate_requested_slots([requested_slot], scope, overriding=override)
    if verdict.refusals:
        raise Refused(with_alternatives(verdict.refusals, [requested_slot], scope))
    return transition, _moved(before, actor, verdict), verdict


def _evaluate_other_machine(before: Reservation, actor: User, now: datetime, *, lock: bool) -> Evaluated:
    made_on = before.equipment.type
    able = tuple(EquipmentType.objects.at_least_as_able_as(made_on))
    any_able = RequestedSlot(before.start, before.end, able_types=able)
    scope = replace(_scope_of(REASSIGN, before, actor, now, any_able, lock=lock), unwanted=before.equipment)
    for requested_slot in (RequestedSlot(before.start, before.end, equipment_type=made_on), any_able):
        verdict = evaluate_requested_slots([requested_slot], scope)
        if not verdict.refusals:
            return REASSIGN, _moved(before, actor, verdict), verdict
    raise Refused(with_alternatives(verdict.refusals, [any_able], scope))


def _scope_of(
    transition: Transition,
    before: Reservation,
    actor: User,
    now: datetime,
    requested_slot: RequestedSlot,
    *,
    lock: bool,
) -> Scope:
    """What a move is evaluated from; the machine that is left is locked with those that are asked for."""
    if refusal := transition.refusal(before, Attempt(actor, [before], now, slot=requested_slot)):
        raise Refused([refusal])
    return open_scope(
        now=now,
        organisation=before.booking.organisation,
        booker=actor,
        purpose=None,
        requested_slots=[requested_slot, RequestedSlot(before.start, before.end, before.equipment)],
        moved=before,
        lock=lock,
    )


def _moved(before: Reservation, actor: User, verdict: Verdict) -> Reservation:
    """The reservation as the verdict allows it, unsaved."""
    moved = copy(before)
    moved.equipment = verdict.accepted[0].candidate.equipment
    moved.revision = before.revision + 1
    if before.state != ReservationState.IN_USE:
        [moved.state] = begins_as(verdict.accepted[0].candidate.policy, actor).reaches
    for column, value in times_of(verdict.accepted[0]).items():
        setattr(moved, column, value)
    if moved.state == ReservationState.REQUESTED:
        moved.decided_by, moved.decided_at, moved.decision_reason = None, None, ""
    return moved


def cancel(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """Give the slot back. After the term of free cancellation it is noted as late. `Refused` when it is over, in use
    or was cancelled before; `NotAllowed` where it is not the actor's to change."""
    return lifecycle.apply(CANCEL, reservation, actor=actor, now=now)


def cancel_booking(*, booking: Booking, actor: User, now: datetime) -> list[Reservation]:
    """Cancel all of the booking that is still ahead or under way, and give those back. `Refused` when nothing is."""
    ahead = booking.reservations.filter(CANCEL.possible(now)).select_related("booking")
    cancelled = cancel_all(reservations=ahead, actor=actor, now=now)
    if not cancelled:
        raise Refused([Refusal(WRONG_STATE, _("Nothing of this booking can be cancelled any more."))])
    return cancelled


def cancel_all(*, reservations: Iterable[Reservation], actor: User, now: datetime) -> list[Reservation]:
    """Several of one booking, told in one message; gives back those that could be."""
    return lifecycle.apply_to_each(CANCEL, reservations, actor=actor, now=now)
