"""Changing what was booked: move, choose another machine, cancel."""

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from datetime import datetime

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from bookings.lifecycle import CHANGEABLE_STATES, MOVABLE_STATES, is_late
from bookings.models import Booking, Reservation, ReservationState
from bookings.notifications.writing import notify_of_cancellation, notify_of_move
from bookings.scheduling.placement import RequestedSlot
from bookings.services.alternatives import with_alternatives
from bookings.services.book import retry_on_conflict, state_at_first, times_of, write_overrides
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
from equipment.policy import Approval
from organisations.models import User

TIMES = ("period", "occupied", "operator_id", "operated")
DECISION = ("decided_by", "decided_at", "decision_reason")
MOVED_COLUMNS = ("equipment", "state", "revision", *TIMES, *DECISION)

# A reservation as it would be, unsaved, and the verdict that allows it.
Evaluated = tuple[Reservation, Verdict]


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
    """Give a reservation another time or machine; what is None stays. All or nothing, or `Refused`; `PermissionDenied`
    where it is not the actor's to change.

    Where a facility manager approves, what was approved is asked for anew, unless one of them moves it.

    A start that has passed may stay as it is, so that a reservation under way can be lengthened or cut short; once it
    is in use only that is possible. Moved to where it is already, it is left alone. A dry run evaluates and gives back
    the reservation unsaved.
    """

    def evaluate(before: Reservation, *, lock: bool) -> Evaluated:
        requested_slot = RequestedSlot(start or before.start, end or before.end, equipment or before.equipment)
        return _evaluate_move(before, actor, now, requested_slot, override, lock=lock)

    must_be_theirs(reservation, actor)
    if dry_run:
        return evaluate(_as_it_is(reservation), lock=False)[0]
    return retry_on_conflict(lambda: _move(reservation, actor, now, evaluate, override))


