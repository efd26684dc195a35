"""What could be had instead of a refused time: the nearest on the same machine, the same time on an equal one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bookings.rules.candidates import Planned, Proposal
from bookings.scheduling.free_time import machine_times, window_for
from bookings.scheduling.placement import MachineTime, Wish, leaves_unbroken, next_on_grid, occupied_by, possible_starts
from bookings.services.evaluating import Case, for_judging, hull_of, plan, plan_together
from core.clock import ZONE
from core.periods import Period
from core.refusals import Alternative, Refusal
from equipment.models import Equipment
from equipment.policy import Policy

# Refusals that another time or another machine can mend. Each wish gets its alternatives once, with the first.
MENDED_ELSEWHERE = {
    "in_the_past",
    "off_grid",
    "notice_too_short",
    "outside_opening_hours",
    "during_outage",
    "clash",
    "no_unit_free",
}
# Whoever cannot book at all is not helped by another time.
MENDED_NOWHERE = {"not_member", "organisation_suspended"}
FARTHEST = timedelta(days=7)
MOST_WISHES = 20  # a class whose every date is refused wants another plan, not a hundred searches


def with_alternatives(
    refusals: Sequence[Refusal],
    wishes: Sequence[Wish],
    case: Case,
) -> list[Refusal]:
    """The refusals; the first of each wish that another time could mend carries alternatives. The number of statements
    does not grow with the wishes.

    Every alternative was judged by the same rules, as a booking of its own.
    """
    if any(refusal.code in MENDED_NOWHERE for refusal in refusals):
        return list(refusals)
    first: dict[int, int] = {}
    for index, refusal in enumerate(refusals):
        if refusal.code in MENDED_ELSEWHERE and refusal.number is not None:
            first.setdefault(refusal.number, index)
    numbers = [
        n for n in list(first)[:MOST_WISHES] if wishes[n].start < wishes[n].end and not _too_far(wishes[n], case)
    ]
    if not numbers:
        return list(refusals)
    search = _Search([(n, wishes[n]) for n in numbers], case)
    found = {first[n]: search.alternatives(n, wishes[n]) for n in numbers}
    return [replace(r, alternatives=found[i]) if i in found else r for i, r in enumerate(refusals)]


def _too_far(wish: Wish, case: Case) -> bool:
    """Outside what a search around it could reach, or longer than it makes sense to look for."""
    return abs(wish.start - case.now) > timedelta(days=800) or wish.end - wish.start > timedelta(days=60)


class _Search:
    """The time of the machines around some wishes, loaded at once."""

    def __init__(self, numbered: Sequence[tuple[int, Wish]], case: Case):
        types = {t.pk for _number, wish in numbered for t in wish.types}
        equals = for_judging(Equipment.objects.in_service().filter(type__in=types)).order_by("code")
        # What the booking itself plans is not in the database; an alternative is promised for a booking of its own.
        self.case = replace(case, machines={machine.pk: machine for machine in equals})
        reach = [Wish(w.start - FARTHEST, w.end + FARTHEST) for _number, w in numbered]
        self.facts = self.case.facts_around(hull_of(reach, case.now))
        keys = [(number, wish, machine) for number, wish in numbered for machine in self._candidates(wish)]
        asks = [(machine.pk, *self._window(machine.policy, wish)) for _number, wish, machine in keys]
        times = machine_times(asks, leaving_out=case.leaving_out)
        self.times = {(number, machine.pk): time for (number, _w, machine), time in zip(keys, times, strict=True)}

    def _candidates(self, wish: Wish) -> list[Equipment]:
        types = {t.pk for t in wish.types}
        return [m for m in self.case.machines.values() if m.type_id in types and m != self.case.unwanted]

    def _window(self, policy: Policy, wish: Wish) -> Period:
        start = max(wish.start - FARTHEST, self.facts.now)
        return window_for(policy, start, max(wish.end, start) + FARTHEST)

    def alternatives(self, number: int, wish: Wish) -> tuple[Alternative, ...]:
        """Same time on an equal machine first, then the nearest time on the machine asked for, then on an equal one."""
        duration = wish.end - wish.start
        found: list[Alternative] = []
        if wish.units == 1:
            found += self._same_time(number, wish)
        asked = [m for m in self._candidates(wish) if wish.equipment and m.pk == wish.equipment.pk]
        for machines in (asked, self._candidates(wish)):
            nearest = self._nearest(number, wish, duration, machines)
            if nearest and nearest not in found:
                found.append(nearest)
        return tuple(found[:3])

    def _same_time(self, number: int, wish: Wish) -> list[Alternative]:
        able = [
            (leaves_unbroken(p.occupied, p.time.free), m.code)
            for m in self._candidates(wish)
            if (p := self._proposal(number, m, wish.start, wish.end)).occupied
            and isinstance(plan(p, self.facts), Planned)
        ]
        return [Alternative(wish.start, wish.end, (code,)) for _, code in sorted(able)[:1]]

    def _nearest(
        self, number: int, wish: Wish, duration: timedelta, machines: Sequence[Equipment]
    ) -> Alternative | None:
        """The start nearest to the one asked for at which enough of these machines can be had."""
        starts = {s for m in machines for s in self._near_starts(number, m, wish.start, duration)}
        for start in sorted(starts, key=lambda s: (abs(s - wish.start), s)):
            proposals = [self._proposal(number, m, start, start + duration) for m in machines]
            planned = plan_together(proposals, self.facts, wish.units)
            if planned:
                return Alternative(start, start + duration, tuple(p.proposal.equipment.code for p in planned))
        return None

    def _near_starts(
        self, number: int, machine: Equipment, wanted: datetime, duration: timedelta
    ) -> Iterable[datetime]:
        """Of each stretch in which it may start, the moments nearest to the one wanted, and each day's last start."""
        policy = machine.policy
        earliest = self.facts.now + policy.notice_period
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

    def _proposal(self, number: int, machine: Equipment, start: datetime, end: datetime) -> Proposal:
        time = self._time(number, machine)
        occupied = occupied_by(start, end, machine.policy, time.open)
        moved = self.case.moved
        changes_type = moved is not None and moved.equipment.type_id != machine.type_id
        return Proposal(number, machine, machine.policy, start, end, occupied, time, changes_type=changes_type)
