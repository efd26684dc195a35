"""The usage report of one month, for the facility or for one organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bookings.models import Economic
from core.clock import ZONE, midnight
from equipment.models import Equipment, EquipmentState
from organisations.models import Organisation
from usage.measures import Capacity, Group, Row, grouped, load_capacities, load_rows, total


@dataclass(frozen=True, slots=True)
class Report:
    """`[start, end)` is one calendar month in Amsterdam. `organisation` is None for the whole facility."""

    month: date
    organisation: Organisation | None
    start: datetime
    end: datetime
    rows: Sequence[Row]
    capacities: Sequence[Capacity]

    @property
    def booked(self) -> timedelta:
        return total(self.rows)

    @property
    def bookable(self) -> timedelta:
        return sum((capacity.bookable for capacity in self.capacities), timedelta(0))

    @property
    def utilisation(self) -> float | None:
        return self.booked / self.bookable if self.bookable else None

    @property
    def economic_share(self) -> float | None:
        """Economic hours as a part of all booked hours that count, from 0 to 1; None where nothing counts."""
        counted = [row for row in self.rows if row.economic != Economic.NOT_COUNTED]
        of = total(counted)
        return total(row for row in counted if row.economic == Economic.ECONOMIC) / of if of else None

    @property
    def by_fieldlab(self) -> list[Group]:
        """Every fieldlab that has machines, in the order of the floor, also where nothing was booked."""
        labs: dict[str, timedelta] = {}
        for capacity in self.capacities:
            lab = str(capacity.equipment.fieldlab)
            labs[lab] = labs.get(lab, timedelta(0)) + capacity.bookable
        rows = {group.name: group.rows for group in grouped(self.rows, lambda row: row.fieldlab)}
        return [Group(lab, rows.get(lab, ()), bookable) for lab, bookable in labs.items()]

    @property
    def by_equipment(self) -> list[Group]:
        """Every machine, in the order of the floor, also where nothing was booked."""
        rows = {group.name: group.rows for group in grouped(self.rows, lambda row: row.equipment)}
        return [Group(c.equipment.code, rows.get(c.equipment.code, ()), c.bookable) for c in self.capacities]

    @property
    def by_organisation(self) -> list[Group]:
        return grouped(self.rows, lambda row: row.organisation)

    @property
    def by_organisation_class(self) -> list[Group]:
        return grouped(self.rows, lambda row: row.organisation_class)

    @property
    def by_purpose(self) -> list[Group]:
        return grouped(self.rows, lambda row: row.purpose)

    @property
    def by_economic(self) -> list[Group]:
        return grouped(self.rows, lambda row: str(Economic(row.economic).label))


def report_of(month: date, organisation: Organisation | None = None) -> Report:
    """The report of the month in which `month` lies. Machines out of service are in it where they were booked. A
    constant number of statements."""
    first = month.replace(day=1)
    start, end = midnight(first), midnight(month_after(first))
    rows = load_rows(start=start, end=end, organisation=organisation)
    booked = {row.equipment for row in rows}
    machines = Equipment.objects.with_type().order_by("fieldlab__position", "code")
    counted = [m for m in machines if m.state == EquipmentState.IN_SERVICE or m.code in booked]
    return Report(first, organisation, start, end, rows, load_capacities(counted, start=start, end=end))


def month_after(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def month_before(first: date) -> date:
    return (first.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_of(moment: datetime) -> date:
    """The first day of the month it is in Amsterdam."""
    return moment.astimezone(ZONE).date().replace(day=1)
