"""What a transition is, whether it is possible now, and how it is carried out. Those there are stand in `table.py`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import Q

from bookings.models import Reservation, ReservationState
from bookings.permissions import Asking
from bookings.scheduling.placement import RequestedSlot
from core.refusals import Refusal, Refused
from organisations.models import User
from organisations.permissions import Permission

# The code of a refusal where the reservation is in a state that the transition does not leave.
WRONG_STATE = "wrong_state"


class Told(StrEnum):
    """Whom a transition notifies."""

    BOOKER = "booker"  # who booked and who supervises
    MANAGERS = "facility managers"  # of what must be approved
    OPERATOR = "operator"  # who runs the machine, or did before


class Attempt:
    """What a person wants of these reservations, and when. `reason` and `slot`, the new time and machine, come along
    where a transition asks for them. `machines_in_use`: ids of machines, read in one statement where not given."""

    def __init__(
        self,
        actor: User,
        reservations: Iterable[Reservation],
        now: datetime,
        *,
        reason: str = "",
        slot: RequestedSlot | None = None,
        machines_in_use: frozenset[int] | None = None,
    ):
        reservations = list(reservations)
        self.actor = actor
        self.asking = Asking(actor, reservations)
        self.now = now
        self.reason = reason.strip()
        self.slot = slot
        self._machines = {reservation.equipment_id for reservation in reservations}
        if machines_in_use is not None:
            self.machines_in_use = machines_in_use

    @cached_property
    def machines_in_use(self) -> frozenset[int]:
        in_use = Reservation.objects.filter(state=ReservationState.IN_USE, equipment__in=self._machines)
        return frozenset(in_use.values_list("equipment_id", flat=True))


@dataclass(frozen=True, slots=True)
class Guard:
    """What must hold, beside state and person. `holds` reads the reservation and the attempt; `words` say why not.

    `condition` says the same of rows in the database, for lists. `constraint` is what the database refuses at the last
    moment in the same sense; it is then told in the same words.
    """

    code: str
    holds: Callable[[Reservation, Attempt], bool]
    words: Callable[[Reservation, Attempt], str]
    condition: Callable[[datetime], Q] | None = None
    constraint: str = ""


def _nothing(_reservation: Reservation, _attempt: Attempt) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """One row of the table.

    `leaves` and `reaches` are states; of several that it reaches the service that carries it out chooses. `who` may do
    it; None where the rules of the house say that too. `guards` must hold, and `asks` must hold for what was sent
    along. `otherwise` says that the state does not allow it. With `repeats`, whoever asks for what is so already gets
    the same answer, and nothing is written. `writes` are the columns beside the state, `effects` what else changes,
    `told` whom `notifies` writes to. `by_the_rules`: the rules of the house are evaluated as well, by the service.
    """

    name: str
    leaves: tuple[ReservationState, ...]
    reaches: tuple[ReservationState, ...]
    who: Permission | None
    otherwise: Callable[[Reservation], str]
    guards: tuple[Guard, ...] = ()
    asks: tuple[Guard, ...] = ()
    writes: Callable[[Reservation, Attempt], dict[str, Any]] = _nothing
    effects: tuple[Callable[[Reservation, Attempt], Any], ...] = ()
    told: tuple[Told, ...] = ()
    notifies: Callable[[list[Reservation], Attempt], None] | None = None
    repeats: bool = False
    by_the_rules: bool = False

    def __str__(self) -> str:
        return self.name

    def require(self, asking: Asking, reservation: Reservation) -> None:
        """`NotAllowed` unless this person may."""
        if self.who is not None:
            self.who.require(asking, reservation)

    def refusal(self, reservation: Reservation, attempt: Attempt, *, asked: bool = True) -> Refusal | None:
        """Why not, whoever asks; None where it is possible. Without `asked` what is sent along is left out of account:
        it is not known yet."""
        if reservation.state not in self.leaves:
            return refusal_of(reservation, WRONG_STATE, self.otherwise(reservation))
        for guard in (*self.guards, *(self.asks if asked else ())):
            if not guard.holds(reservation, attempt):
                return refusal_of(reservation, guard.code, guard.words(reservation, attempt))
        return None

    def done_already(self, reservation: Reservation) -> bool:
        return self.repeats and reservation.state in self.reaches

    def possible(self, now: datetime) -> Q:
        """The condition on reservations that state and guards allow, as far as the database can say it."""
        conditions = [guard.condition(now) for guard in self.guards if guard.condition]
        return Q(*conditions, state__in=self.leaves)

    @property
    def constraints(self) -> dict[str, Guard]:
        return {guard.constraint: guard for guard in self.guards if guard.constraint}


def refusal_of(reservation: Reservation, code: str, message: str) -> Refusal:
    return Refusal(code, message, reservation.equipment.code, reservation.start, reservation.end)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a transition is possible now, for this person. Where it is not: `denied` says who may instead, or
    `refusal` what is in the way."""

    transition: Transition
    denied: Permission | None
    refusal: Refusal | None

    def __bool__(self) -> bool:
        return self.denied is None and self.refusal is None

    @property
    def code(self) -> str:
        """Empty where it is possible; else what is missing, or the code of the guard."""
        if self.denied is not None:
            return self.denied.missing
        return self.refusal.code if self.refusal is not None else ""

    @property
    def message(self) -> str:
        if self.denied is not None:
            return str(self.denied.words)
        return str(self.refusal.message) if self.refusal is not None else ""


