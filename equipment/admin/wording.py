"""Events and spans as plain text, in the reader's language, on the wall clock."""

from datetime import datetime, timedelta

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.clock import midnight, wall
from equipment.availability import Calendar, Event
from equipment.availability.hours import MIDNIGHT
from equipment.availability.patterns import ONCE, OTHER, Pattern, pattern_of
from equipment.models import CalendarSpan

DAY = timedelta(days=1)

# django-scheduler's own names for its models, which it does not have in Dutch; and unfold's words.
NAMES_OF_LIBRARIES = (
    gettext_noop("opening hours or closure"),
    gettext_noop("opening hours and closures"),
    gettext_noop("occurrence"),
    gettext_noop("occurrences"),
    gettext_noop("Type to search"),
    gettext_noop("Add row"),
    gettext_noop("All applications"),
    gettext_noop("Apply Filters"),
    gettext_noop("Choose file to upload"),
    gettext_noop("Click to cancel"),
    gettext_noop("Click to download"),
    gettext_noop("Date from"),
    gettext_noop("Date to"),
    gettext_noop("Expand row"),
    gettext_noop("False"),
    gettext_noop("Filters"),
    gettext_noop("General"),
    gettext_noop("Go back"),
    gettext_noop("Image preview"),
    gettext_noop("Loading more results..."),
    gettext_noop("More actions"),
    gettext_noop("No data"),
    gettext_noop("No recent searches"),
    gettext_noop("No results found"),
    gettext_noop("No results matching your query"),
    gettext_noop("Recent searches"),
    gettext_noop("Record picture"),
    gettext_noop("Reset filters"),
    gettext_noop("Return to site"),
    gettext_noop("Run"),
    gettext_noop("Search apps and models..."),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Select value"),
    gettext_noop("Submit"),
    gettext_noop("System"),
    gettext_noop("This item will be deleted."),
    gettext_noop("This page yielded into no results. Create a new item or reset your filters."),
    gettext_noop("Toggle password visibility"),
    gettext_noop("True"),
    gettext_noop("You have been successfully logged out from the administration"),
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
