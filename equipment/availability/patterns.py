"""What an event says, as a facility manager would fill it in; and back again.

Recurrence is "once" or "every week on these days". An event made elsewhere with another recurrence can be read
and dated, its recurrence kept as it is.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from schedule.models import Event

from core.clock import instant, midnight, wall
from equipment.availability.hours import MIDNIGHT, first_day_on, hours_on, rule_for

DAY = timedelta(days=1)
ONCE, WEEKLY, OTHER = "once", "weekly", "other"


@dataclass(frozen=True)
class Pattern:
    """`last` is included; None is no end for what repeats, and for what is once the day it begins, or the next
    morning where it closes at or before it opens. Closing at 00:00 is at 24:00."""

    repeats: str
    first: date
    opens: time
    closes: time
    last: date | None = None
    weekdays: tuple[int, ...] = ()


def pattern_of(event: Event) -> Pattern:
    start, end = wall(event.start), wall(event.end)
    if event.rule is None:
        return Pattern(ONCE, start.date(), start.time(), end.time(), last=_last_day_of_one(start, end))
    weekdays = weekdays_of(event)
    repeats = WEEKLY if weekdays and end - start <= DAY else OTHER
    return Pattern(
        repeats, start.date(), start.time(), end.time(), last=_last_day_of_many(event, start), weekdays=weekdays
    )


def _last_day_of_one(start: datetime, end: datetime) -> date | None:
    last = end.date() - DAY if end.time() == MIDNIGHT else end.date()
    overnight = end - start <= DAY and end.time() <= start.time()
    return None if last == start.date() or overnight else last


def _last_day_of_many(event: Event, start: datetime) -> date | None:
    """The last day on which it may start; the end of a recurrence itself is not included."""
    if event.end_recurring_period is None:
        return None
    ends = wall(event.end_recurring_period)
    return ends.date() if start.time() < ends.time() else ends.date() - DAY


def weekdays_of(event: Event) -> tuple[int, ...]:
    """The days of a recurrence "every week on these days" (0 is Monday); empty for any other."""
    params = event.rule.get_params()
    if event.rule.frequency not in ("DAILY", "WEEKLY") or params.keys() - {"byweekday"}:
        return ()
    if not params:
        return tuple(range(7)) if event.rule.frequency == "DAILY" else (wall(event.start).weekday(),)
    named = params["byweekday"]
    return tuple(sorted({getattr(day, "weekday", day) for day in (named if isinstance(named, list) else [named])}))


def lay_pattern(event: Event, pattern: Pattern) -> None:
    """Give an event its start, end and recurrence; not saved. Of `OTHER`, only the last day is taken.

    Raises ValidationError, keyed by field of the pattern, where the dates and times leave nothing.
    """
    if pattern.last is not None and pattern.last < pattern.first:
        raise ValidationError({"last": _("The last day comes before the first.")})
    if pattern.repeats == ONCE:
        event.start, event.end = _one(pattern)
        event.rule = event.end_recurring_period = None
        return
    if pattern.repeats == WEEKLY:
        if not pattern.weekdays:
            raise ValidationError({"weekdays": _("Choose at least one day of the week.")})
        day = first_day_on(pattern.weekdays, since=pattern.first)
        if pattern.last is not None and day > pattern.last:
            raise ValidationError({"weekdays": _("None of these days lies between the first and the last day.")})
        event.start, event.end = hours_on(day, pattern.opens, pattern.closes)
        event.rule = rule_for(pattern.weekdays)
    event.end_recurring_period = None if pattern.last is None else midnight(pattern.last + DAY)


def _one(pattern: Pattern) -> tuple[datetime, datetime]:
    start, end = hours_on(pattern.first, pattern.opens, pattern.closes)
    if pattern.last is not None:
        closes = datetime.combine(pattern.last, pattern.closes)
        end = instant(closes + DAY if pattern.closes == MIDNIGHT else closes)
    if end <= start:
        raise ValidationError({"closes": _("It must end after it starts.")})
    return start, end
