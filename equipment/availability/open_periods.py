"""When machines can be had, out of the spans their calendars were expanded to, in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from core.periods import Period, periods_in

OPEN_TIME = """
    SELECT asked.ask, asked.equipment_id, asked.period,
           CASE WHEN equipment.opening_hours_id IS NULL THEN tstzmultirange(asked.period)
                ELSE coalesce((SELECT range_agg(span.period * asked.period)
                                 FROM equipment_calendarspan span
                                WHERE span.calendar_id = equipment.opening_hours_id
                                  AND span.period && asked.period), '{}')
           END
           - coalesce((SELECT range_agg(span.period)
                         FROM equipment_equipment_closures closed
                        CROSS JOIN LATERAL (SELECT period
                                              FROM equipment_calendarspan
                                             WHERE calendar_id = closed.calendar_id
                                               AND period && asked.period
                                            OFFSET 0) span
                        WHERE closed.equipment_id = equipment.id), '{}')
           - outage.out AS open,
           outage.out
      FROM asked
      JOIN equipment_equipment equipment ON equipment.id = asked.equipment_id
     CROSS JOIN LATERAL (SELECT coalesce(range_agg(span.period), '{}') AS out
                           FROM equipment_calendarspan span
                          WHERE span.calendar_id = equipment.outages_id
                            AND span.period && asked.period) outage
"""
"""The body of a common table expression that follows one named `asked(ask int, equipment_id bigint, period
tstzrange)`: `WITH asked AS (…), open_time AS (<OPEN_TIME>) SELECT …`.

Rows `(ask, equipment_id, period, open tstzmultirange, out tstzmultirange)`, one per ask whose equipment
exists: `open` is the opening hours (the whole period where a machine has none) without closures and outages,
`out` the outages alone, since a run that may cross closed time may not cross these. Both are empty rather than null.
`open` is cut to the period; outages are whole, so that their end can be told. Every
span is found through the index of `calendar_spans_stay_apart`;
`OFFSET 0` keeps the planner from looking at the closures of all calendars.
Adding up a shared calendar once for all its machines was tried: no gain worth it for sixty machines, and it
costs half as much again for one.
"""


@dataclass(frozen=True, slots=True)
class OpenTime:
    """What one machine offers in one window; both lists in order and cut to the window."""

    equipment_id: int
    window: Period
    open: list[Period]
    out: list[Period]


def open_time(asks: Iterable[tuple[int, datetime, datetime]]) -> list[OpenTime]:
    """Open time per ask `(equipment id, start, end)`, in the order asked; one statement.

    `end` is not included. Equipment that does not exist is left out. A window that ends before it starts is a
    DataError of the database.
    """
    asked: Sequence = list(asks)
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH asked AS ("
            "SELECT ask::int, equipment_id, tstzrange(starts, ends) AS period"
            "  FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])"
            "  WITH ORDINALITY AS a(equipment_id, starts, ends, ask)"
            f"), open_time AS ({OPEN_TIME}) SELECT ask, open::text, out::text FROM open_time ORDER BY ask",
            [list(column) for column in zip(*asked, strict=True)],
        )
        rows = cursor.fetchall()
    return [
        OpenTime(
            equipment_id=asked[ask - 1][0],
            window=Period(asked[ask - 1][1].astimezone(UTC), asked[ask - 1][2].astimezone(UTC)),
            open=periods_in(open_periods),
            out=_cut(periods_in(out), asked[ask - 1][1], asked[ask - 1][2]),
        )
        for ask, open_periods, out in rows
    ]


def _cut(periods: Iterable[Period], start: datetime, end: datetime) -> list[Period]:
    return [
        Period(max(period.start, start.astimezone(UTC)), min(period.end, end.astimezone(UTC))) for period in periods
    ]
