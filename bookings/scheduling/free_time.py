"""Free time: what is open and not taken, now and for whoever asks. The one computation of it; the calendar pages,
the search, the rules and the reports all read it here."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.db import connection

from bookings.models import HOLDING_STATES
from bookings.scheduling.placement import (
    LONGEST_WAIT_FOR_PEOPLE,
    MachineTime,
    leaves_unbroken,
    next_on_grid,
    occupied_by,
    possible_starts,
)
from core.clock import ZONE
from core.periods import Period, periods_in
from equipment.availability import OPEN_TIME
from equipment.models import Equipment
from equipment.policy import Policy

MACHINE_TIMES = f"""
    WITH asked AS (
        SELECT row_number() OVER ()::int AS ask, equipment_id, tstzrange(starts, ends) AS period
          FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS a(equipment_id, starts, ends)
    ), open_time AS ({OPEN_TIME})
    SELECT open_time.ask, open_time.open::text, open_time.out::text,
           (SELECT range_agg(reservation.occupied * open_time.period)::text
              FROM bookings_reservation reservation
             WHERE reservation.equipment_id = open_time.equipment_id
               AND reservation.occupied && open_time.period
               AND reservation.state = ANY (%s)
               AND reservation.id <> ALL (%s))
      FROM open_time
     ORDER BY open_time.ask
"""


def machine_times(asks: Sequence[tuple[int, datetime, datetime]], *, exclude: Sequence[int] = ()) -> list[MachineTime]:
    """What each ask `(equipment id, start, end)` can count on, in the order asked; one statement for any number.

    Open time and what is taken are cut to the window, and neighbours in it are one, so that nobody who asks for a
    narrow one hears where somebody else's reservation begins or ends. Outages are whole: all may hear when they end.
    `exclude`: ids of reservations that do not count, as the one that is being moved.
    """
    if not asks:
        return []
    equipment_ids, starts, ends = (list(column) for column in zip(*asks, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            MACHINE_TIMES,
            [equipment_ids, starts, ends, [str(state) for state in HOLDING_STATES], list(exclude)],
        )
        return [
            MachineTime(open=periods_in(open_), out=periods_in(out), taken=periods_in(taken))
            for _, open_, out, taken in cursor.fetchall()
        ]


def window_for(policy: Policy, start: datetime, end: datetime) -> Period:
    """How far a machine's time must be known to evaluate any period in `[start, end)`: set-up and clean-up, and for an
    unattended run the longest wait for people."""
    after = policy.clean_up + (LONGEST_WAIT_FOR_PEOPLE if policy.unattended else timedelta(0))
    return Period(start - policy.set_up, end + after)


@dataclass(frozen=True, slots=True)
class Timeline:
    """One machine's window as a screen draws it; lists in order, cut to the window, in UTC."""

    open: list[Period]
    occupied: list[Period]
    free: list[Period]


def timelines(*, equipment: Iterable[Equipment], start: datetime, end: datetime) -> dict[int, Timeline]:
    """Per equipment id what is open, occupied and free in `[start, end)`. One statement for any number of machines."""
    machines = list(equipment)
    times = machine_times([(machine.pk, start, end) for machine in machines])
    return {
        machine.pk: Timeline(open=list(time.open), occupied=list(time.taken), free=time.free)
        for machine, time in zip(machines, times, strict=True)
    }


@dataclass(frozen=True, slots=True)
class Slot:
    """A time for which enough machines are free together: `[start, end)` on each of `equipment`."""

    start: datetime
    end: datetime
    equipment: tuple[Equipment, ...]


# Of machines that are free in `[start, end)`, best first, those to take; None where there are too few.
Chooser = Callable[[Sequence[tuple[Equipment, MachineTime]], datetime, datetime], tuple[Equipment, ...] | None]


