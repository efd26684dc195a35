"""Many reservations, for measuring: written in sets, past the services and without history.

The database's own constraints hold for them as for any other; opening hours and policies do not, since a million
reservations on sixty machines fill the nights as well. The coming weeks stay as calm as in a real Atrium, one
afternoon a day on each machine, whatever the number: what a page shows of them is then the same work at every
size, and the rest is the history and the far future that an index must keep out of the way.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import pgtrigger
from django.db import connection, models, transaction

from bookings.models import HOLDING_STATES, Booking, Purpose, Reservation
from core.clock import ZONE
from equipment.models import Equipment
from organisations.models import COMPANIES, SCHOOLS, Membership, OrganisationClass

MACHINES = 60
PAST, CALM, AHEAD = timedelta(days=365), timedelta(days=120), timedelta(days=730)
STEP = timedelta(minutes=15)
MOST = 1_500_000
HISTORY = ("bookings.Booking:insert_insert", "bookings.Reservation:insert_insert")

BOOKING_FIELDS = {"organisation_id", "booker_id", "purpose_id", "created_at"}
RESERVATION_FIELDS = {
    "booking_id",
    "equipment_id",
    "period",
    "occupied",
    "state",
    "economic",
    "organisation_class",
    "cancelled_at",
}

# One machine at a time. Away from the calm weeks time is cut into equal slots of whole steps; a reservation begins a
# step into its slot and leaves a step at its end, for set-up and clean-up.
FILL_ONE_MACHINE = """
WITH calm AS (
    SELECT (day + time '12:00' + floor(random() * 5) * interval '15 minutes') AT TIME ZONE %(zone)s AS starts,
           interval '1 hour' + floor(random() * 5) * interval '30 minutes' AS lasts
      FROM generate_series(%(today)s::date, %(calm_until)s::date - 1, interval '1 day') AS day
     WHERE extract(isodow FROM day) < 6
     LIMIT %(calm)s
), slots AS (
    SELECT floor(slot * %(pitch)s)::int AS step,
           (floor((slot + 1) * %(pitch)s) - floor(slot * %(pitch)s))::int AS steps
      FROM generate_series(0, %(others)s - 1) AS slot
), drawn AS (
    SELECT starts, lasts FROM calm
     UNION ALL
    SELECT CASE WHEN step < %(past_steps)s THEN %(first)s + (step + 1) * %(step)s
                ELSE %(after_calm)s + (step + 1 - %(past_steps)s) * %(step)s END,
           (1 + floor(random() * least(16, steps - 2))) * %(step)s
      FROM slots
), dealt AS (
    SELECT starts, lasts, random() AS luck, 1 + floor(random() * %(members)s)::int AS member FROM drawn
), placed AS (
    SELECT nextval(pg_get_serial_sequence('bookings_booking', 'id')) AS booking_id, dealt.*, who.*,
           tstzrange(starts, starts + lasts) AS period,
           tstzrange(starts - %(step)s, starts + lasts + %(step)s) AS occupied,
           starts - (1 + luck * 20) * interval '1 day' AS made,
           CASE WHEN luck < 0.08 THEN 'cancelled'
                WHEN starts + lasts > %(now)s THEN 'confirmed'
                WHEN luck < 0.12 THEN 'no_show'
                ELSE 'completed' END AS state
      FROM dealt
      JOIN unnest(%(organisations)s::bigint[], %(people)s::bigint[], %(classes)s::text[], %(purposes)s::bigint[],
                  %(economic)s::text[])
           WITH ORDINALITY AS who(organisation_id, person_id, class, purpose_id, economic, member) USING (member)
     WHERE NOT EXISTS (SELECT FROM bookings_reservation taken
                        WHERE taken.equipment_id = %(equipment)s
                          AND taken.occupied && tstzrange(starts - %(step)s, starts + lasts + %(step)s)
                          AND taken.state = ANY (%(holding)s))
), booked AS (
    INSERT INTO bookings_booking (id, organisation_id, booker_id, purpose_id, created_at{booking_columns})
    SELECT booking_id, organisation_id, person_id, purpose_id, least(made, %(now)s){booking_defaults} FROM placed
)
INSERT INTO bookings_reservation (booking_id, equipment_id, period, occupied, state, economic, organisation_class,
                                  cancelled_at{reservation_columns})
SELECT booking_id, %(equipment)s, period, occupied, state, economic, class,
       CASE WHEN state = 'cancelled' THEN least(made + interval '1 hour', %(now)s) END{reservation_defaults}
  FROM placed
