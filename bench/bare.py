"""The least SQL that does the work: psycopg on the same connection settings, no framework, no rules."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import psycopg
from django.db import connection, models
from psycopg.types.range import TimestamptzRange

from bookings.models import HOLDING_STATES, Booking, Purpose, Reservation
from bookings.scheduling.placement import RequestedSlot
from demo.scale import BOOKING_FIELDS, RESERVATION_FIELDS, columns_left
from equipment.models import Equipment
from organisations.models import Organisation, User

HOLDING = [str(state) for state in HOLDING_STATES]

FREE_TIME = """
SELECT machine.id,
       (SELECT range_agg(span.period)::text FROM equipment_calendarspan span
         WHERE span.calendar_id = machine.opening_hours_id AND span.period && asked.period),
       (SELECT range_agg(span.period)::text FROM equipment_calendarspan span
          JOIN equipment_equipment_closures closed USING (calendar_id)
         WHERE closed.equipment_id = machine.id AND span.period && asked.period),
       (SELECT range_agg(taken.occupied)::text FROM bookings_reservation taken
         WHERE taken.equipment_id = machine.id AND taken.occupied && asked.period AND taken.state = ANY (%s))
  FROM unnest(%s::bigint[], %s::tstzrange[]) AS asked(machine_id, period)
  JOIN equipment_equipment machine ON machine.id = asked.machine_id
"""
"""Opening hours, closures and what is taken of each machine, each in a window of its own. As text, which psycopg
need not turn into ranges."""

RESERVATIONS = """
SELECT taken.id, taken.equipment_id, taken.period, taken.occupied, taken.state, booking.reference
  FROM bookings_reservation taken JOIN bookings_booking booking ON booking.id = taken.booking_id
 WHERE taken.equipment_id = ANY (%s) AND taken.occupied && %s AND taken.state = ANY (%s)
"""

INSERT_BOOKING = """
INSERT INTO bookings_booking (organisation_id, booker_id, purpose_id, created_at{columns})
VALUES (%s, %s, %s, %s{defaults}) RETURNING id
"""
INSERT_RESERVATIONS = """
INSERT INTO bookings_reservation (booking_id, equipment_id, period, occupied, state, economic,
                                  organisation_class{columns})
SELECT %s, machine, period, period, 'confirmed', 'economic', 'micro'{defaults}
  FROM unnest(%s::bigint[], %s::tstzrange[]) AS wished(machine, period)
"""


def _insert(statement: str, model: type[models.Model], named: Collection[str]) -> str:
    columns, defaults = columns_left(model, named)
    return statement.format(columns=columns, defaults=defaults)


class Bare:
    """A connection of its own to the database that Django uses at this moment."""

    def __init__(self) -> None:
        configured = connection.get_connection_params()
        wanted = {
            name: configured[name]
            for name in ("dbname", "host", "port", "user", "password", "options")
            if name in configured
        }
        self._connection = psycopg.connect(**wanted, autocommit=True)
        self._insert_booking = _insert(INSERT_BOOKING, Booking, BOOKING_FIELDS)
        self._insert_reservations = _insert(INSERT_RESERVATIONS, Reservation, RESERVATION_FIELDS - {"cancelled_at"})

    def close(self) -> None:
        self._connection.close()

    def insert(
        self,
        user: User,
        organisation: Organisation,
        purpose: Purpose,
        requested_slots: Sequence[RequestedSlot],
        now: datetime,
    ) -> None:
        """Lock organisation and machines, then write one booking with its reservations, in one transaction."""
        machines = [requested_slot.equipment.pk for requested_slot in requested_slots]
        periods = [TimestamptzRange(requested_slot.start, requested_slot.end) for requested_slot in requested_slots]
        with self._connection.transaction(), self._connection.cursor() as cursor:
            lock = "SELECT id FROM {} WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE"
            cursor.execute(lock.format("organisations_organisation"), [[organisation.pk]])
            cursor.execute(lock.format("equipment_equipment"), [machines])
            cursor.execute(self._insert_booking, [organisation.pk, user.pk, purpose.pk, now])
            [booking_id] = cursor.fetchone()
            cursor.execute(self._insert_reservations, [booking_id, machines, periods])

    def week(self, machines: Sequence[Equipment], start: datetime) -> None:
        """What a week's picture is drawn from: open time, and the reservations in it."""
        end = start + timedelta(days=7)
        self.free_time([(machine, start, end) for machine in machines])
        with self._connection.cursor() as cursor:
            ids = [machine.pk for machine in machines]
            cursor.execute(RESERVATIONS, [ids, TimestamptzRange(start, end), HOLDING]).fetchall()

    def free_time(self, asked: Sequence[tuple[Equipment, datetime, datetime]]) -> None:
        ids = [machine.pk for machine, _start, _end in asked]
        windows = [TimestamptzRange(start, end) for _machine, start, end in asked]
        with self._connection.cursor() as cursor:
            cursor.execute(FREE_TIME, [HOLDING, ids, windows]).fetchall()
