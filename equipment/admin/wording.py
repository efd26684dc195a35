"""Events and spans as plain text, in the reader's language, on the wall clock."""

from datetime import datetime, timedelta

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from equipment.availability import Calendar, Event, midnight, wall
from equipment.availability.hours import MIDNIGHT
from equipment.availability.patterns import ONCE, OTHER, Pattern, pattern_of
from equipment.models import CalendarSpan

DAY = timedelta(days=1)

# django-scheduler's own names for its models, which it does not have in Dutch; and unfold's words.
NAMES_OF_LIBRARIES = (
    gettext_noop("event"),
    gettext_noop("events"),
    gettext_noop("occurrence"),
    gettext_noop("occurrences"),
    gettext_noop("Type to search"),
)


def event_in_words(event: Event) -> str:
    """As in "Mon, Tue 08:00–17:30, from 1 January 2027"."""
    pattern = pattern_of(event)
    if pattern.repeats == ONCE:
        return _dates(pattern) + " " + _hours(pattern)
    days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in pattern.weekdays)
    repeats = event.rule.name if pattern.repeats == OTHER else days
    return f"{repeats} {_hours(pattern)}, " + _dates(pattern)


def _hours(pattern: Pattern) -> str:
    if pattern.opens == pattern.closes == MIDNIGHT:
        return _("all day")
    closes = "24:00" if pattern.closes == MIDNIGHT else time_format(pattern.closes, "H:i")
    return f"{time_format(pattern.opens, 'H:i')}–{closes}"


def _dates(pattern: Pattern) -> str:
    first = date_format(pattern.first, "j F Y")
    last = date_format(pattern.last, "j F Y") if pattern.last else ""
    if last:
        return _("%(first)s until and including %(last)s") % {"first": first, "last": last}
    return first if pattern.repeats == ONCE else _("from %(first)s") % {"first": first}


def coming_weeks(calendar: Calendar, *, now: datetime, weeks: int = 4) -> list[str]:
    """A line for each stretch of the coming weeks, today first: "Mon 1 March 2027 08:00–17:30"."""
    begins = midnight(wall(now).date())
    ends = midnight(wall(now).date() + weeks * 7 * DAY)
    spans = CalendarSpan.objects.filter(calendar=calendar, period__overlap=(begins, ends)).order_by("period")
    return [span_in_words(span.period.lower, span.period.upper) for span in spans]


def span_in_words(start: datetime, end: datetime) -> str:
    first, last = wall(start), wall(end)
    said = date_format(first, "D j F Y H:i")
    if last == datetime.combine(first.date() + DAY, MIDNIGHT):
        return f"{said}–24:00"
    return (
        f"{said}–{date_format(last, 'H:i')}"
        if first.date() == last.date()
        else f"{said} – {date_format(last, 'D j F Y H:i')}"
    )
