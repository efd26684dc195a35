"""Hours, shares and bars of the usage report."""

from datetime import timedelta

from django import template
from django.utils import formats

from usage.measures import Group, hours

register = template.Library()


@register.filter
def in_hours(time: timedelta | None) -> str:
    """1.234,5 in Dutch, 1,234.5 in English; a dash where there is nothing to say."""
    return "–" if time is None else formats.number_format(hours(time), decimal_pos=1, force_grouping=True)


@register.filter
def as_share(part: float | None) -> str:
    """12,3 %"""
    return "–" if part is None else f"{formats.number_format(100 * part, decimal_pos=1)} %"


@register.filter
def bar(part: float | None) -> int:
    """A part from 0 to 1 in thousandths of the bar's width; a bar is never longer than full."""
    return round(1000 * min(part or 0, 1))


@register.filter
def economic_bar(group: Group) -> int:
    """How far the economic part of a group's bar reaches, in thousandths."""
    return bar(group.economic / group.bookable) if group.bookable else 0


@register.filter
def summed(groups: list[Group], what: str) -> timedelta | None:
    """The sum of `booked`, `economic` or `bookable` over groups; None where that is not known of each."""
    times = [getattr(group, what) for group in groups]
    return None if None in times else sum(times, timedelta(0))
