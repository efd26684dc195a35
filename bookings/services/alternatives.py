"""What could be had instead of a refused time: the nearest on the same machine, the same time on an equal one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bookings.rules.candidates import Allocation, Candidate
from bookings.scheduling.free_time import machine_times, window_for
from bookings.scheduling.placement import (
    MachineTime,
    RequestedSlot,
    leaves_unbroken,
    next_on_grid,
    occupied_by,
    possible_starts,
)
from bookings.services.evaluating import Scope, allocate, allocate_together, for_evaluation, window_of
from core.clock import ZONE
from core.periods import Period
from core.refusals import Alternative, Cure, Refusal
from equipment.models import Equipment
from equipment.policy import Policy

FARTHEST = timedelta(days=7)
MOST_REQUESTED_SLOTS = 20  # a class whose every date is refused wants another plan, not a hundred searches


def with_alternatives(
    refusals: Sequence[Refusal],
    requested_slots: Sequence[RequestedSlot],
    scope: Scope,
) -> list[Refusal]:
    """The refusals; the first of each requested slot that another time could mend carries alternatives. The number of
    statements does not grow with the requested slots.

    Every alternative was evaluated by the same rules, as a booking of its own.
    """
    if any(refusal.cure == Cure.NOTHING for refusal in refusals):
        return list(refusals)
    first: dict[int, int] = {}
    for index, refusal in enumerate(refusals):
        if refusal.cure == Cure.TIME and refusal.number is not None:
            first.setdefault(refusal.number, index)
    numbers = [
        n
        for n in list(first)[:MOST_REQUESTED_SLOTS]
        if requested_slots[n].start < requested_slots[n].end and not _too_far(requested_slots[n], scope)
    ]
    if not numbers:
        return list(refusals)
    search = _Search([(n, requested_slots[n]) for n in numbers], scope)
    found = {first[n]: search.alternatives(n, requested_slots[n]) for n in numbers}
    return [replace(r, alternatives=found[i]) if i in found else r for i, r in enumerate(refusals)]


def _too_far(requested_slot: RequestedSlot, scope: Scope) -> bool:
    """Outside what a search around it could reach, or longer than it makes sense to look for."""
    return abs(requested_slot.start - scope.now) > timedelta(
        days=800
    ) or requested_slot.end - requested_slot.start > timedelta(days=60)


class _Search:
    """The time of the machines around some requested slots, loaded at once."""

    def __init__(self, numbered: Sequence[tuple[int, RequestedSlot]], scope: Scope):
        types = {t.pk for _number, requested_slot in numbered for t in requested_slot.types}
        equals = for_evaluation(Equipment.objects.in_service().filter(type__in=types)).order_by("code")
        # What the booking itself plans is not in the database; an alternative is promised for a booking of its own.
        self.scope = replace(scope, machines={machine.pk: machine for machine in equals})
        reach = [RequestedSlot(w.start - FARTHEST, w.end + FARTHEST) for _number, w in numbered]
        self.context = self.scope.context_within(window_of(reach, scope.now))
        keys = [
            (number, requested_slot, machine)
            for number, requested_slot in numbered
            for machine in self._candidates(requested_slot)
        ]
        asks = [
            (machine.pk, *self._window(machine.policy, requested_slot)) for _number, requested_slot, machine in keys
        ]
        times = machine_times(asks, exclude=scope.exclude)
        self.times = {(number, machine.pk): time for (number, _w, machine), time in zip(keys, times, strict=True)}

    def _candidates(self, requested_slot: RequestedSlot) -> list[Equipment]:
        types = {t.pk for t in requested_slot.types}
        return [m for m in self.scope.machines.values() if m.type_id in types and m != self.scope.unwanted]

    def _window(self, policy: Policy, requested_slot: RequestedSlot) -> Period:
        start = max(requested_slot.start - FARTHEST, self.context.now)
        return window_for(policy, start, max(requested_slot.end, start) + FARTHEST)

    def alternatives(self, number: int, requested_slot: RequestedSlot) -> tuple[Alternative, ...]:
        """Same time on an equal machine first, then the nearest time on the machine asked for, then on an equal one."""
        duration = requested_slot.end - requested_slot.start
        found: list[Alternative] = []
        if requested_slot.units == 1:
            found += self._same_time(number, requested_slot)
        asked = [
            m
            for m in self._candidates(requested_slot)
            if requested_slot.equipment and m.pk == requested_slot.equipment.pk
        ]
        for machines in (asked, self._candidates(requested_slot)):
            nearest = self._nearest(number, requested_slot, duration, machines)
            if nearest and nearest not in found:
                found.append(nearest)
        return tuple(found[:3])

    def _same_time(self, number: int, requested_slot: RequestedSlot) -> list[Alternative]:
        able = [
            (leaves_unbroken(p.occupied, p.time.free), m.code)
            for m in self._candidates(requested_slot)
            if (p := self._candidate(number, m, requested_slot.start, requested_slot.end)).occupied
            and isinstance(allocate(p, self.context), Allocation)
        ]
        return [Alternative(requested_slot.start, requested_slot.end, (code,)) for _, code in sorted(able)[:1]]

    def _nearest(
        self, number: int, requested_slot: RequestedSlot, duration: timedelta, machines: Sequence[Equipment]
    ) -> Alternative | None:
        """The start nearest to the one asked for at which enough of these machines can be had."""
        starts = {s for m in machines for s in self._near_starts(number, m, requested_slot.start, duration)}
        for start in sorted(starts, key=lambda s: (abs(s - requested_slot.start), s)):
            candidates = [self._candidate(number, m, start, start + duration) for m in machines]
            allocated = allocate_together(candidates, self.context, requested_slot.units)
            if allocated:
                return Alternative(start, start + duration, tuple(p.candidate.equipment.code for p in allocated))
        return None

    def _near_starts(
        self, number: int, machine: Equipment, wanted: datetime, duration: timedelta
    ) -> Iterable[datetime]:
        """Of each stretch in which it may start, the moments nearest to the one wanted, and each day's last start."""
        policy = machine.policy
        earliest = self.context.now + policy.notice_period
        for stretch in possible_starts(self._time(number, machine), policy, duration):
            first, last = max(stretch.start, earliest), stretch.end
            if first > last:
                continue
            near = next_on_grid(min(max(wanted, first), last), policy.grid)
            yield from (s for s in (near, near - policy.grid) if first <= s <= last)
            if policy.last_start:
                local = wanted.astimezone(ZONE)
                limit = local.replace(
                    hour=policy.last_start.hour, minute=policy.last_start.minute, second=0, microsecond=0
                )
                yield from (s for s in (limit.astimezone(UTC), first) if first <= s <= last)

    def _time(self, number: int, machine: Equipment) -> MachineTime:
        return self.times[number, machine.pk]

    def _candidate(self, number: int, machine: Equipment, start: datetime, end: datetime) -> Candidate:
        time = self._time(number, machine)
        occupied = occupied_by(start, end, machine.policy, time.open)
        moved = self.scope.moved
        changes_type = moved is not None and moved.equipment.type_id != machine.type_id
        return Candidate(number, machine, machine.policy, start, end, occupied, time, changes_type=changes_type)
