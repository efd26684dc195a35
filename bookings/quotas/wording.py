"""Quotas in words."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def window_in_words(span: str, first: date) -> str:
    """The week, month or quarter that begins on `first`, as in `week 9, 2027`, `maart 2027` or `1e kwartaal 2027`."""
    if span == "week":
        year, week, _weekday = first.isocalendar()
        return _("week %(week)d, %(year)d") % {"week": week, "year": year}
    if span == "month":
        return date_format(first, "F Y")
    return _("quarter %(quarter)d of %(year)d") % {"quarter": first.month // 3 + 1, "year": first.year}
