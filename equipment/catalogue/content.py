"""What a catalogue file asks for, once it is read."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from equipment.catalogue.notation import WeeklyHours, YearlyDays

ALWAYS = "always"
"""In place of the name of opening hours: open day and night, but for closures and outages."""


@dataclass(frozen=True)
class Hours:
    name: str
    weekly: tuple[WeeklyHours, ...]

    @property
    def longest_stretch(self) -> timedelta:
        return max(hours.length for hours in self.weekly)


@dataclass(frozen=True)
class ClosedDays:
    """Days without people, the first and the last included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Closures:
    name: str
    days: tuple[ClosedDays, ...] = ()
    every_year: tuple[tuple[str, YearlyDays], ...] = ()
    public_holidays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """By short name or code, in the order of the file.

    The values of fieldlabs, certificates, types and equipment are by field of their model. Besides those there are
    "type", "fieldlab" and "finished_on" (short names), "opening_hours" (a short name, ALWAYS, or absent), "closures"
    and a type's "certificates" (short names).
    """

    fieldlabs: dict[str, dict[str, Any]] = field(default_factory=dict)
    certificates: dict[str, dict[str, Any]] = field(default_factory=dict)
    types: dict[str, dict[str, Any]] = field(default_factory=dict)
    equipment: dict[str, dict[str, Any]] = field(default_factory=dict)
    opening_hours: dict[str, Hours] = field(default_factory=dict)
    closures: dict[str, Closures] = field(default_factory=dict)

    def opening_hours_of(self, code: str) -> str | None:
        """The short name nearest to a machine: its own, its type's or its fieldlab's; None where none is named."""
        named = (level["opening_hours"] for level in self._levels(code) if "opening_hours" in level)
        return next(named, None)

    def closures_of(self, code: str) -> list[str]:
        """The short names of the closures of machine, type and fieldlab together, each once."""
        return list(dict.fromkeys(name for level in self._levels(code) for name in level.get("closures", ())))

    def _levels(self, code: str) -> list[dict[str, Any]]:
        machine = self.equipment[code]
        return [
            machine,
            self.types.get(machine.get("type", ""), {}),
            self.fieldlabs.get(machine.get("fieldlab", ""), {}),
        ]
