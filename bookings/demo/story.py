"""The demo's story as `demo/story.toml` tells it: who uses what, when and how often."""

import tomllib
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

FRIDAY = 4
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr")


@dataclass(frozen=True)
class Lesson:
    """A class, every week: one booking of so many machines of each type, `[starts, ends)` on the wall clock."""

    title: str
    person: str
    organisation: str
    purpose: str
    people: int
    weekday: int
    starts: time
    ends: time
    machines: dict[str, int]


@dataclass(frozen=True)
class Habit:
    """What somebody books on `chance` of the working days: a machine of one of `types`, and so on, drawn by lot."""

    person: str
    organisation: str
    purpose: str
    types: list[str]
    chance: float
    starts: list[int]
    hours: list[float]
    days_ahead: tuple[int, int]
    titles: list[str]


@dataclass(frozen=True)
class PlannedOutage:
    """`working_day` counts from today, or the next working day; the hours are the wall clock's."""

    equipment: str
    working_day: int
    starts: time
    ends: time
    title: str


@dataclass(frozen=True)
class Story:
    lessons: list[Lesson]
    habits: list[Habit]
    outages: list[PlannedOutage]


def read_story(file: Path) -> Story:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Story(
        [_lesson(**entry) for entry in content["lessons"]],
        [Habit(**{**entry, "days_ahead": tuple(entry["days_ahead"])}) for entry in content["habits"]],
        [_outage(**entry) for entry in content["outages"]],
    )


def working_days(first: date, last: date) -> list[date]:
    """Monday to Friday from first to last, both included."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() <= FRIDAY]


def _lesson(*, hours: str, **entry) -> Lesson:
    weekday, clock = hours.split()
    starts, ends = _clocks(clock)
    return Lesson(**entry, weekday=WEEKDAYS.index(weekday), starts=starts, ends=ends)


def _outage(*, hours: str, **entry) -> PlannedOutage:
    starts, ends = _clocks(hours)
    return PlannedOutage(**entry, starts=starts, ends=ends)


def _clocks(text: str) -> tuple[time, time]:
    starts, ends = text.split("-")
    return time.fromisoformat(starts), time.fromisoformat(ends)
