"""A column type that Django does not bring."""

from django.db import models
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from core.periods import Period, periods_of


class DateTimeMultiRangeField(models.Field):
    """PostgreSQL's tstzmultirange; in Python a list of Periods, in order and apart. None is null."""

    description = "Several stretches of time"

    def db_type(self, connection) -> str:
        return "tstzmultirange"

    def get_prep_value(self, value):
        if value is None or isinstance(value, TimestamptzMultirange):
            return value
        return TimestamptzMultirange([TimestamptzRange(start, end) for start, end in value])

    def from_db_value(self, value, expression, connection) -> list[Period] | None:
        return None if value is None else periods_of(value)
