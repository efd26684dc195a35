"""The station on which results are finished, asked for together with the machine that makes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bookings.rules.book import NO_UNIT_FREE
from bookings.rules.candidates import Allocation, Candidate, Context
from bookings.scheduling.free_time import machine_times, slots_in, window_for
from bookings.scheduling.placement import MachineTime, RequestedSlot, occupied_by
from core.refusals import Cure, Refusal
from equipment.models import Equipment

# A result that waits longer than this for its finishing is not made and finished in one go.
FINISHED_WITHIN = timedelta(days=14)

Plan = Callable[[Candidate, Context], "Allocation | list[Refusal]"]


@dataclass(frozen=True, slots=True)
class Finishing:
    """The time of the stations after each requested slot that asks for one, by the requested slot's number."""

    stations: Mapping[int, Sequence[tuple[Equipment, MachineTime]]]
    now: datetime

    @classmethod
    def load(
        cls,
        requested_slots: Sequence[RequestedSlot],
        machines: dict[int, Equipment],
        now: datetime,
        *,
        exclude: Sequence[int] = (),
    ) -> "Finishing":
        """One statement for all, none where no requested slot asks for it."""
        pairs = [
            (number, machine, window_for(machine.policy, requested_slot.end, requested_slot.end + FINISHED_WITHIN))
            for number, requested_slot in enumerate(requested_slots)
            if requested_slot.finish and requested_slot.start < requested_slot.end < now + timedelta(days=3650)
            for machine in machines.values()
            if machine.type_id in {made_on.finished_on_id for made_on in requested_slot.types}
        ]
        times = machine_times([(m.pk, *window) for _number, m, window in pairs], exclude=exclude)
        stations: dict[int, list[tuple[Equipment, MachineTime]]] = {}
        for (number, machine, _window), time in zip(pairs, times, strict=True):
            stations.setdefault(number, []).append((machine, time))
        return cls(stations, now)

    def after(
        self, made: tuple[Allocation, ...], context: Context, allocate: Plan
    ) -> tuple[tuple[Allocation, ...], list[Refusal]]:
        """The allocations for a requested slot, each with its finishing at the first time after it; or nothing and
        why."""
        allocated = made
        for one in made:
            found = self._first(one.candidate, replace(context, allocated=context.allocated + allocated), allocate)
            if found is None:
                return (), [self._refusal(one.candidate)]
            allocated = (*allocated, found)
        return allocated, []

    def _first(self, made: Candidate, context: Context, allocate: Plan) -> Allocation | None:
        made_on = made.equipment.type
        duration = made_on.finishing_time
        if not duration or made.occupied is None:
            return None
        stations = [s for s in self.stations.get(made.number, ()) if s[0].type_id == made_on.finished_on_id]
        found: list[Allocation] = []

        def choose(able: Sequence[tuple[Equipment, MachineTime]], start: datetime, end: datetime):
            for machine, time in able:
                policy = machine.policy
                occupied = occupied_by(start, end, policy, time.open)
                outcome = allocate(Candidate(made.number, machine, policy, start, end, occupied, time), context)
                if isinstance(outcome, Allocation):
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

    def _refusal(self, made: Candidate) -> Refusal:
        made_on = made.equipment.type
        station = made_on.finished_on
        if station is None or not made_on.finishing_time:
            message = _("Nothing here finishes what this machine makes. Book without finishing.")
        else:
            message = _("%(station)s is not free within %(days)d days after it.") % {
                "station": station,
                "days": FINISHED_WITHIN.days,
            }
        return Refusal(NO_UNIT_FREE, message, "", made.start, made.end, number=made.number, cure=Cure.TIME)
