"""A machine and the words to speak of its calendars."""

from datetime import UTC, datetime

import pytest

from core.clock import instant, wall
from core.periods import Period
from equipment.availability import open_time
from equipment.models import Equipment, EquipmentType, Fieldlab, Process

NOW = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)


def local(text: str) -> datetime:
    """The moment of a wall-clock time such as "2027-03-28 06:00"."""
    return instant(datetime.fromisoformat(text))


def open_on(equipment: Equipment, start: str, end: str) -> list[str]:
    """Open time between two wall-clock times, as "28 22:00 – 29 06:00" (day of the month, wall clock)."""
    [found] = open_time([(equipment.pk, local(start), local(end))])
    return in_words(found.open)


def in_words(periods: list[Period]) -> list[str]:
    return [f"{wall(start):%d %H:%M} – {wall(end):%d %H:%M}" for start, end in periods]


@pytest.fixture
def make_machine(db):
    def make(code: str = "FDM-01", *, opening_hours=None, closures=()) -> Equipment:
        fieldlab, _ = Fieldlab.objects.get_or_create(slug="printing", defaults={"name": "Printing"})
        kind, _ = EquipmentType.objects.get_or_create(
            slug="printer", defaults={"name": "Printer", "process": Process.FDM}
        )
        equipment = Equipment.objects.create(
            code=code, name=code, type=kind, fieldlab=fieldlab, opening_hours=opening_hours
        )
        equipment.closures.set(closures)
        return equipment

    return make
