"""Durations, days and moments in words, in the reader's language and on the clock of the Atrium."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.clock import ZONE


def duration_in_words(duration: timedelta) -> str:
    """`1 day and 6 hours`; the two largest units, down to minutes. Zero and less are `0 minutes`."""
    minutes = max(0, int(duration.total_seconds() // 60))
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else "",
        ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours} if hours else "",
        ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes} if minutes else "",
    ]
    said = [part for part in parts if part][:2] or [ngettext("%(n)d minute", "%(n)d minutes", 0) % {"n": 0}]
    return _(" and ").join(said)


def day_in_words(day: date) -> str:
    """As in `1 maart 2027`."""
    return date_format(day, "j F Y")


def hours_in_words(hours: Decimal) -> str:
    """A number of hours with at most two decimals, as in `7,5`."""
    return number_format(hours.quantize(Decimal("0.01")).normalize() + 0)


def moment_in_words(moment: datetime) -> str:
    """Day and time on the wall clock, as in `ma 1 maart 2027 09:00`."""
    return date_format(moment.astimezone(ZONE), "D j F Y H:i")


def period_in_words(start: datetime, end: datetime) -> str:
    """From and until; the date is said once where both are on one day."""
    first, last = start.astimezone(ZONE), end.astimezone(ZONE)
    if first.date() == last.date():
        return f"{moment_in_words(start)}–{date_format(last, 'H:i')}"
    return f"{moment_in_words(start)} – {moment_in_words(end)}"


def window_in_words(span: str, first: date) -> str:
    """The week, month or quarter that begins on `first`, as in `week 9, 2027`, `maart 2027` or `1e kwartaal 2027`."""
    if span == "week":
        year, week, _weekday = first.isocalendar()
        return _("week %(week)d, %(year)d") % {"week": week, "year": year}
    if span == "month":
        return date_format(first, "F Y")
    return _("quarter %(quarter)d of %(year)d") % {"quarter": first.month // 3 + 1, "year": first.year}