"""


def add_reservations(count: int, *, now: datetime, progress: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Spread `count` reservations over sixty machines, from a year back to two years ahead; how many were added.

    Fewer than asked where a machine is taken already. Makes machines `SCALE-…` where there are not sixty. Each
    machine is a transaction of its own. Needs organisations with members; raises ValueError without, or where
    `count` is more than `MOST`.
    """
    if count > MOST:
        raise ValueError(f"at most {MOST} reservations fit on {MACHINES} machines")
    machines = _sixty_machines()
    values = {**_calendar_values(now), **_who_books(now)}
    _analyze()  # else what is taken already is looked for without its index
    added = 0
    for index, machine in enumerate(machines):
        share = count * (index + 1) // len(machines) - count * index // len(machines)
        added += _fill(machine, share, values)
        progress(index + 1, len(machines))
    _analyze()
    return added


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_booking")
        cursor.execute("ANALYZE bookings_reservation")


def _fill(machine: Equipment, share: int, values: dict) -> int:
    calm = min(share // 2, values["calm_days"])
    others = share - calm
    steps = (PAST + AHEAD - CALM) // STEP
    chances = {"calm": calm, "others": others, "pitch": steps / max(others, 1), "equipment": machine.pk}
    with transaction.atomic(), pgtrigger.ignore(*HISTORY), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(%s)", [machine.pk % 1000 / 1000])  # the same draw on every run
        # Composed first: leaving history out adds a statement with positional parameters before this one.
        cursor.execute(connection.ops.compose_sql(_statement(), {**values, **chances}))
        return cursor.rowcount


def _statement() -> str:
    booking_columns, booking_defaults = columns_left(Booking, BOOKING_FIELDS)
    reservation_columns, reservation_defaults = columns_left(Reservation, RESERVATION_FIELDS)
    return FILL_ONE_MACHINE.format(
        booking_columns=booking_columns,
        booking_defaults=booking_defaults,
        reservation_columns=reservation_columns,
        reservation_defaults=reservation_defaults,
    )


def columns_left(model: type[models.Model], named: Collection[str]) -> tuple[str, str]:
    """What an INSERT that names only `named` must add: ", columns" and ", values", at the model's defaults."""
    others = [
        field
        for field in model._meta.concrete_fields
        if field.attname not in named and not field.null and not field.has_db_default() and not field.primary_key
    ]
    defaults = [connection.ops.compose_sql("%s", [field.get_default()]) for field in others]
    return "".join(f", {field.column}" for field in others), "".join(f", {default}" for default in defaults)


def _sixty_machines() -> list[Equipment]:
    """The first sixty in service; of what is missing, copies of those that book themselves most easily."""
    machines = list(Equipment.objects.in_service().order_by("pk")[:MACHINES])
    if not machines:
        raise ValueError("there is no equipment to copy; import a catalogue first")
    plain = [machine for machine in machines if not machine.policy.unattended] or machines
    for number in range(1, MACHINES - len(machines) + 1):
        model = plain[number % len(plain)]
        copy, _made = Equipment.objects.get_or_create(
            code=f"SCALE-{number:02}",
            defaults={
                "name": f"{model.name} ({number})",
                "type": model.type,
                "fieldlab": model.fieldlab,
                "opening_hours": model.opening_hours,
            },
        )
        copy.closures.set(model.closures.all())
        machines.append(copy)
    return machines


def _calendar_values(now: datetime) -> dict:
    today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    calm_until = (today + CALM).date()
    days = [(today + timedelta(days=n)).weekday() < 5 for n in range(CALM.days)]
    midnight = today.astimezone(UTC)
    return {
        "now": now,
        "zone": ZONE.key,
        "today": today.date(),
        "calm_until": calm_until,
        "calm_days": sum(days),
        "first": midnight - PAST,
        "past_steps": PAST // STEP,
        "after_calm": midnight + CALM + timedelta(days=1),
        "step": STEP,
        "holding": [str(state) for state in HOLDING_STATES],
    }


def _who_books(now: datetime) -> dict:
    """Everybody who belongs to an organisation, with the purpose its class mostly has."""
    memberships = list(Membership.objects.select_related("organisation").order_by("pk"))
    if not memberships:
        raise ValueError("nobody belongs to an organisation yet; make people first")
    usual = {OrganisationClass.RESEARCH: "joint-research", OrganisationClass.INTERNAL: "internal"}
    usual |= dict.fromkeys(SCHOOLS, "education") | dict.fromkeys(COMPANIES, "trial-production")
    purposes = {purpose.code: purpose for purpose in Purpose.objects.prefetch_related("rulings")}
    chosen = [purposes[usual.get(m.organisation.organisation_class, "unknown")] for m in memberships]
    today = now.astimezone(ZONE).date()
    return {
        "members": len(memberships),
        "organisations": [membership.organisation_id for membership in memberships],
        "people": [membership.user_id for membership in memberships],
        "classes": [membership.organisation.organisation_class for membership in memberships],
        "purposes": [purpose.pk for purpose in chosen],
        "economic": [str(purpose.counts_as(on=today)) for purpose in chosen],
    }