class Available(Mapping[str, Answer]):
    """The answer for each transition of a reservation, by name, made when it is asked for: `available["cancel"]` is
    true where it can be cancelled now."""

    def __init__(self, transitions: Mapping[str, Transition], reservation: Reservation, attempt: Attempt):
        self._transitions = transitions
        self._reservation = reservation
        self._attempt = attempt

    def __getitem__(self, name: str) -> Answer:
        transition, reservation = self._transitions[name], self._reservation
        if transition.who and not transition.who(self._attempt.asking, reservation):
            return Answer(transition, transition.who, None)
        return Answer(transition, None, transition.refusal(reservation, self._attempt, asked=False))

    def __iter__(self):
        return iter(self._transitions)

    def __len__(self) -> int:
        return len(self._transitions)

    @property
    def names(self) -> set[str]:
        """Of what is possible."""
        return {name for name, answer in self.items() if answer}


def apply(
    transition: Transition, reservation: Reservation, *, actor: User, now: datetime, reason: str = ""
) -> Reservation:
    """Carry it out, with what follows from it, in one transaction; gives the reservation as it is now. `NotAllowed`
    where it is not the actor's to do, `Refused` with the code of the state or the guard that is in the way."""
    [done] = _carry_out(transition, [reservation], actor, now, reason, all_or_nothing=True)
    return done


def apply_to_each(
    transition: Transition, reservations: Iterable[Reservation], *, actor: User, now: datetime, reason: str = ""
) -> list[Reservation]:
    """The same for those of one booking for which it is possible; gives these by their start. `NotAllowed` as above,
    `Refused` where what must be sent along is not there."""
    return _carry_out(transition, list(reservations), actor, now, reason, all_or_nothing=False)


def _carry_out(
    transition: Transition,
    reservations: list[Reservation],
    actor: User,
    now: datetime,
    reason: str,
    *,
    all_or_nothing: bool,
) -> list[Reservation]:
    asking = Asking(actor, reservations)
    for reservation in reservations:
        transition.require(asking, reservation)
    changed: list[Reservation] = []
    unchanged: list[Reservation] = []
    asked_along = {guard.code for guard in transition.asks}
    with pghistory.context(user=actor.pk), transaction.atomic():
        current = locked([reservation.pk for reservation in reservations])
        attempt = Attempt(actor, current, now, reason=reason)
        for reservation in current:
            if transition.done_already(reservation):
                unchanged.append(reservation)
            elif refusal := transition.refusal(reservation, attempt):
                if all_or_nothing or refusal.code in asked_along:
                    raise Refused([refusal])
            else:
                _change(transition, reservation, attempt)
                changed.append(reservation)
        if changed and transition.notifies is not None:
            transition.notifies(changed, attempt)
    done = [*changed, *unchanged] if all_or_nothing else changed
    return sorted(done, key=lambda r: (r.start, r.pk))


def locked(ids: Iterable[int]) -> list[Reservation]:
    """With booking and machine. Locked in the order of their ids, so that of two who change several neither waits for
    the other, until the transaction ends."""
    found = Reservation.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    return list(found.select_related("booking", "equipment__type", "equipment__fieldlab"))


def _change(transition: Transition, reservation: Reservation, attempt: Attempt) -> None:
    [state] = transition.reaches
    columns = {"state": state, **transition.writes(reservation, attempt)}
    try:
        with transaction.atomic(savepoint=bool(transition.constraints)):
            if not write(transition, reservation, columns):
                raise Refused([refusal_of(reservation, WRONG_STATE, transition.otherwise(reservation))])
    except IntegrityError as error:
        for constraint, guard in transition.constraints.items():
            if constraint in str(error):
                raise Refused([refusal_of(reservation, guard.code, guard.words(reservation, attempt))]) from None
        raise
    for column, value in columns.items():
        setattr(reservation, column, value)
    for effect in transition.effects:
        effect(reservation, attempt)


def write(transition: Transition, before: Reservation, columns: Mapping[str, Any]) -> bool:
    """Write the columns, the new state among them, where the row still is as it was when it was judged. Whether exactly
    that one row changed."""
    if before.state not in transition.leaves or columns["state"] not in transition.reaches:
        raise ValueError(f"{transition} does not lead from {before.state} to {columns['state']}")
    as_it_was = Reservation.objects.filter(pk=before.pk, state=before.state, revision=before.revision)
    return as_it_was.update(**columns) == 1


def check(transition: Transition, reservation: Reservation, attempt: Attempt) -> None:
    """`NotAllowed` or `Refused` unless it is possible now, for services that carry it out by themselves."""
    transition.require(attempt.asking, reservation)
    if refusal := transition.refusal(reservation, attempt):
        raise Refused([refusal])
