"""How moments, periods and durations are written on the pages: Amsterdam's wall clock, 24 hours."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import formats
from django.utils.translation import gettext as _

from core.clock import ZONE
from core.formatting import duration_in_words

register = template.Library()


def local(moment: datetime) -> datetime:
    return moment.astimezone(ZONE)


@register.filter
def clock(moment: datetime) -> str:
    """14:30"""
    return f"{local(moment):%H:%M}"


@register.filter
def day(moment: datetime | date) -> str:
    """Mon 28 March; the year is added by `long_day`."""
    return formats.date_format(local(moment) if isinstance(moment, datetime) else moment, "D j F")


@register.filter
def long_day(moment: datetime | date) -> str:
    """Monday 28 March 2027"""
    return formats.date_format(local(moment) if isinstance(moment, datetime) else moment, "l j F Y")


@register.filter
def numeric_day(moment: datetime | date) -> str:
    """28-03-2027"""
    return f"{local(moment) if isinstance(moment, datetime) else moment:%d-%m-%Y}"


@register.filter
def week_number(moment: datetime | date) -> int:
    """The ISO week."""
    return (local(moment) if isinstance(moment, datetime) else moment).isocalendar().week


@register.filter
def week_of(moment: datetime) -> date:
    """The Monday of its ISO week, which stands for the week."""
    day = local(moment).date()
    return day - timedelta(days=day.weekday())


@register.filter
def span(period) -> str:
    """A period with `.start` and `.end`: 09:00–12:00 on one day, with both days where there are two."""
    said = span_from_day(period)
    return f"{day(period.start)} {said}" if " " in said else said


@register.filter
def span_from_day(period) -> str:
    """The same beside the day it starts on: 09:00–12:00, or 11:00 – Thu 3 December 15:00."""
    first, last = local(period.start), local(period.end)
    if last.date() == first.date():
        return f"{first:%H:%M}–{last:%H:%M}"
    if last == midnight_after(first):
        return f"{first:%H:%M}–24:00"
    return f"{first:%H:%M} – {day(last)} {last:%H:%M}"


def midnight_after(moment: datetime) -> datetime:
    return datetime.combine(moment.date() + timedelta(days=1), datetime.min.time(), ZONE)


@register.filter
def lasts(period) -> str:
    """The elapsed duration of a period, in words."""
    return duration_in_words(period.end - period.start)


@register.filter
def until(moment: datetime, now: datetime) -> str:
    """How a moment ahead is said: 16:15 today, Tue 08:00 within a week, Tue 8 December 08:00 after that."""
    there, here = local(moment), local(now)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if there == midnight_after(here):
        return "24:00"
    if there.date() - here.date() < timedelta(days=7):
        return f"{formats.date_format(there, 'D')} {there:%H:%M}"
    return _("%(day)s %(time)s") % {"day": day(there), "time": f"{there:%H:%M}"}
