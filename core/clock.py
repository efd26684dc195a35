"""The wall clock of the Atrium: its zone, and the way between a wall-clock time and a moment."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

ZONE = ZoneInfo("Europe/Amsterdam")


def instant(wall: datetime) -> datetime:
    """The moment, in UTC, of a naive wall-clock time in the site's zone.

    Where the clock shows a time twice, or skips it, it is read as winter time, as django-scheduler does for
    the starts it keeps; so what ends and what starts at that time still touch.
    """
    return max(wall.replace(tzinfo=ZONE, fold=fold).astimezone(UTC) for fold in (0, 1))


def wall(moment: datetime) -> datetime:
    """The naive wall-clock time in the site's zone at a moment."""
    return moment.astimezone(ZONE).replace(tzinfo=None)


def midnight(day: date) -> datetime:
    """The moment, in UTC, a local day begins."""
    return instant(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a wall-clock time


def today() -> date:
    """The local date."""
    return timezone.now().astimezone(ZONE).date()
