"""Booking: all that is asked in one transaction, or every reason why not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar

import pghistory
from django.db import IntegrityError, OperationalError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from bookings.lifecycle import begins_as
from bookings.models import Booking, Override, Purpose, Reservation
from bookings.notifications.writing import notify_of_booking
from bookings.rules.candidates import Allocation
from bookings.scheduling.placement import RequestedSlot, stretches_with_people
from bookings.scheduling.recurrence import Repeat, on_closed_days, pattern_params, repeated
from bookings.services.alternatives import with_alternatives
from bookings.services.evaluating import (
    ConcurrentChange,
    Overriding,
    Scope,
    Verdict,
    evaluate_requested_slots,
    open_scope,
)
from core.clock import ZONE
from core.refusals import Refusal, Refused
from equipment.availability import keep_pattern
from organisations.models import Organisation, OrganisationClass, User

REFUSE: Literal["refuse"] = "refuse"
SKIP: Literal["skip"] = "skip"
TRIES = 3
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`booking` is None on a dry run, and its reservations are unsaved then. `skipped`: refused and left out."""

    booking: Booking | None
    reservations: list[Reservation]
    skipped: tuple[Refusal, ...] = ()


def book(
    *,
    booker: User,
    organisation: Organisation | None,
    purpose: Purpose | None,
    requested_slots: Sequence[RequestedSlot],
    now: datetime,
    title: str = "",
    people: int | None = None,
    supervisor: User | None = None,
    repeat: Repeat | None = None,
    on_refusal: Literal["refuse", "skip"] = REFUSE,
    override: Overriding | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Reserve every requested slot in one transaction, or raise `Refused` with all the reasons and what could be had
    instead.

    With `on_refusal="skip"` what is possible is reserved and the rest comes back as `skipped`; where nothing is
    possible, or the booking as a whole is refused, it raises all the same. A dry run evaluates the same and writes
    nothing. `organisation` None means: no such organisation for this person. A `supervisor` is present and covers the
    others with their own certificates. With `repeat` the requested slots are asked for on every date of the pattern,
    and the dates it leaves out come back as `skipped`; raises `UnreadablePattern`.
    """
    requested_slots, closed = _dates(requested_slots, repeat, organisation)
    asked = _Asked(
        booker,
        organisation,
        purpose,
        tuple(requested_slots),
        now,
        title,
        people,
        supervisor,
        repeat,
        on_refusal,
        override,
    )
    if dry_run:
        verdict, reservations = _evaluated(asked, lock=False)
        return Outcome(None, reservations, (*closed, *verdict.refusals))
    outcome = retry_on_conflict(lambda: _book(asked))
    return replace(outcome, skipped=(*closed, *outcome.skipped))


def _dates(
    requested_slots: Sequence[RequestedSlot], repeat: Repeat | None, organisation: Organisation | None
) -> tuple[Sequence[RequestedSlot], list[Refusal]]:
    """The requested slots on every date that is left, and a word on each date that was left out for a closure."""
    if repeat is None:
        return requested_slots, []
    requested_slots = repeated(requested_slots, repeat)
    if not repeat.skip_closures:
        return requested_slots, []
    hit = on_closed_days(requested_slots, holidays_id=organisation.holidays_id if organisation else None)
    left_out = [
        Refusal(
            "outside_opening_hours",
            _("Left out: closed or on holiday that day."),
            requested_slot.equipment.code if requested_slot.equipment else "",
            requested_slot.start,
            requested_slot.end,
            number=number,
        )
        for number, requested_slot in enumerate(requested_slots)
        if number in hit
    ]
    left = [requested_slot for number, requested_slot in enumerate(requested_slots) if number not in hit]
    if not left:
        raise Refused(left_out)
    return left, left_out


@dataclass(frozen=True, slots=True)
class _Asked:
    booker: User
    organisation: Organisation | None
    purpose: Purpose | None
    requested_slots: tuple[RequestedSlot, ...]
    now: datetime
    title: str
    people: int | None
    supervisor: User | None
    repeat: Repeat | None
    on_refusal: str
    override: Overriding | None


def _book(asked: _Asked) -> Outcome:
    with pghistory.context(user=asked.booker.pk), transaction.atomic():
        verdict, reservations = _evaluated(asked, lock=True)
        booking = Booking.objects.create(
            organisation=asked.organisation,
            booker=asked.booker,
            purpose=asked.purpose,
            title=asked.title,
            people=asked.people,
            supervisor=asked.supervisor,
            pattern=_pattern(asked),
            created_at=asked.now,
        )
        for reservation in reservations:
            reservation.booking = booking
        Reservation.objects.bulk_create(reservations)
        write_overrides(reservations, verdict, asked.override, asked.now)
        notify_of_booking(booking=booking, reservations=reservations, now=asked.now)
    return Outcome(booking, reservations, verdict.refusals)


def _pattern(asked: _Asked):
    """What repeats, kept as a django-scheduler event; the dates themselves are reservations of their own."""
    if asked.repeat is None:
        return None
    frequency, params = pattern_params(asked.repeat)
    first = asked.requested_slots[0]
    return keep_pattern(
        asked.title or str(asked.organisation),
        start=first.start,
        end=first.end,
        frequency=frequency,
        params=params,
        until=max(requested_slot.end for requested_slot in asked.requested_slots),
    )


def _evaluated(asked: _Asked, *, lock: bool) -> tuple[Verdict, list[Reservation]]:
    """The verdict and the reservations it allows, unsaved. Raises Refused where they are not to be had."""
    scope = open_scope(
        now=asked.now,
        organisation=asked.organisation,
        booker=asked.booker,
        purpose=asked.purpose,
        requested_slots=asked.requested_slots,
        supervisor=asked.supervisor,
        lock=lock,
    )
    verdict = evaluate_requested_slots(asked.requested_slots, scope, overriding=asked.override)
    if verdict.refusals and (asked.on_refusal == REFUSE or not verdict.accepted or _whole_booking(verdict)):
        raise Refused(with_alternatives(verdict.refusals, asked.requested_slots, scope))
    if asked.purpose is not None:
        prefetch_related_objects([asked.purpose], "rulings")
    return verdict, [_reservation(allocated, scope, asked.booker) for allocated in verdict.accepted]


def _whole_booking(verdict: Verdict) -> bool:
    return any(refusal.number is None for refusal in verdict.refusals)


def _reservation(allocated: Allocation, scope: Scope, booker: User) -> Reservation:
    candidate, organisation, purpose = allocated.candidate, scope.organisation, scope.purpose
    # Without them the rules about the booking as a whole refuse, and those cannot be set aside.
    assert organisation is not None
    assert purpose is not None
    [state] = begins_as(candidate.policy, booker).reaches
    return Reservation(
        equipment=candidate.equipment,
        state=state,
        economic=purpose.counts_as(on=candidate.start.astimezone(ZONE).date()),
        organisation_class=OrganisationClass(organisation.organisation_class),
        **times_of(allocated),
    )


def times_of(allocated: Allocation) -> dict:
    """The columns of a reservation that say when it is and who runs it."""
    candidate = allocated.candidate
    assert candidate.occupied is not None
    stretches = stretches_with_people(candidate.start, candidate.end, candidate.occupied, candidate.policy)
    return {
        "period": DateTimeTZRange(candidate.start, candidate.end),
        "occupied": DateTimeTZRange(*candidate.occupied),
        "operator_id": allocated.operator_id,
        "operated": stretches if allocated.operator_id else None,
    }


def write_overrides(
    reservations: Sequence[Reservation], verdict: Verdict, override: Overriding | None, now: datetime
) -> None:
    """Note on each reservation which rules were set aside for it, by whom and why."""
    if override is None:
        return
    Override.objects.bulk_create(
        Override(
            reservation=reservation,
            code=code,
            by=override.by,
            reason=override.reason,
            at=now,
            revision=reservation.revision,
        )
        for reservation, allocated in zip(reservations, verdict.accepted, strict=True)
        for code in allocated.set_aside
    )


def retry_on_conflict(work: Callable[[], Result]) -> Result:
    """`work()`, done anew where somebody came in between evaluating and writing; `Refused` where that happens each
    time.

    The locks keep services from meeting; whoever writes around them (the shell, an import) may still make the
    database itself refuse an overlap. The next time the context show it, and the clash rule says it in its own words.
    """
    for _try in range(TRIES):
        try:
            return work()
        except ConcurrentChange:
            continue
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
        except IntegrityError as error:
            if not any(name in str(error) for name in ("no_double_booking", "no_operator_in_two_places")):
                raise
    message = _("Somebody else changed this at the same moment. Nothing was changed. Look at how it is now.")
    raise Refused([Refusal("overtaken", message)])
