"""Lanes made ready for the templates: a strip to look at, a state to read, a day's list that says the same.

Whatever is set against time is drawn as lanes: a lane is a label, a period, and the blocks in it. The machines of the
floor are lanes of one window, the week of a machine is seven lanes of a day each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bookings.timeline.lanes import Lane, Own
from bookings.timeline.scale import Scale, day_bounds, hours_between, scale_of_day
from core.clock import ZONE
from core.periods import Period, within, without

USUAL_HOURS = (7, 18)  # shown of a week without anything in it


@dataclass(frozen=True, slots=True)
class Block:
    """A mark on a strip, at `x` and `width` in per cent of it; `mark` names its style in timeline.css.

    `of` is the whole of what is seen there, in part: `cut_start` and `cut_end` say which ends lie outside the strip. It
    is an Own where the person asking may see whose it is, and `continues` where it began on a strip before this one.
    """

    mark: str
    x: float
    width: float
    of: Period | Own
    cut_start: bool = False
    cut_end: bool = False
    continues: bool = False

    @property
    def own(self) -> Own | None:
        return self.of if isinstance(self.of, Own) else None


@dataclass(frozen=True, slots=True)
class Strip:
    """The period of `scale`: the ground is what lies beneath the blocks, which come in the order they are drawn in."""

    scale: Scale
    ground: list[Block]
    blocks: list[Block]
    now: float | None  # where the red line stands
    hours: list[float]  # where the lines of the hours stand, where they are not those of any other day


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
    """`hours` is how long it lasts where the clock changes, None on any other day."""

    date: date
    today: bool
    over: bool
    hours: int | None
    strip: Strip
    entries: list[Entry]


def mark_of(own: Own) -> str:
    return f"{own.whose} {own.state}"


def strip(
    lane: Lane,
    *,
    scale: Scale,
    now: datetime,
    asked: Period | None = None,
    hours: tuple[int, int] | None = None,
    follows: bool = False,
) -> Strip:
    """What there is of `lane` in the period of `scale`.

    `asked` is a period that is being asked for in a form. `hours` are those of the clock among which lines are drawn,
    where they stand elsewhere than on other days. `follows`: another strip ends where this one begins. The line of now
    stands on a whole minute, so that what is drawn stays the same, and its ETag with it, until the next.
    """
    now = _to_the_minute(now)
    past = [Period(scale.start, now)] if now > scale.start else []
    ground = [("gone", period) for period in _both(lane.open, past)]
    ground += [("open", period) for period in without(lane.open, past)]
    marked: list[tuple[str, Period | Own]] = [("out", period) for period in lane.out]
    marked += [("others", period) for period in lane.occupied]
    marked += [(f"around {own.whose}", own.occupied) for own in lane.own]
    marked += [(mark_of(own), own) for own in lane.own]
    if asked:
        marked.append(("asked", asked))
    return Strip(
        scale,
        _blocks(ground, scale, follows),
        _blocks(marked, scale, follows),
        scale.place(now) if scale.start <= now < scale.end else None,
        _hour_lines(scale, hours) if hours else [],
    )


def _to_the_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _both(periods: Sequence[Period], others: Sequence[Period]) -> list[Period]:
    return [part for period in periods for other in others if (part := within(period, other.start, other.end))]


def _blocks(marked: Iterable[tuple[str, Period | Own]], scale: Scale, follows: bool) -> list[Block]:
    start, end, blocks = scale.start, scale.end, []
    for mark, of in marked:
        if part := within(of, start, end):
            x = scale.place(part.start)
            width = round(scale.place(part.end) - x, 3)
            cut = of.start < start
            blocks.append(Block(mark, x, width, of, cut, of.end > end, cut and follows))
    return blocks


def _hour_lines(scale: Scale, hours: tuple[int, int]) -> list[float]:
    first, last = hours
    return [
        scale.place(moment)
        for moment in hours_between(scale.start, scale.end)
        if first <= moment.astimezone(ZONE).hour <= last
    ]


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


def days(
    lane: Lane, dates: Sequence[date], *, hours: tuple[int, int], now: datetime, asked: Period | None = None
) -> list[Day]:
    """A strip for each of `dates`, which follow one another, with the same hours of the clock below one another. In
    `hours` people are about. It is `now` to the minute, as on the strips."""
    now = _to_the_minute(now)
    return [_day(lane, on, hours, now, asked, follows=number > 0) for number, on in enumerate(dates)]


def _day(lane: Lane, on: date, hours: tuple[int, int], now: datetime, asked: Period | None, *, follows: bool) -> Day:
    start, end = day_bounds(on)
    lasts = round((end - start) / timedelta(hours=1))
    of_its_own = hours if lasts != 24 else None
    return Day(
        date=on,
        today=start <= now < end,
        over=end <= now,
        hours=lasts if of_its_own else None,
        strip=strip(lane, scale=scale_of_day(on, hours), now=now, asked=asked, hours=of_its_own, follows=follows),
        entries=_entries(lane, start, end, now),
    )


def _entries(lane: Lane, start: datetime, end: datetime, now: datetime) -> list[Entry]:
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
    return sorted(entries, key=lambda entry: entry.start)


def hours_shown(lane: Lane) -> tuple[int, int]:
    """The hours of the clock in which people are about, `(7, 18)`: from an hour's beginning to one, 24 at most.

    Opening hours across midnight need the whole day. A run across the night does not: nobody is there to see it.
    """
    if any(_crosses_midnight(period) for period in lane.open):
        return 0, 24
    taken: list[Period | Own] = [*lane.occupied, *lane.own]
    periods = [*lane.open, *(period for period in taken if not _runs_at_night(period))]
    if not periods:
        return USUAL_HOURS
    first, last = 24, 0
    for period in periods:
        start, end = period.start.astimezone(ZONE), period.end.astimezone(ZONE)
        first = min(first, start.hour)
        last = max(last, 24 if end.date() > start.date() else end.hour + (end.minute > 0))
    return first, last


def _runs_at_night(period: Period | Own) -> bool:
    """Also where it is cut off at the midnight that the week begins or ends with."""
    bounds = period.start.astimezone(ZONE), period.end.astimezone(ZONE)
    return _crosses_midnight(period) or any(bound.time() == time.min for bound in bounds)


def _crosses_midnight(period: Period | Own) -> bool:
    last_moment = (period.end - timedelta(microseconds=1)).astimezone(ZONE)
    return period.start.astimezone(ZONE).date() != last_moment.date()
