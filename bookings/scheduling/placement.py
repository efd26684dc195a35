"""Where a reservation can go: the arithmetic of open time, outages and what is taken. Pure; no database, no clock.

Two kinds of machine. On an attended one everything lies in one stretch of open time: set-up, the period, clean-up.
On one that runs unattended people are needed to set up and start and to take the result out and clean up; the run
between may cross closed time, never an outage. When it ends in closed time the machine stays occupied until the
first open moment from which the clean-up fits, plus the clean-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.clock import ZONE
from core.periods import Period, without
from equipment.models import Equipment, EquipmentType
from equipment.policy import Policy

# A result may wait this long to be taken out: the Christmas closure of two weeks and the weekends around it fit.
LONGEST_WAIT_FOR_PEOPLE = timedelta(days=24)

# Starting an unattended run, and taking out what it left, take somebody a moment even with no set-up or clean-up:
# neither happens just as the doors close.
A_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RequestedSlot:
    """What somebody asks for: one machine, any `units` machines of a type, or any of `able_types`, the types that can
    do what is needed, for `[start, end)`.

    With `finish` each of them comes with the station its results are finished on, at the first time after it.
    Start and end may be given in any zone and are kept in UTC, where adding and comparing is about elapsed time;
    Python does both on the wall clock for two moments of one zone.
    """

    start: datetime
    end: datetime
    equipment: Equipment | None = None
    equipment_type: EquipmentType | None = None
    units: int = 1
    finish: bool = False
    able_types: tuple[EquipmentType, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    @property
    def types(self) -> tuple[EquipmentType, ...]:
        """The types a machine for it may be of; more than one only where an ability is asked for."""
        if self.equipment:
            return (self.equipment.type,)
        return (self.equipment_type,) if self.equipment_type else self.able_types

    @property
    def reservations(self) -> int:
        """How many reservations it makes."""
        return self.units * (2 if self.finish else 1)


@dataclass(frozen=True, slots=True)
class MachineTime:
    """One machine's time in a window, each list in order with its periods apart and, but for `out`, cut to the window.

    `open`: open time without outages. `out`: outages. `taken`: what others occupy.
    """

    open: Sequence[Period]
    out: Sequence[Period]
    taken: Sequence[Period]

    @property
    def free(self) -> list[Period]:
        return without(self.open, self.taken)


def on_grid(moment: datetime, grid: timedelta) -> bool:
    """Whether `moment` is a whole number of steps from midnight on the wall clock.

    Zones whose offset is a whole number of hours, as ours, have the same minutes everywhere.
    """
    minutes = moment.astimezone(ZONE)
    since_the_hour = timedelta(minutes=minutes.minute, seconds=minutes.second, microseconds=minutes.microsecond)
    return not since_the_hour % grid


def next_on_grid(moment: datetime, grid: timedelta) -> datetime:
    """The first moment on the grid that is not before `moment`, in UTC."""
    moment = moment.astimezone(UTC)  # the next step is elapsed time away, also in an hour that comes twice
    since_the_hour = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return moment + -since_the_hour % grid


def taken_out_at(end: datetime, policy: Policy, open_time: Sequence[Period]) -> datetime | None:
    """When people can take out what an unattended run left at `end`: the first open moment from which the clean-up
    fits. None where `open_time` holds none within LONGEST_WAIT_FOR_PEOPLE."""
    for stretch in open_time:
        moment = max(stretch.start, end)
        if moment - end > LONGEST_WAIT_FOR_PEOPLE:
            return None
        if moment + max(policy.clean_up, A_MOMENT) <= stretch.end:
            return moment
    return None


def occupied_by(start: datetime, end: datetime, policy: Policy, open_time: Sequence[Period]) -> Period | None:
    """The period with its set-up and clean-up; None where an unattended run would never be taken out."""
    if not policy.unattended:
        return Period(start - policy.set_up, end + policy.clean_up)
    moment = taken_out_at(end, policy, open_time)
    return Period(start - policy.set_up, moment + policy.clean_up) if moment else None


def people_needed(start: datetime, end: datetime, policy: Policy) -> Period:
    """The stretch at the start in which people must be there: everything when attended, set-up and start else."""
    if policy.unattended:
        return Period(start - policy.set_up, start if policy.set_up else start + A_MOMENT)
    return Period(start - policy.set_up, end + policy.clean_up)


def stretches_with_people(start: datetime, end: datetime, occupied: Period, policy: Policy) -> list[Period]:
    """When somebody must be at the machine: all of it when attended, else set-up, and clean-up after taking out.

    Stretches that last no time are left out.
    """
    if not policy.unattended:
        return [occupied]
    stretches = [Period(occupied.start, start), Period(max(end, occupied.end - policy.clean_up), occupied.end)]
    return [stretch for stretch in stretches if stretch.start < stretch.end]


def possible_starts(time: MachineTime, policy: Policy, duration: timedelta) -> list[Period]:
    """When a period of `duration` may start on this machine, in order: stretches `[first, last]`, END INCLUDED.

    Only open time, outages and what is taken are looked at; grid, notice and the other rules are not.
    """
    if not policy.unattended:
        room = policy.set_up + duration + policy.clean_up
        return [
            Period(p.start + policy.set_up, p.end - policy.clean_up - duration)
            for p in time.free
            if p.end - p.start >= room
        ]
    starts = []
    window = Period(time.open[0].start, time.open[-1].end) if time.open else None
    for stretch in without([window], [*time.taken, *time.out]) if window else []:
        last_end = _last_end_taken_out_by(stretch.end, policy, time.open)
        if last_end is None:
            continue
        for opened in time.open:
            if opened.end < stretch.start:
                continue
            if opened.start > stretch.end:
                break
            first = max(opened.start, stretch.start) + policy.set_up
            last = min(opened.end - (timedelta(0) if policy.set_up else A_MOMENT), stretch.end, last_end - duration)
            if first <= last:
                starts.append(Period(first, last))
    return starts


def _last_end_taken_out_by(moment: datetime, policy: Policy, open_time: Sequence[Period]) -> datetime | None:
    """The latest end of a run whose clean-up is over by `moment`.

    Every earlier end is over by then as well, since a run that ends sooner is taken out no later.
    """
    for stretch in reversed(open_time):
        last = min(stretch.end - max(policy.clean_up, A_MOMENT), moment - policy.clean_up)
        if last >= stretch.start:
            return last
    return None


def leaves_unbroken(occupied: Period, free: Sequence[Period]) -> timedelta:
    """How long the free stretch is that this would break into: the smaller, the better the choice.

    An unattended run over closed time counts the stretch it starts in.
    """
    return min((p.end - p.start for p in free if p.start <= occupied.start < p.end), default=timedelta(0))
