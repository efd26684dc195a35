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

from bookings.models import Booking, Override, Purpose, Reservation, ReservationState
from bookings.notifications.writing import tell_of_booking
from bookings.rules.candidates import Planned, Proposal
from bookings.scheduling.placement import Wish, stretches_with_people
from bookings.scheduling.recurrence import Repeat, on_closed_days, pattern_params, repeated
from bookings.services.alternatives import with_alternatives
from bookings.services.evaluating import Case, Overriding, Overtaken, Verdict, judge_wishes, open_case
from core.clock import ZONE
from core.refusals import Refusal, Refused
from equipment.availability import keep_pattern
from equipment.policy import Approval
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
    wishes: Sequence[Wish],
    now: datetime,
    title: str = "",
    people: int | None = None,
    supervisor: User | None = None,
    repeat: Repeat | None = None,
    on_refusal: Literal["refuse", "skip"] = REFUSE,
    override: Overriding | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Reserve every wish in one transaction, or raise `Refused` with all the reasons and what could be had instead.

    With `on_refusal="skip"` what is possible is reserved and the rest comes back as `skipped`; where nothing is
    possible, or the booking as a whole is refused, it raises all the same. A dry run judges the same and writes
    nothing. `organisation` None means: no such organisation for this person. A `supervisor` is present and covers the
    others with their own certificates. With `repeat` the wishes are asked for on every date of the pattern, and the
    dates it leaves out come back as `skipped`; raises `UnreadablePattern`.
    """
    wishes, closed = _dates(wishes, repeat, organisation)
    asked = _Asked(
        booker, organisation, purpose, tuple(wishes), now, title, people, supervisor, repeat, on_refusal, override
    )
    if dry_run:
        verdict, reservations = _judged(asked, lock=False)
        return Outcome(None, reservations, (*closed, *verdict.refusals))
    outcome = again_when_overtaken(lambda: _book(asked))
    return replace(outcome, skipped=(*closed, *outcome.skipped))


def _dates(
    wishes: Sequence[Wish], repeat: Repeat | None, organisation: Organisation | None
) -> tuple[Sequence[Wish], list[Refusal]]:
    """The wishes on every date that is left, and a word on each date that was left out for a closure."""
    if repeat is None:
        return wishes, []
    wishes = repeated(wishes, repeat)
    if not repeat.skip_closures:
        return wishes, []
    hit = on_closed_days(wishes, holidays_id=organisation.holidays_id if organisation else None)
    left_out = [
        Refusal(
            "outside_opening_hours",
            _("Left out: closed or on holiday that day."),
            wish.equipment.code if wish.equipment else "",
            wish.start,
            wish.end,
            number=number,
        )
        for number, wish in enumerate(wishes)
        if number in hit
    ]
    left = [wish for number, wish in enumerate(wishes) if number not in hit]
    if not left:
        raise Refused(left_out)
    return left, left_out


@dataclass(frozen=True, slots=True)
class _Asked:
    booker: User
    organisation: Organisation | None
    purpose: Purpose | None
    wishes: tuple[Wish, ...]
    now: datetime
    title: str
    people: int | None
    supervisor: User | None
    repeat: Repeat | None
    on_refusal: str
    override: Overriding | None


def _book(asked: _Asked) -> Outcome:
    with pghistory.context(user=asked.booker.pk), transaction.atomic():
        verdict, reservations = _judged(asked, lock=True)
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
        tell_of_booking(booking=booking, reservations=reservations, now=asked.now)
    return Outcome(booking, reservations, verdict.refusals)


def _pattern(asked: _Asked):
    """What repeats, kept as a django-scheduler event; the dates themselves are reservations of their own."""
    if asked.repeat is None:
        return None
    frequency, params = pattern_params(asked.repeat)
    first = asked.wishes[0]
    return keep_pattern(
        asked.title or str(asked.organisation),
        start=first.start,
        end=first.end,
        frequency=frequency,
        params=params,
        until=max(wish.end for wish in asked.wishes),
    )


def _judged(asked: _Asked, *, lock: bool) -> tuple[Verdict, list[Reservation]]:
    """The verdict and the reservations it allows, unsaved. Raises Refused where they are not to be had."""
    case = open_case(
        now=asked.now,
        organisation=asked.organisation,
        booker=asked.booker,
        purpose=asked.purpose,
        wishes=asked.wishes,
        supervisor=asked.supervisor,
        lock=lock,
    )
    verdict = judge_wishes(asked.wishes, case, overriding=asked.override)
    if verdict.refusals and (asked.on_refusal == REFUSE or not verdict.accepted or _whole_booking(verdict)):
        raise Refused(with_alternatives(verdict.refusals, asked.wishes, case))
    if asked.purpose is not None:
        prefetch_related_objects([asked.purpose], "rulings")
    return verdict, [_reservation(planned, case, asked.booker) for planned in verdict.accepted]


def _whole_booking(verdict: Verdict) -> bool:
    return any(refusal.number is None for refusal in verdict.refusals)


def _reservation(planned: Planned, case: Case, booker: User) -> Reservation:
    proposal, organisation, purpose = planned.proposal, case.organisation, case.purpose
    # Without them the rules about the booking as a whole refuse, and those cannot be set aside.
    assert organisation is not None
    assert purpose is not None
    return Reservation(
        equipment=proposal.equipment,
        state=state_at_first(proposal, booker),
        economic=purpose.counts_as(on=proposal.start.astimezone(ZONE).date()),
        organisation_class=OrganisationClass(organisation.organisation_class),
        **times_of(planned),
    )


def state_at_first(proposal: Proposal, actor: User) -> ReservationState:
    """A request where a facility manager approves, unless one of them asks it."""
    waits = proposal.policy.approval == Approval.MANAGER and not actor.is_facility_manager
    return ReservationState.REQUESTED if waits else ReservationState.CONFIRMED


def times_of(planned: Planned) -> dict:
    """The columns of a reservation that say when it is and who runs it."""
    proposal = planned.proposal
    assert proposal.occupied is not None
    stretches = stretches_with_people(proposal.start, proposal.end, proposal.occupied, proposal.policy)
    return {
        "period": DateTimeTZRange(proposal.start, proposal.end),
        "occupied": DateTimeTZRange(*proposal.occupied),
        "operator_id": planned.operator_id,
        "operated": stretches if planned.operator_id else None,
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
        for reservation, planned in zip(reservations, verdict.accepted, strict=True)
        for code in planned.set_aside
    )


def again_when_overtaken(work: Callable[[], Result]) -> Result:
    """`work()`, done anew where somebody came in between judging and writing; `Refused` where that happens each time.

    The locks keep services from meeting; whoever writes around them (the shell, an import) may still make the
    database itself refuse an overlap. The next time the facts show it, and the clash rule says it in its own words.
    """
    for _try in range(TRIES):
        try:
            return work()
        except Overtaken:
            continue
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
        except IntegrityError as error:
            if not any(name in str(error) for name in ("no_double_booking", "no_operator_in_two_places")):
                raise
    message = _("Others changed the same thing at the same moment. Nothing was changed; look how it stands now.")
    raise Refused([Refusal("overtaken", message)])
