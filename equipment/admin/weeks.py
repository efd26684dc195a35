"""The coming weeks drawn: a column a day, its hours from top to bottom, so that one sees what recurrences come to."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.clock import midnight, wall
from core.periods import Period
from equipment.admin.wording import span_in_words

WEEKS = 4
DAY = timedelta(days=1)
# Of the drawing: a day, the gap between weeks, the hours, and the room above and below them.
COLUMN, BETWEEN, HEIGHT, TOP, LEFT = 22, 18, 120, 34, 24


def window_of(now: datetime) -> tuple[date, datetime, datetime]:
    """The Monday of this week, and the weeks that are drawn as `[start, end)`."""
    today = wall(now).date()
    monday = today - timedelta(days=today.weekday())
    return monday, midnight(monday), midnight(monday + WEEKS * 7 * DAY)


def drawn_weeks(monday: date, *, open: Sequence[Period], out: Sequence[Period] = ()) -> SafeString:
    """An SVG in the colour of the text. What is open is dark, an outage is striped with its colour; each says its hours
    where one points at it."""
    width = LEFT + WEEKS * (7 * COLUMN + BETWEEN)
    parts = [
        *(_hour(hour, width) for hour in (0, 6, 12, 18, 24)),
        *(_week(monday + week * 7 * DAY, LEFT + week * (7 * COLUMN + BETWEEN), open, out) for week in range(WEEKS)),
    ]
    return format_html(
        '<svg role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" style="max-width:100%;height:auto" '
        'font-size="10" fill="currentColor" font-family="inherit">{}</svg>',
        _("The coming weeks, a column a day; what is open is dark."),
        width,
        TOP + HEIGHT + 18,
        width,
        _joined(parts),
    )


def _week(monday: date, x: int, open: Sequence[Period], out: Sequence[Period]) -> SafeString:
    title = _("week %(number)d") % {"number": monday.isocalendar().week}
    head = format_html('<text x="{}" y="12" font-weight="600">{}</text>', x, title)
    days = (_day(monday + number * DAY, x + number * COLUMN, open, out) for number in range(7))
    return _joined([head, *days])


def _day(day: date, x: int, open: Sequence[Period], out: Sequence[Period]) -> SafeString:
    middle = x + (COLUMN - 2) / 2
    return _joined(
        [
            format_html(
                '<text x="{}" y="{}" text-anchor="middle" opacity=".75">{}</text>',
                middle,
                TOP - 6,
                date_format(day, "D")[:2],
            ),
            format_html('<rect x="{}" y="{}" width="{}" height="{}" opacity=".1"/>', x, TOP, COLUMN - 2, HEIGHT),
            *(_block(day, x, period, "") for period in open),
            *(_block(day, x, period, "#b4232c") for period in out),
            format_html('<text x="{}" y="{}" text-anchor="middle">{}</text>', middle, TOP + HEIGHT + 13, day.day),
        ]
    )


def _block(day: date, x: int, period: Period, colour: str) -> SafeString:
    """The part of the period on this local day; nothing where it has none. By the clock on the wall, so that nine
    o'clock is at the same height on the day the clocks change."""
    start, end = max(period.start, midnight(day)), min(period.end, midnight(day + DAY))
    if start >= end:
        return SafeString("")
    first = _height_of(wall(start))
    last = HEIGHT if end == midnight(day + DAY) else _height_of(wall(end))
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}"{}><title>{}</title></rect>',
        x,
        f"{TOP + first:.1f}",
        COLUMN - 2,
        f"{max(last - first, 1):.1f}",
        format_html(' fill="{}"', colour) if colour else format_html(' opacity="{}"', ".7"),
        span_in_words(period.start, period.end),
    )


def _height_of(local: datetime) -> float:
    return (local.hour + local.minute / 60) / 24 * HEIGHT


def _hour(hour: int, width: int) -> SafeString:
    y = TOP + hour / 24 * HEIGHT
    return format_html(
        '<text x="0" y="{}" opacity=".75">{}</text><path d="M{} {}H{}" stroke="currentColor" opacity=".2"/>',
        y + 3,
        f"{hour:02}",
        LEFT - 6,
        y,
        width,
    )


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))