def free_slots(
    *,
    equipment: Sequence[Equipment],
    duration: timedelta,
    earliest: datetime,
    latest: datetime,
    now: datetime,
    units: int = 1,
    limit: int = 10,
    nights: bool = True,
    choose: Chooser | None = None,
) -> list[Slot]:
    """The first times at which `units` of these machines can be had for `duration`, earliest first; one statement.

    A slot starts at or after `earliest` and ends at or before `latest`; further slots start when the one before has
    ended, so that the list shows choices and not one choice shifted. Of more machines than needed, those are chosen
    whose free stretch is the shortest, which leaves the long ones whole. `equipment` comes with its type.
    Without `nights` an unattended run stays in open time like any other. `choose` may leave out machines, for reasons
    that free time does not tell.
    """
    earliest, latest, now = (moment.astimezone(UTC) for moment in (earliest, latest, now))
    fitting = [machine for machine in equipment if machine.policy.allows(duration)]
    if len(fitting) < units or earliest >= latest:
        return []
    times = machine_times([(machine.pk, *window_for(machine.policy, earliest, latest)) for machine in fitting])
    slots = slots_in(
        list(zip(fitting, times, strict=True)),
        duration=duration,
        earliest=earliest,
        latest=latest,
        now=now,
        units=units,
        nights=nights,
        choose=choose,
    )
    return list(islice(slots, limit))


def slots_in(
    times: Sequence[tuple[Equipment, MachineTime]],
    *,
    duration: timedelta,
    earliest: datetime,
    latest: datetime,
    now: datetime,
    units: int = 1,
    nights: bool = True,
    choose: Chooser | None = None,
) -> Iterator[Slot]:
    """The same of machines whose time is loaded already, one slot after the other."""
    searched = []
    for machine, time in times:
        s = _Searched(machine, machine.policy if nights else replace(machine.policy, unattended=False))
        s.look_at(time, duration, earliest, latest, now)
        searched.append(s)
    return _slots(searched, duration, units, choose)


class _Searched:
    """A machine under search: its time, and the stretches `[first, last]` in which a slot may start."""

    def __init__(self, machine: Equipment, policy: Policy):
        self.machine, self.policy = machine, policy
        self.starts: list[Period] = []

    def look_at(self, time: MachineTime, duration: timedelta, earliest: datetime, latest: datetime, now: datetime):
        self.time, self.free = time, time.free
        first = max(earliest, now + self.policy.notice_period, now)
        last = min(latest - duration, now + self.policy.horizon)
        cut = (Period(max(p.start, first), min(p.end, last)) for p in possible_starts(time, self.policy, duration))
        self.starts = [p for p in cut if p.start <= p.end]

    def first_start_from(self, moment: datetime) -> datetime | None:
        """The first moment not before `moment` at which a slot may start, on the grid and before the last start."""
        for stretch in self.starts[bisect_left(self.starts, moment, key=lambda s: s.end) :]:
            start = next_on_grid(max(stretch.start, moment), self.policy.grid)
            while start <= stretch.end:
                if not self._after_last_start(start):
                    return start
                start = _next_midnight(start)
        return None

    def may_start(self, start: datetime) -> bool:
        return self.first_start_from(start) == start

    def _after_last_start(self, start: datetime) -> bool:
        return self.policy.last_start is not None and start.astimezone(ZONE).time() > self.policy.last_start


def _next_midnight(moment: datetime) -> datetime:
    local = moment.astimezone(ZONE)
    return (local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).astimezone(UTC)


def _slots(searched: list[_Searched], duration: timedelta, units: int, choose: Chooser | None) -> Iterator[Slot]:
    moment = min((s.starts[0].start for s in searched if s.starts), default=None)
    while moment is not None:
        firsts = sorted(first for s in searched if (first := s.first_start_from(moment)) is not None)
        if len(firsts) < units:
            return
        # Nothing can start together before the units-th machine can; machines that could earlier may not any more.
        start = firsts[units - 1]
        chosen = _choose(searched, start, duration, units, choose)
        if chosen:
            yield Slot(start, start + duration, chosen)
            moment = start + duration
        else:
            later = [first for s in searched if (first := s.first_start_from(start + timedelta(minutes=1))) is not None]
            moment = min(later, default=None)


def _choose(searched, start: datetime, duration: timedelta, units: int, choose: Chooser | None):
    """The `units` machines to take at `start`, or None where there are fewer."""
    able, end = [], start + duration
    for s in searched:
        occupied = occupied_by(start, end, s.policy, s.time.open) if s.may_start(start) else None
        if occupied is not None:
            able.append((leaves_unbroken(occupied, s.free), s.machine.code, s))
    best_first = [(s.machine, s.time) for _, _, s in sorted(able, key=lambda a: a[:2])]
    if len(best_first) < units:
        return None
    if choose:
        return choose(best_first, start, end)
    return tuple(machine for machine, _time in best_first[:units])
