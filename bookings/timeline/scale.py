"""Where a moment stands on a lane: time drawn evenly, the nights narrower, and the days of 23 and 25 hours right.

`static/js/scale.js` reads the same knots to tell which moment is under the pointer.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.clock import ZONE

WIDTH = 100  # of a lane: what is drawn is placed in per cent
NIGHT = 1 / 8  # how wide an hour is in which nobody is about, of one in which people are
ROOM_FOR_AN_HOUR = 3
# On a day on which the clock changes it has by this hour (Directive 2000/84/EC: at 01:00 UTC).
CLOCK_CHANGED = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """Moments to places in per cent of the width. `knots` are two or more (moment, place), both ever greater; between
    two of them time runs evenly."""

    knots: Sequence[tuple[datetime, float]]

    @property
    def start(self) -> datetime:
        return self.knots[0][0]

    @property
    def end(self) -> datetime:
        return self.knots[-1][0]

    def place(self, moment: datetime) -> float:
        """Of a moment from `start` to `end`, to a thousandth."""
        after = bisect_right(self.knots, moment, 1, len(self.knots) - 1, key=_moment_of)
        (since, left), (until, right) = self.knots[after - 1], self.knots[after]
        return round(left + (moment - since) / (until - since) * (right - left), 3)

    @property
    def as_json(self) -> str:
        """`[[seconds since 1970, place], …]`, for `data-scale`."""
        return json.dumps(
            [[int(moment.timestamp()), round(place, 3)] for moment, place in self.knots], separators=(",", ":")
        )


@dataclass(frozen=True, slots=True)
class Tick:
    """A word above the lanes. A `minor` one is left out where there is little room."""

    place: float
    says: str | date
    minor: bool = False
    today: bool = False


def _moment_of(knot: tuple[datetime, float]) -> datetime:
    return knot[0]


def at(on: date, hour: int) -> datetime:
    """The moment, in UTC, of a whole hour, up to 24, of the local day that comes once, as midnight does."""
    return datetime.combine(on + timedelta(days=hour // 24), time(hour % 24), ZONE).astimezone(UTC)


def day_bounds(on: date) -> tuple[datetime, datetime]:
    """The local day `[00:00, 00:00 of the next)` in UTC: 23 or 25 hours long when the clock changes."""
    return at(on, 0), at(on, 24)


def scale_of_days(dates: Sequence[date]) -> Scale:
    """Whole local days one after another, all equally wide."""
    moments = [at(on, 0) for on in dates] + [at(dates[-1], 24)]
    return Scale([(moment, WIDTH * number / len(dates)) for number, moment in enumerate(moments)])


def scale_of_hours(on: date, hours: tuple[int, int]) -> Scale:
    """A part of a day, `[first, last)`, evenly."""
    first, last = hours
    return Scale([(at(on, first), 0), (at(on, last), WIDTH)])


def scale_of_day(on: date, hours: tuple[int, int]) -> Scale:
    """A whole local day, narrower outside the `hours` `[first, last)` in which people are about.

    The same hour of the clock stands at the same place on every day, so that days can be set below one another. Where
    the clock changes, what there is until 03:00, two hours or four, takes the room of three.
    """
    first, last = hours
    knots = {0, first, last, 24}
    start, end = day_bounds(on)
    if end - start != timedelta(hours=24):
        knots = {hour for hour in knots if not 0 < hour < CLOCK_CHANGED} | {CLOCK_CHANGED}
    return Scale([(at(on, hour), place_of_hour(hour, hours)) for hour in sorted(knots)])


def place_of_hour(hour: int, hours: tuple[int, int]) -> float:
    """Of an hour of the clock on the scale of a day."""

    def width(until: int) -> float:
        by_day = min(max(until, first), last) - first
        return by_day + NIGHT * (until - by_day)

    first, last = hours
    return round(WIDTH * width(hour) / width(24), 3)


def hour_ticks(hours: tuple[int, int]) -> list[Tick]:
    """The hours of the clock above days that are drawn by `scale_of_day`."""
    first, last = hours
    places = {hour: place_of_hour(hour, hours) for hour in range(first, last + 1)}
    return [
        Tick(place, str(hour), minor=(hour - first) % 2 == 1)
        for hour, place in places.items()
        if place < WIDTH - ROOM_FOR_AN_HOUR
    ]


def hour_lines(hours: tuple[int, int]) -> list[float]:
    """Where the lines of the hours stand on a day of 24 hours."""
    first, last = hours
    return [place_of_hour(hour, hours) for hour in range(max(first, 1), min(last, 23) + 1)]


def hours_between(start: datetime, end: datetime) -> Iterable[datetime]:
    """Every whole hour after `start` and before `end`, elapsed time apart."""
    moment = start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while moment < end:
        yield moment
        moment += timedelta(hours=1)
