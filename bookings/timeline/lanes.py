"""What one person may see of machines' time: open, occupied by others, and what is theirs.

Another organisation's bookings are merged into stretches of "occupied", cut to the window that was asked for: neither
who nor why, nor where one begins or ends, leaves the server.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, OuterRef, Value, When
from django.db.models.functions import JSONObject
from psycopg.types.range import TimestamptzRange

from bookings.lifecycle import CHANGE_END, MOVE, is_confirmed_at_once
from bookings.models import SHOWN_STATES, Reservation, ReservationState, may_be_changed_by
from bookings.scheduling.free_time import machine_times
from bookings.scheduling.placement import MachineTime
from core.periods import Period, without
from equipment.models import Equipment, EquipmentQuerySet
from organisations.models import User
from organisations.permissions import may_see_every_booking


@dataclass(frozen=True, slots=True)
class Own:
    """A reservation that the person asking may see. `whose` is mine, organisation or others (facility staff);
    `changeable` whether that person may move it now; what is in use keeps its start. After check-out `end` and
    `occupied` end then: what was left of the time is no longer theirs."""

    id: int
    reference: str
    title: str
    organisation: str
    state: str
    whose: str
    start: datetime
    end: datetime
    occupied: Period
    changeable: bool

    @property
    def keeps_its_start(self) -> bool:
        return self.state == ReservationState.IN_USE

    @property
    def name(self) -> str:
        """One's own by its title, another's by who has it."""
        return (self.title or self.reference) if self.whose == "mine" else self.organisation


@dataclass(frozen=True, slots=True)
class Lane:
    """One machine's time in a window; every list in order of time, periods half-open and cut to it, but for `own`
    and `out`."""

    equipment: Equipment
    looks_until: datetime  # the end of the window
    open: list[Period]  # without outages
    free: list[Period]
    out: list[Period]  # outages
    occupied: list[Period]  # by others, of whom nothing is told
    own: list[Own]


def lanes(*, equipment: EquipmentQuerySet, user: User, start: datetime, end: datetime, now: datetime) -> list[Lane]:
    """A lane per machine, in the machines' order. Two statements, however many machines."""
    machines = list(equipment.select_related("type").annotate(visible=ArraySubquery(_visible(user, start, end, now))))
    times = machine_times([(machine.pk, start, end) for machine in machines])
    return [_lane(machine, machine.visible, time, user, end) for machine, time in zip(machines, times, strict=True)]


def _lane(machine: Equipment, visible: list[dict], time: MachineTime, user: User, end: datetime) -> Lane:
    at_once = is_confirmed_at_once(machine.policy, user)
    own = [own for row in visible if (own := _own(row, user, at_once)).start < own.end]  # some leave before they begin
    return Lane(
        equipment=machine,
        looks_until=end,
        open=list(time.open),
        free=time.free,
        out=list(time.out),
        occupied=without(time.taken, [each.occupied for each in own]),
        own=own,
    )


def _visible(user: User, start: datetime, end: datetime, now: datetime):
    may_be_moved = may_be_changed_by(user) & (MOVE.possible(now) | CHANGE_END.possible(now))
    return (
        Reservation.objects.visible_to(user)
        .filter(state__in=SHOWN_STATES, equipment=OuterRef("pk"))
        .overlapping(TimestamptzRange(start, end))
        .order_by("period")
        .values(
            row=JSONObject(
                id="pk",
                changeable=Case(When(may_be_moved, then=Value(True)), default=Value(False)),
                left_at="use__ended_at",
                reference="booking__reference",
                title="booking__title",
                organisation="booking__organisation__name",
                booker="booking__booker_id",
                state="state",
                start="period__startswith",
                end="period__endswith",
                occupied_start="occupied__startswith",
                occupied_end="occupied__endswith",
            )
        )
    )


def _own(row: dict, user: User, at_once: bool) -> Own:
    """`at_once`: nobody needs to approve what is in use there and changes its end."""
    if_not_mine = "others" if may_see_every_booking(user) else "organisation"
    start, end, occupied_start, occupied_end = (
        datetime.fromisoformat(row[name]) for name in ("start", "end", "occupied_start", "occupied_end")
    )
    left = datetime.fromisoformat(row["left_at"]) if row["left_at"] else occupied_end
    return Own(
        id=row["id"],
        reference=row["reference"],
        title=row["title"],
        organisation=row["organisation"],
        state=row["state"],
        whose="mine" if row["booker"] == user.pk else if_not_mine,
        start=start,
        end=min(end, left),
        occupied=Period(occupied_start, min(occupied_end, left)),
        changeable=row["changeable"] and (at_once or row["state"] != ReservationState.IN_USE),
    )
