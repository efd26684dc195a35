"""The demo's story as `demo/story.toml` tells it: who uses what, when and how often."""

import tomllib
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

FRIDAY = 4
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr")


@dataclass(frozen=True)
class Granted:
    """Certificates of a person, granted and perhaps withdrawn so many days before the Monday of this week."""

    person: str
    kinds: list[str]
    days_ago: int
    by: str = "technician@example.org"
    withdrawn_days_ago: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Share:
    """A quota: hours of an organisation per week, month or quarter, on a fieldlab, a type, or everything."""

    organisation: str
    hours: int
    per: str
    fieldlab: str = ""
    type: str = ""
    peak_weight: float = 1
    off_peak_weight: float = 1


@dataclass(frozen=True)
class Lesson:
    """A class, for so many weeks: one booking of so many machines of each type, `[starts, ends)` on the wall clock.

    It begins in the story's first week and leaves out closures and the school's holidays.
    """

    title: str
    person: str
    organisation: str
    purpose: str
    people: int
    weekday: int
    starts: time
    ends: time
    machines: dict[str, int]
    weeks: int
    supervisor: str


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
class OneOff:
    """A booking made `hours_ago`: a machine of a type, for `hours` from `starts`, on the first working day on which
    it can be had, from `working_day` on; that counts from today, or the next working day. With `finish` the
    finishing station after it."""

    person: str
    organisation: str
    purpose: str
    title: str
    type: str
    hours_ago: int
    working_day: int
    starts: time
    hours: float
    finish: bool = False


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
    certificates: list[Granted]
    quotas: list[Share]
    lessons: list[Lesson]
    habits: list[Habit]
    one_offs: list[OneOff]
    outages: list[PlannedOutage]


def read_story(file: Path) -> Story:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Story(
        [Granted(**entry) for entry in content["certificates"]],
        [Share(**entry) for entry in content["quotas"]],
        [_lesson(**entry) for entry in content["lessons"]],
        [Habit(**{**entry, "days_ahead": tuple(entry["days_ahead"])}) for entry in content["habits"]],
        [OneOff(**{**entry, "starts": time.fromisoformat(entry["starts"])}) for entry in content["one_offs"]],
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