def reassign(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """Give a reservation another machine at the same time, as when its own breaks: one of the same type, else one that
    can do at least as much. `Refused` with what could be had instead where there is none; `PermissionDenied` as
    above."""

    def evaluate(before: Reservation, *, lock: bool) -> Evaluated:
        return _evaluate_other_machine(before, actor, now, lock=lock)

    must_be_theirs(reservation, actor)
    return retry_on_conflict(lambda: _move(reservation, actor, now, evaluate, None))


def must_be_theirs(reservation: Reservation, actor: User) -> None:
    """`PermissionDenied` unless this person may move and cancel it. One statement."""
    if not Reservation.objects.changeable_by(actor).filter(pk=reservation.pk).exists():
        raise PermissionDenied(_("You may see this reservation, but not change it."))


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
        moved, verdict = evaluate(before, lock=True)
        if (moved.period, moved.equipment) == (before.period, before.equipment):
            return before
        as_evaluated = Reservation.objects.filter(
            pk=before.pk, state=before.state, period=before.period, equipment=before.equipment
        )
        if not as_evaluated.update(**{column: getattr(moved, column) for column in MOVED_COLUMNS}):
            raise ConcurrentChange
        write_overrides([moved], verdict, override, now)
        moved.issues.resolve(now)
        notify_of_move(before=before, moved=moved, actor=actor, now=now)
    return moved


def _as_it_is(reservation: Reservation) -> Reservation:
    return Reservation.objects.select_related("booking__organisation", "equipment__type").get(pk=reservation.pk)


def _evaluate_move(
    before: Reservation,
    actor: User,
    now: datetime,
    requested_slot: RequestedSlot,
    override: Overriding | None,
    *,
    lock: bool,
) -> Evaluated:
    scope = _scope_of(before, actor, now, requested_slot, lock=lock)
    verdict = evaluate_requested_slots([requested_slot], scope, overriding=override)
    if verdict.refusals:
        raise Refused(with_alternatives(verdict.refusals, [requested_slot], scope))
    return _moved(before, actor, verdict), verdict


def _evaluate_other_machine(before: Reservation, actor: User, now: datetime, *, lock: bool) -> Evaluated:
    made_on = before.equipment.type
    able = tuple(EquipmentType.objects.at_least_as_able_as(made_on))
    any_able = RequestedSlot(before.start, before.end, able_types=able)
    scope = replace(_scope_of(before, actor, now, any_able, lock=lock), unwanted=before.equipment)
    for requested_slot in (RequestedSlot(before.start, before.end, equipment_type=made_on), any_able):
        verdict = evaluate_requested_slots([requested_slot], scope)
        if not verdict.refusals:
            return _moved(before, actor, verdict), verdict
    raise Refused(with_alternatives(verdict.refusals, [any_able], scope))


def _scope_of(before: Reservation, actor: User, now: datetime, requested_slot: RequestedSlot, *, lock: bool) -> Scope:
    """What a move is evaluated from; the machine that is left is locked with those that are asked for."""
    if why := _why_not_moved(before, actor, now, requested_slot):
        raise Refused([_not_possible(before, why)])
    return open_scope(
        now=now,
        organisation=before.booking.organisation,
        booker=actor,
        purpose=None,
        requested_slots=[requested_slot, RequestedSlot(before.start, before.end, before.equipment)],
        moved=before,
        lock=lock,
    )


def _why_not_moved(before: Reservation, actor: User, now: datetime, requested_slot: RequestedSlot) -> str | None:
    if before.state not in CHANGEABLE_STATES or before.end <= now:
        return _("This reservation can no longer be moved.")
    if before.state != ReservationState.IN_USE:
        return None
    if (requested_slot.start, requested_slot.equipment) != (before.start, before.equipment):
        return _("This reservation is in use. Only the end can change.")
    if before.equipment.policy.approval == Approval.MANAGER and not actor.is_facility_manager:
        return _("This reservation is in use, and changes need a facility manager’s approval. Ask a technician.")
    return None


def _moved(before: Reservation, actor: User, verdict: Verdict) -> Reservation:
    """The reservation as the verdict allows it, unsaved."""
    moved = copy(before)
    moved.equipment = verdict.accepted[0].candidate.equipment
    moved.revision = before.revision + 1
    if before.state != ReservationState.IN_USE:
        moved.state = state_at_first(verdict.accepted[0].candidate, actor)
    for column, value in times_of(verdict.accepted[0]).items():
        setattr(moved, column, value)
    if moved.state == ReservationState.REQUESTED:
        moved.decided_by, moved.decided_at, moved.decision_reason = None, None, ""
    return moved


def cancel(*, reservation: Reservation, actor: User, now: datetime) -> Reservation:
    """Give the slot back. After the term of free cancellation it is noted as late. `Refused` when it is over, in use
    or was cancelled before; `PermissionDenied` where it is not the actor's to change."""
    must_be_theirs(reservation, actor)
    cancelled = cancel_all(reservations=[reservation], actor=actor, now=now)
    if not cancelled:
        reservation.refresh_from_db()
        raise Refused([_not_possible(reservation, _("This reservation can no longer be cancelled."))])
    return cancelled[0]


def cancel_booking(*, booking: Booking, actor: User, now: datetime) -> list[Reservation]:
    """Cancel all of the booking that is still ahead or under way, and give those back. `Refused` when nothing is."""
    ahead = booking.reservations.filter(state__in=MOVABLE_STATES).going_on_or_ahead(now)
    cancelled = cancel_all(
        reservations=ahead.select_related("equipment__type", "equipment__fieldlab"), actor=actor, now=now
    )
    if not cancelled:
        raise Refused([Refusal("not_possible", _("Nothing of this booking can be cancelled any more."))])
    return cancelled


def cancel_all(*, reservations: Iterable[Reservation], actor: User, now: datetime) -> list[Reservation]:
    """Several of one booking, told in one message; gives back those that could be. They come with machine and type."""
    with pghistory.context(user=actor.pk), transaction.atomic():
        cancelled = _cancel(reservations, now)
        notify_of_cancellation(cancelled=cancelled, actor=actor, now=now)
    return cancelled


def _cancel(reservations: Iterable[Reservation], now: datetime) -> list[Reservation]:
    """Those that were still to be cancelled, now cancelled, by their start. Guarded updates: of two who cancel, one
    does; in id order, so that neither waits for the other."""
    cancelled = []
    for reservation in sorted(reservations, key=lambda r: r.pk):
        late = is_late(reservation, now)
        still = Reservation.objects.filter(pk=reservation.pk, state__in=MOVABLE_STATES, period__endswith__gt=now)
        if still.update(state=ReservationState.CANCELLED, cancelled_at=now, cancelled_late=late):
            reservation.state, reservation.cancelled_at = ReservationState.CANCELLED, now
            reservation.cancelled_late = late
            reservation.issues.resolve(now)
            cancelled.append(reservation)
    return sorted(cancelled, key=lambda r: (r.start, r.pk))


def _not_possible(reservation: Reservation, message: str) -> Refusal:
    return Refusal("not_possible", message, reservation.equipment.code, reservation.start, reservation.end)
