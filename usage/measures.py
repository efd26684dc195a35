"""How the machines were used: booked hours against the hours in which they could be had.

Everything is elapsed time, so a day on which the clocks change counts 23 or 25 hours, and is kept as whole
microseconds: sums are exact, and a total is the sum of its rows whichever way they are grouped.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.models import Economic, Reservation, ReservationState
from bookings.scheduling.free_time import machine_times
from core.periods import Period, without
from equipment.models import Equipment
from organisations.models import Organisation

# What had the machine or was to have it: nobody else could. A no-show counts, a cancellation does not, nor what an
# outage drove off, nor what nobody approved yet.
BOOKED_STATES = (
    ReservationState.CONFIRMED,
    ReservationState.IN_USE,
    ReservationState.COMPLETED,
    ReservationState.NO_SHOW,
)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """The part of one reservation that lies in the window. Set-up and clean-up are not counted. `economic` and
    `organisation_class` are as they were when it was booked."""

    reference: str
    equipment: str
    fieldlab: str
    organisation: str
    organisation_class: str
    purpose: str
    economic: str
    start: datetime
    end: datetime

    @property
    def booked(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Capacity:
    """How long one machine could be had in the window. Outages are taken off. A machine that runs unattended can be
    had around the clock; others while people are there."""

    equipment: Equipment
    around_the_clock: bool
    bookable: timedelta


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together. `bookable` is None where the question makes no sense, as for an organisation."""

    name: str
    rows: Sequence[Row]
    bookable: timedelta | None = None

    @property
    def booked(self) -> timedelta:
        return total(self.rows)

    @property
    def economic(self) -> timedelta:
        return total(row for row in self.rows if row.economic == Economic.ECONOMIC)

    @property
    def utilisation(self) -> float | None:
        """Booked as a part of bookable, from 0; above 1 where people booked outside the hours by an override."""
        return self.booked / self.bookable if self.bookable else None


def total(rows: Iterable[Row]) -> timedelta:
    return sum((row.booked for row in rows), timedelta(0))


def hours(time: timedelta) -> float:
    return time / HOUR


def load_rows(*, start: datetime, end: datetime, organisation: Organisation | None = None) -> list[Row]:
    """What was booked in `[start, end)`, cut to it, in order of machine and time; of one organisation or of all. One
    statement."""
    found = Reservation.objects.filter(state__in=BOOKED_STATES, period__overlap=DateTimeTZRange(start, end))
    if organisation:
        found = found.filter(booking__organisation=organisation)
    found = found.select_related("equipment__fieldlab", "booking__organisation", "booking__purpose").order_by(
        "equipment__code", "period"
    )
    return [_row(reservation, start, end) for reservation in found]


def _row(reservation: Reservation, start: datetime, end: datetime) -> Row:
    booking = reservation.booking
    return Row(
        reference=booking.reference,
        equipment=reservation.equipment.code,
        fieldlab=str(reservation.equipment.fieldlab),
        organisation=booking.organisation.name,
        organisation_class=reservation.get_organisation_class_display(),
        purpose=str(booking.purpose),
        economic=reservation.economic,
        start=max(reservation.start, start).astimezone(UTC),
        end=min(reservation.end, end).astimezone(UTC),
    )


def load_capacities(machines: Iterable[Equipment], *, start: datetime, end: datetime) -> list[Capacity]:
    """How long each could be had in `[start, end)`, in the machines' order. One statement; `machines` come with their
    type."""
    machines = list(machines)
    times = machine_times([(machine.pk, start, end) for machine in machines])
    window = Period(start.astimezone(UTC), end.astimezone(UTC))
    return [
        Capacity(
            equipment=machine,
            around_the_clock=machine.policy.unattended,
            bookable=_length(without([window], time.out) if machine.policy.unattended else time.open),
        )
        for machine, time in zip(machines, times, strict=True)
    ]


def _length(periods: Iterable[Period]) -> timedelta:
    return sum((period.end - period.start for period in periods), timedelta(0))


def grouped(rows: Iterable[Row], by: Callable[[Row], str]) -> list[Group]:
    """A group per answer of `by`, the most booked first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(by(row), []).append(row)
    return sorted((Group(name, members) for name, members in found.items()), key=lambda g: (-g.booked, g.name))
