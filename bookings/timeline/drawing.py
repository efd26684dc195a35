"""Lanes made ready for the templates: a strip to look at, a state to read, a day's list that says the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bookings.timeline.lanes import Lane, Own
from core.clock import ZONE
from core.periods import Period, within

CALENDAR_HEAD, CALENDAR_HOUR = 37, 48  # pixels
WIDTH = 100  # of a strip: what is drawn is placed in per cent


@dataclass(frozen=True, slots=True)
class Block:
    """A mark on a strip: `x` and `width` out of WIDTH; `mark` names its style in timeline.css. `own` is the
    reservation that it stands for, where the person asking may see it."""

    mark: str
    x: float
    width: float
    own: Own | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    blocks: list[Block]
    now: float | None  # where the red line stands


@dataclass(frozen=True, slots=True)
class StateNow:
    """free, occupied, mine, out or closed; `until` is None when it is longer than the lane looks ahead."""

    kind: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line in a day's list: free (can still be booked), occupied, out (an outage), or own with its reservation."""

    kind: str
    start: datetime
    end: datetime
    own: Own | None = None


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    today: bool
    strip: Strip
    entries: list[Entry]


def day_bounds(on: date) -> tuple[datetime, datetime]:
    """The local day `[00:00, 00:00 of the next)` in UTC: 23 or 25 hours long when the clock changes."""
    return at(on, 0), at(on + timedelta(days=1), 0)


def at(on: date, hour: int) -> datetime:
    """The moment, in UTC, of a whole hour of the local day that comes once, as midnight does."""
    return datetime.combine(on, time(hour), ZONE).astimezone(UTC)


def mark_of(own: Own) -> str:
    return f"{own.whose} {own.state}"


def strip(lane: Lane, *, start: datetime, end: datetime, now: datetime) -> Strip:
    """Marks in `[start, end)`, those drawn later on top."""
    marked: list[tuple[str, Period | Own]] = [("open", period) for period in lane.open]
    marked += [("out", period) for period in lane.out]
    marked += [("others", period) for period in lane.occupied]
    marked += [(f"around {own.whose}", own.occupied) for own in lane.own]
    marked += [(mark_of(own), own) for own in lane.own]
    length = end - start
    blocks = [
        Block(
            mark,
            round((part.start - start) / length * WIDTH, 3),
            round((part.end - part.start) / length * WIDTH, 3),
            period if isinstance(period, Own) else None,
        )
        for mark, period in marked
        if (part := within(period, start, end))
    ]
    return Strip(blocks, round((now - start) / length * WIDTH, 3) if start <= now < end else None)


def state_now(lane: Lane, now: datetime, *, overdue: bool = False) -> StateNow:
    """`overdue`: somebody is still at it past the own time, so that it is nobody's yet."""
    for own in lane.own:
        if own.occupied.start <= now < own.occupied.end:
            return StateNow("mine" if own.whose == "mine" else "occupied", own.occupied.end)
    for kind, periods in (("out", lane.out), ("occupied", lane.occupied), ("free", lane.free)):
        for period in periods:
            if period.start <= now < period.end:
                if kind == "free" and overdue:
                    return StateNow("overdue", None)
                known = kind == "out" or period.end < lane.looks_until  # outages are not cut to what is looked at
                return StateNow(kind, period.end if known else None)
    return StateNow("closed", next((period.start for period in lane.free if period.start > now), None))


def days(lane: Lane, dates: Iterable[date], *, now: datetime) -> list[Day]:
    return [_day(lane, on, now) for on in dates]


def _day(lane: Lane, on: date, now: datetime) -> Day:
    start, end = day_bounds(on)
    entries = [
        Entry(kind, part.start, part.end)
        for kind, periods in (("occupied", lane.occupied), ("out", lane.out))
        for period in periods
        if (part := within(period, start, end))
    ]
    entries += [Entry("own", part.start, part.end, own) for own in lane.own if (part := within(own, start, end))]
    entries += [
        Entry("free", part.start, part.end) for period in lane.free if (part := within(period, max(start, now), end))
    ]
    return Day(
        date=on,
        today=start <= now < end,
        strip=strip(lane, start=start, end=end, now=now),
        entries=sorted(entries, key=lambda entry: entry.start),
    )


def calendar_hours(lane: Lane) -> tuple[str, str]:
    """The hours of the clock that the week calendar needs, `("07:00", "18:00")`: from an hour's beginning to one.

    Opening hours across midnight need the whole day. A run across the night does not: nobody is there to see it, the
    calendar shows its block up to closing time and on from opening, and the list below says the rest.
    """
    taken: list[Period | Own] = [*lane.occupied, *lane.own]
    if any(_crosses_midnight(period) for period in lane.open):
        return "00:00", "24:00"
    periods = [*lane.open, *(period for period in taken if not _crosses_midnight(period))]
    if not periods:
        return "07:00", "18:00"
    first, last = 24, 0
    for period in periods:
        start, end = period.start.astimezone(ZONE), period.end.astimezone(ZONE)
        first = min(first, start.hour)
        last = max(last, 24 if end.date() > start.date() else end.hour + (end.minute > 0))
    return f"{first:02}:00", f"{last:02}:00"


def calendar_height(hours: tuple[str, str]) -> int:
    """How high, in pixels, static/js/machine.js draws these `hours`: its place is kept while the script is read."""
    first, last = (int(hour[:2]) for hour in hours)
    return CALENDAR_HEAD + (last - first) * CALENDAR_HOUR


def _crosses_midnight(period: Period | Own) -> bool:
    last_moment = (period.end - timedelta(microseconds=1)).astimezone(ZONE)
    return period.start.astimezone(ZONE).date() != last_moment.date()
