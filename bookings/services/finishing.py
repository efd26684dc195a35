"""The station on which results are finished, asked for together with the machine that makes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bookings.rules.candidates import Facts, Planned, Proposal
from bookings.scheduling.free_time import machine_times, slots_in, window_for
from bookings.scheduling.placement import MachineTime, Wish, occupied_by
from core.refusals import Refusal
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
            if wish.finish and wish.start < wish.end < now + timedelta(days=3650)
            for machine in machines.values()
            if machine.type_id in {made_on.finished_on_id for made_on in wish.types}
        ]
        times = machine_times([(m.pk, *window) for _number, m, window in pairs], leaving_out=leaving_out)
        stations: dict[int, list[tuple[Equipment, MachineTime]]] = {}
        for (number, machine, _window), time in zip(pairs, times, strict=True):
            stations.setdefault(number, []).append((machine, time))
        return cls(stations, now)

    def after(self, made: tuple[Planned, ...], facts: Facts, plan: Plan) -> tuple[tuple[Planned, ...], list[Refusal]]:
        """What was planned for a wish, each with its finishing at the first time after it; or nothing and why."""
        planned = made
        for one in made:
            found = self._first(one.proposal, replace(facts, planned=facts.planned + planned), plan)
            if found is None:
                return (), [self._refusal(one.proposal)]
            planned = (*planned, found)
        return planned, []

    def _first(self, made: Proposal, facts: Facts, plan: Plan) -> Planned | None:
        made_on = made.equipment.type
        duration = made_on.finishing_time
        if not duration or made.occupied is None:
            return None
        stations = [s for s in self.stations.get(made.number, ()) if s[0].type_id == made_on.finished_on_id]
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
            stations,
            duration=duration,
            earliest=earliest,
            latest=earliest + FINISHED_WITHIN,
            now=self.now,
            choose=choose,
        )
        return found[0] if next(slots, None) else None

    def _refusal(self, made: Proposal) -> Refusal:
        made_on = made.equipment.type
        station = made_on.finished_on
        if station is None or not made_on.finishing_time:
            message = _("Nothing here finishes what this machine makes. Book without finishing.")
        else:
            message = _("%(station)s is not free within %(days)d days after it.") % {
                "station": station,
                "days": FINISHED_WITHIN.days,
            }
        return Refusal("no_unit_free", message, "", made.start, made.end, number=made.number)
