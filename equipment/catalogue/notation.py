"""How a catalogue file writes durations, hours of the week and days, as a person would.

Every reader here takes one value of the file and returns it typed, or raises ValueError with a sentence that
says what is expected.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_HOURS = re.compile(r"(\S+)\s+(\S+)\s*-\s*(\S+)")
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})")


@dataclass(frozen=True)
class WeeklyHours:
    """Open on these weekdays (0 is Monday) from `opens` to `closes`, wall-clock time of the site.

    Closing at 00:00 is at the end of the day.
    """

    weekdays: tuple[int, ...]
    opens: time
    closes: time

    @property
    def length(self) -> timedelta:
        return self._minutes[1] - self._minutes[0]

    @property
    def _minutes(self) -> tuple[timedelta, timedelta]:
        """Start and end since midnight, as the wall clock counts."""
        return _since_midnight(self.opens), _since_midnight(self.closes) or timedelta(days=1)

    def meets(self, other: "WeeklyHours") -> bool:
        """Whether the two share a moment of the week."""
        (start, end), (other_start, other_end) = self._minutes, other._minutes
        return bool(set(self.weekdays) & set(other.weekdays)) and start < other_end and other_start < end

    def __str__(self) -> str:
        days = ",".join(WEEKDAYS[day] for day in self.weekdays)
        if len(self.weekdays) > 2 and self.weekdays[-1] - self.weekdays[0] == len(self.weekdays) - 1:
            days = f"{WEEKDAYS[self.weekdays[0]]}-{WEEKDAYS[self.weekdays[-1]]}"
        closes = "24:00" if self.closes == time(0) else f"{self.closes:%H:%M}"
        return f"{days} {self.opens:%H:%M}-{closes}"


@dataclass(frozen=True)
class YearlyDays:
    """Days that come back every year: (month, day) of the first and of the last day, both included."""

    first: tuple[int, int]
    last: tuple[int, int]

    def in_year(self, year: int) -> tuple[date, date]:
        """The first and last day of the stretch that begins in `year`; it may end in the year after."""
        first = date(year, *self.first)
        return first, date(year + (self.last < self.first), *self.last)


def duration(value: Any) -> timedelta:
    """ "30m", "4h", "1h30m", "5d", "2w": elapsed time; a day is 24 hours. "0m" is nothing."""
    match = _DURATION.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    if not match or not any(match.groups()):
        raise ValueError(_('%(value)r is not a duration. Write it as "30m", "4h", "1h30m" or "5d".') % {"value": value})
    weeks, days, hours, minutes = (int(number or 0) for number in match.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    except OverflowError as error:
        raise ValueError(_("%(value)r is too long.") % {"value": value}) from error


def clock_time(value: Any) -> time:
    """ "16:30" between quotes, or TOML's own 16:30:00: wall-clock time of the site."""
    if isinstance(value, time):
        return value
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(_('%(value)r is not a time of day. Write it as "07:30".') % {"value": value})
    return time(int(match[1]), int(match[2]))


def weekly_hours(value: Any) -> WeeklyHours:
    """ "Mo-Th 07:00-22:00" or "Sa,Su 10:00-24:00"; within one day."""
    match = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError(_('%(value)r are not hours. Write them as "Mo-Th 07:00-22:00".') % {"value": value})
    weekdays = _weekdays(match[1])
    opens = clock_time(match[2])
    closes = time(0) if match[3] == "24:00" else clock_time(match[3])
    if closes <= opens and match[3] != "24:00":
        raise ValueError(
            _("%(value)r ends before it starts; hours past midnight are written as two days.") % {"value": value}
        )
    return WeeklyHours(weekdays, opens, closes)


def written(value: Any) -> str:
    """A value of a policy or a plain field, back in the file's notation."""
    if value in (None, "", []):
        return "–"
    if isinstance(value, timedelta):
        minutes = value // timedelta(minutes=1)
        parts = (minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m")
        return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def month_day(value: Any) -> tuple[int, int]:
    """ "12-24" is 24 December. 29 February is refused: it does not come every year."""
    match = _MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
    if match:
        month, day = int(match[1]), int(match[2])
        try:
            date(2001, month, day)  # an ordinary year
        except ValueError:
            pass
        else:
            return month, day
    raise ValueError(_('%(value)r is not a day of every year. Write 24 December as "12-24".') % {"value": value})


def _weekdays(text: str) -> tuple[int, ...]:
    days: list[int] = []
    for part in text.split(","):
        first, _dash, last = part.partition("-")
        try:
            start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        except ValueError:
            raise ValueError(
                _("%(value)r are not weekdays. They are %(weekdays)s.")
                % {"value": text, "weekdays": ", ".join(WEEKDAYS)}
            ) from None
        if end < start:
            raise ValueError(_("%(value)r runs from the end of the week to its start.") % {"value": part})
        days += range(start, end + 1)
    if len(set(days)) < len(days):
        raise ValueError(_("%(value)r names a day twice.") % {"value": text})
    return tuple(sorted(days))


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
