"""Days and moments in an address, as somebody typed or changed them."""

from datetime import UTC, date, datetime

from django.utils.dateparse import parse_date, parse_datetime

from core.clock import midnight
from core.reach import FIRST_DAY, LAST_DAY


def moment_in(text: str) -> datetime | None:
    """The moment, in UTC, of ISO 8601 text with an offset. None where it is something else, or where no calendar
    reaches."""
    try:
        moment = parse_datetime(text)
        moment = moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return moment if moment and FIRST_DAY <= moment.date() <= LAST_DAY else None


def day_in(text: str) -> date | None:
    """The day written as 2027-03-28; None as above."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and FIRST_DAY <= day <= LAST_DAY else None


def day_or_moment_in(text: str) -> datetime | None:
    """A day is its local midnight."""
    day = day_in(text)
    return midnight(day) if day else moment_in(text)
