"""The station on which results are finished, asked for together with the machine that makes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bookings.free_time import machine_times, slots_in, window_for
from bookings.planning import MachineTime, Wish, occupied_by
from bookings.rules import Facts, Planned, Proposal, Refusal
from equipment.models import Equipment

# A result that waits longer than this for its finishing is not made and finished in one go.
FINISHED_WITHIN = timedelta(days=14)

Plan = Callable[[Proposal, Facts], "Planned | list[Refusal]"]


@dataclass(frozen=True, slots=True)
class Finishing:
    """The time of the stations after each wish that asks for one, by the wish's number."""

    stations: Mapping[int, Sequence[tuple[Equipment, MachineTime]]]
    now: datetime

    @classmethod
    def load(
        cls, wishes: Sequence[Wish], machines: dict[int, Equipment], now: datetime, *, leaving_out: Sequence[int] = ()
    ) -> "Finishing":
        """One statement for all, none where no wish asks for it."""
        pairs = [
            (number, machine, window_for(machine.policy, wish.end, wish.end + FINISHED_WITHIN))
            for number, wish in enumerate(wishes)
            if wish.finish and wish.type and wish.start < wish.end < now + timedelta(days=3650)
            for machine in machines.values()
            if machine.type_id == wish.type.finished_on_id
        ]
        times = machine_times([(m.pk, *window) for _number, m, window in pairs], leaving_out=leaving_out)
        stations: dict[int, list[tuple[Equipment, MachineTime]]] = {}
        for (number, machine, _window), time in zip(pairs, times, strict=True):
            stations.setdefault(number, []).append((machine, time))
        return cls(stations, now)

    def after(
        self, wish: Wish, made: tuple[Planned, ...], facts: Facts, plan: Plan
    ) -> tuple[tuple[Planned, ...], list[Refusal]]:
        """What was planned for the wish, each with its finishing at the first time after it; or nothing and why."""
        planned = made
        for one in made:
            found = self._first(wish, one.proposal, replace(facts, planned=facts.planned + planned), plan)
            if found is None:
                return (), [self._refusal(wish, one.proposal)]
            planned = (*planned, found)
        return planned, []

    def _first(self, wish: Wish, made: Proposal, facts: Facts, plan: Plan) -> Planned | None:
        duration = wish.type.finishing_time if wish.type else None
        if not duration or made.occupied is None:
            return None
        found: list[Planned] = []

        def choose(able: Sequence[tuple[Equipment, MachineTime]], start: datetime, end: datetime):
            for machine, time in able:
                policy = machine.policy
                occupied = occupied_by(start, end, policy, time.open)
                outcome = plan(Proposal(made.number, machine, policy, start, end, occupied, time), facts)
                if isinstance(outcome, Planned):
                    found.append(outcome)
                    return (machine,)
            return None

        earliest = made.occupied.end
        slots = slots_in(
            self.stations.get(made.number, ()),
            duration=duration,
            earliest=earliest,
            latest=earliest + FINISHED_WITHIN,
            now=self.now,
            choose=choose,
        )
        return found[0] if next(slots, None) else None

    def _refusal(self, wish: Wish, made: Proposal) -> Refusal:
        station = wish.type.finished_on if wish.type else None
        if station is None or not wish.type or not wish.type.finishing_time:
            message = _("Nothing here finishes what this machine makes. Book without finishing.")
        else:
            message = _("%(station)s is not free within %(days)d days after it.") % {
                "station": station,
                "days": FINISHED_WITHIN.days,
            }
        return Refusal("no_unit_free", message, "", made.start, made.end, number=made.number)
