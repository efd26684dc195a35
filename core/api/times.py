"""Times as the API takes and gives them: ISO 8601 with an offset."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

# In an address a plus sign means a space, and people forget to write %2B.
PLUS_LOST_IN_AN_ADDRESS = re.compile(r"(?<=T)(.*\d) (?=\d\d:?\d\d$)")

# Later than this the Atrium's clock would show the year 10000, which datetime cannot; it is the same to every rule.
LAST_MOMENT = datetime(9999, 12, 31, 22, 59, 59, tzinfo=UTC)


def _read_time(value) -> datetime:
    """An aware UTC datetime from ISO 8601 text with an offset; anything else is told what to write."""
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None:
        raise _not_a_time(_("Write the time as ISO 8601 with an offset, such as 2027-03-01T09:00:00+01:00."))
    if moment.tzinfo is None:
        raise _not_a_time(_("Add the offset from UTC, such as 2027-03-01T09:00:00+01:00."), kind="naive_time")
    try:
        return min(moment.astimezone(UTC), LAST_MOMENT)
    except OverflowError:
        raise _not_a_time(_("The calendar does not reach that far.")) from None


def _read_time_in_an_address(value) -> datetime:
    if isinstance(value, str):
        value = PLUS_LOST_IN_AN_ADDRESS.sub(r"\1+", value)
    return _read_time(value)


def _not_a_time(message: str, *, kind: str = "not_a_time") -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})


def local(moment: datetime) -> str:
    """ISO 8601 with the offset of the Atrium at that moment.

    Until 1937 that offset had seconds, which ISO 8601 cannot write; such a moment comes out in UTC.
    """
    there = timezone.localtime(moment)
    return (moment.astimezone(UTC) if there.utcoffset() % timedelta(minutes=1) else there).isoformat()


_schema = WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-03-01T09:00:00+01:00"]})
TimeIn = Annotated[datetime, BeforeValidator(_read_time), _schema]
TimeInAddress = Annotated[datetime, BeforeValidator(_read_time_in_an_address), _schema]
TimeOut = Annotated[datetime, PlainSerializer(local, return_type=str), _schema]
