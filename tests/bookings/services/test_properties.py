"""The whole rule book at once, on small Atriums drawn at random: what the search offers can be booked, what a refusal
suggests can be booked, and what was booked breaks no rule when a slow model looks at it again."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from itertools import product

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bookings.models import Quota, Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book, find_slots, move
from core.clock import ZONE, midnight
from core.refusals import Refused
from equipment.availability import add_outage, closed_days, new_calendar, weekly_hours
from equipment.models import Certificate, CertificateKind, Equipment, EquipmentType, Fieldlab, Operator, Process
from organisations.models import User
from tests.bookings.services.slow_model import SlowModel
from tests.conftest import NOW, wall

STEP = timedelta(minutes=15)
DAYS = 5  # that are searched and booked in
STEPS = DAYS * 96
UNITS_AND_NIGHTS = list(product((1, 2, 3), (True, False)))

pytestmark = pytest.mark.django_db
of_the_whole = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# ---- Drawing an Atrium ------------------------------------------------------------------------------------------

# An ordinary week, both clock changes of 2027, and the end of a month and of a quarter.
first_days = st.sampled_from([date(2027, 3, 1), date(2027, 3, 26), date(2027, 10, 29), date(2027, 9, 28)])
quarters_of_an_hour = st.sampled_from([0, 0, 1, 2, 4]).map(lambda n: n * STEP)
# The same moment may be told in any zone.
zones = st.sampled_from([UTC, ZONE, timezone(timedelta(hours=5, minutes=30))])
spells = st.tuples(st.integers(0, STEPS), st.integers(1, 40))
# How often the shortest time; the longest of them are for machines that run unattended.
lengths = st.sampled_from([1, 1, 2, 2, 3, 4, 8, 30])
# Mostly at work and on whole hours, where there is something to want; some at any time at all.
wanted = st.builds(
    lambda day, hour, past, length: (day * 96 + hour * 4 + past, length),
    st.integers(0, DAYS - 1),
    st.integers(8, 17),
    st.sampled_from([0, 0, 0, 0, 2, 1, -36]),
    st.sampled_from([4, 4, 8, 8, 8, 16, 24, 2, 160]),
)


@st.composite
def hours_of_people(draw):
    shut = draw(st.sets(st.integers(0, 6), max_size=2))
    return {
        "weekdays": sorted(set(range(7)) - shut),
        "opens": time(draw(st.integers(6, 11))),
        "closes": time(draw(st.integers(15, 22)), draw(st.sampled_from([0, 15, 30]))),
    }


@st.composite
def policies(draw, grids=(15, 15, 30, 60)):
    return {
        "grid_minutes": draw(st.sampled_from(grids)),
        "shortest": timedelta(hours=draw(st.sampled_from([1, 1, 1, 2]))),
        "longest": draw(st.sampled_from([None, timedelta(hours=8), timedelta(hours=40)])),
        "notice_period": draw(st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=8), timedelta(days=2)])),
        "horizon": draw(st.sampled_from([timedelta(days=180), timedelta(days=180), timedelta(days=3)])),
        "set_up": draw(quarters_of_an_hour),
        "clean_up": draw(quarters_of_an_hour),
        "last_start": draw(st.sampled_from([None, None, None, time(15)])),
        "unattended": draw(st.booleans()),
        "operator_needed": draw(st.booleans()),
        "open_reservation_limit": draw(st.sampled_from([None, None, None, 3, 6])),
    }


@st.composite
def own_policies(draw):
    """What a machine overrides: any few points; the limit is the type's."""
    drawn = draw(policies(grids=(15, 30)))
    kept = draw(st.sets(st.sampled_from(sorted(drawn.keys() - {"open_reservation_limit", "longest"})), max_size=3))
    return {name: drawn[name] for name in kept}


@st.composite
def atriums(draw):
    grants = st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([-9, -9, 0, 1]), st.integers(2, DAYS + 2)), min_size=1, max_size=3
    )
    return {
        "first": draw(first_days),
        "now": draw(st.sampled_from([-48, -96, -7, 30])),
        "zone": draw(zones),
        "hours": draw(hours_of_people()),
        "policy": draw(policies()),
        "machines": draw(
            st.lists(
                st.fixed_dictionaries({"own": own_policies(), "lab": st.integers(0, 1), "always": st.booleans()}),
                min_size=2,
                max_size=3,
            )
        ),
        "closed": draw(st.none() | st.integers(0, DAYS - 1)),
        "outages": draw(st.lists(st.tuples(st.integers(0, 1), spells), max_size=2)),
        "operators": draw(st.lists(st.none() | hours_of_people(), min_size=1, max_size=2)),
        # Per kind that is needed, who holds it from and until which day; mostly somebody does.
        "kinds": draw(st.sampled_from([[], [], [[]]]) | st.lists(grants, max_size=2)),
        "quotas": draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["week", "month", "quarter"]),
                    st.integers(2, 24),
                    st.sampled_from(["all", "lab", "type"]),
                    st.sampled_from([Decimal("0.5"), Decimal(1)]),
                ),
                max_size=2,
            )
        ),
        "taken": draw(st.lists(st.tuples(st.booleans(), st.integers(0, 1), wanted), min_size=3, max_size=8)),
        "cancelled": draw(st.sampled_from([None, False, True])),
        "supervised": draw(st.booleans()),
    }


@dataclass
class Atrium:
    """A drawn Atrium that stands in the database."""

    start: datetime
    now: datetime
    zone: object
    type: EquipmentType
    machines: list[Equipment]
    arguments: dict  # of every booking: who, for whom, what for
    supervisor: User | None

    def at(self, step: int) -> datetime:
        """In the zone of who asks."""
        return (self.start + step * STEP).astimezone(self.zone)

    def book(self, *requested_slots: RequestedSlot, **more):
        return book(requested_slots=requested_slots, now=self.now, supervisor=self.supervisor, **self.arguments, **more)

    def find(self, **more):
        return find_slots(
            person=self.arguments["booker"],
            organisation=self.arguments["organisation"],
            supervisor=self.supervisor,
            equipment=Equipment.objects.filter(type=self.type),
            now=self.now,
            **more,
        )

    def model(self) -> SlowModel:
        return SlowModel(self.start - timedelta(days=14), 60, self.now)


@pytest.fixture
def build(engineer, verhagen, org_manager, other_engineer, kempen, purpose):
    """Lays a drawn Atrium in the database, down to the bookings that fit."""

    def lay(drawn) -> Atrium:
        start = midnight(drawn["first"])
        now = start + drawn["now"] * timedelta(minutes=15)
        labs = [Fieldlab.objects.create(name=f"Lab {n}", slug=f"lab-{n}") for n in range(2)]
        equipment_type = EquipmentType.objects.create(
            name="Drawn", slug="drawn", process=Process.FDM, **drawn["policy"]
        )
        atrium = Atrium(
            start=start,
            now=now.astimezone(drawn["zone"]),
            zone=drawn["zone"],
            type=equipment_type,
            machines=_machines(drawn, equipment_type, labs, start, now),
            arguments={"booker": engineer, "organisation": verhagen, "purpose": purpose},
            supervisor=org_manager if drawn["supervised"] else None,
        )
        _people(drawn, equipment_type, [engineer, org_manager, other_engineer], now)
        for span, hours, scope, off_peak in drawn["quotas"]:
            Quota.objects.create(
                organisation=verhagen,
                span=span,
                hours=hours,
                fieldlab=labs[0] if scope == "lab" else None,
                equipment_type=equipment_type if scope == "type" else None,
                off_peak_weight=off_peak,
            )
        _reservations(drawn, atrium, other_engineer, kempen)
        return atrium

    return lay


def _calendar(name: str, hours: dict, first: date, now: datetime):
    calendar = new_calendar(name)
    since, until = first - timedelta(days=14), first + timedelta(days=21)
    weekly_hours(calendar, **hours, since=since, until=until, now=now)
    return calendar


def _machines(drawn, equipment_type, labs, start, now) -> list[Equipment]:
    hours = _calendar("Drawn hours", drawn["hours"], drawn["first"], now)
    machines = [
        Equipment.objects.create(
            code=f"M-{number}",
            name="Drawn",
            type=equipment_type,
            fieldlab=labs[machine["lab"]],
            opening_hours=None if machine["always"] and number else hours,
            **machine["own"],
        )
        for number, machine in enumerate(drawn["machines"])
    ]
    if drawn["closed"] is not None:
        closures = new_calendar("Drawn closures")
        for machine in machines:
            machine.closures.add(closures)
        closed_days(closures, first=drawn["first"] + timedelta(days=drawn["closed"]), title="Closed", now=now)
    for number, (first, length) in drawn["outages"]:
        add_outage(
            machines[number], start=start + first * STEP, end=start + (first + length) * STEP, title="Fault", now=now
        )
    return machines


def _people(drawn, equipment_type, people: list[User], now: datetime) -> None:
    for number, hours in enumerate(drawn["operators"]):
        operator = Operator.objects.create(
            user=User.objects.create(email=f"operator-{number}@example.org"),
            hours=hours and _calendar(f"Operator {number}", hours, drawn["first"], now),
        )
        operator.types.add(equipment_type)
    for number, grants in enumerate(drawn["kinds"]):
        kind = CertificateKind.objects.create(name=f"Kind {number}", slug=f"kind-{number}")
        kind.required_for.add(equipment_type)
        always = (2, -30, 60)  # whoever books for the other organisation may
        for person, since, until in [*grants, always]:
            Certificate.objects.create(
                user=people[person],
                kind=kind,
                granted_on=drawn["first"] + timedelta(days=since),
                valid_until=drawn["first"] + timedelta(days=until),
                granted_by=people[1],
            )


def _reservations(drawn, atrium: Atrium, other_engineer, kempen) -> None:
    for own, number, (first, length) in drawn["taken"]:
        requested_slot = RequestedSlot(atrium.at(first), atrium.at(first + length), atrium.machines[number])
        others = {**atrium.arguments, "booker": other_engineer, "organisation": kempen}
        with suppress(Refused):
            book(requested_slots=[requested_slot], now=atrium.now, **(atrium.arguments if own else others))
    if drawn["cancelled"] is not None:
        last = Reservation.objects.order_by("-pk")[:1].values("pk")
        Reservation.objects.filter(pk__in=last).update(
            state="cancelled", cancelled_at=atrium.now, cancelled_late=drawn["cancelled"]
        )


def put_back(work):
    """What `work` gives, with the database left as it was."""
    with transaction.atomic():
        result = work()
        transaction.set_rollback(True)
    return result


# ---- What must hold ---------------------------------------------------------------------------------------------


@settings(of_the_whole, max_examples=200)  # 3,455 offers, counted once: it must be thousands
@given(drawn=atriums(), times=lengths)
def test_every_slot_that_is_offered_can_be_booked_at_once(drawn, times, build):
    lasts = times * drawn["policy"]["shortest"]

    def work():
        atrium = build(drawn)
        for units, nights in UNITS_AND_NIGHTS:
            bounds = {"earliest": atrium.at(0), "latest": atrium.at(STEPS)}
            slots = atrium.find(duration=lasts, units=units, nights=nights, limit=8, **bounds)
            event(f"units={units}, offers={min(len(slots), 3)}")
            for number, slot in enumerate(slots):
                assert slot.end.astimezone(UTC) - slot.start.astimezone(UTC) == lasts
                assert bounds["earliest"] <= slot.start < slot.end <= bounds["latest"]
                assert len({machine.pk for machine in slot.equipment}) == units
                requested_slots = [RequestedSlot(slot.start, slot.end, machine) for machine in slot.equipment]
                any_units = RequestedSlot(slot.start, slot.end, equipment_type=atrium.type, units=units)
                if number == 0:
                    put_back(lambda requested_slots=requested_slots: atrium.book(*requested_slots))
                    atrium.book(any_units, dry_run=True)
                else:
                    atrium.book(*(requested_slots if number % 2 else [any_units]), dry_run=True)

    put_back(work)


@of_the_whole
@given(drawn=atriums(), several=st.sets(lengths, min_size=2, max_size=4))
def test_the_first_slot_is_the_first_that_the_slow_model_finds(drawn, several, build):
    def work():
        atrium = build(drawn)
        model = atrium.model()
        for times in sorted(several):
            compare(atrium, model, times * drawn["policy"]["shortest"])

    def compare(atrium, model, lasts):
        slots = atrium.find(duration=lasts, earliest=atrium.at(0), latest=atrium.at(STEPS), limit=1)
        duration, organisation = lasts // STEP, atrium.arguments["organisation"]
        people = {atrium.arguments["booker"].pk, atrium.supervisor.pk if atrium.supervisor else None}
        first = model.step_of(atrium.start)
        expected = next(
            (
                model.moment(start)
                for start in range(first, first + STEPS - duration + 1)
                for machine in model.machines.values()
                if not model.broken(machine, start, start + duration, people=people, organisation=organisation.pk)
            ),
            None,
        )
        event(f"found={expected is not None}")
        assert (slots[0].start if slots else None) == expected

    put_back(work)


@of_the_whole
@given(drawn=atriums(), requested_slots=st.lists(st.tuples(st.integers(0, 2), wanted), min_size=1, max_size=4))
def test_every_alternative_in_a_refusal_can_be_booked_as_it_stands(drawn, requested_slots, build):
    def work():
        atrium = build(drawn)
        machines = {machine.code: machine for machine in atrium.machines}
        for units, (first, length) in requested_slots:
            what = {"equipment_type": atrium.type, "units": units} if units else {"equipment": atrium.machines[0]}
            try:
                atrium.book(RequestedSlot(atrium.at(first), atrium.at(first + length), **what), dry_run=True)
            except Refused as refused:
                alternatives = [a for refusal in refused.refusals for a in refusal.alternatives]
            else:
                continue
            event(f"units={units}, alternatives={len(alternatives)}")
            for a in alternatives:
                assert a.end.astimezone(UTC) - a.start.astimezone(UTC) == length * STEP
                assert len(a.equipment) == max(units, 1)
                atrium.book(*(RequestedSlot(a.start, a.end, machines[code]) for code in a.equipment), dry_run=True)

    put_back(work)


@settings(of_the_whole, max_examples=25)
@given(drawn=atriums(), asked=st.lists(st.tuples(st.integers(0, 2), wanted), min_size=5, max_size=12))
def test_what_was_booked_breaks_no_rule_and_the_rest_was_skipped(drawn, asked, build):
    def work():
        atrium = build(drawn)
        requested_slots = [
            RequestedSlot(
                atrium.at(first),
                atrium.at(first + length),
                **({"equipment_type": atrium.type, "units": n} if n else {"equipment": atrium.machines[0]}),
            )
            for n, (first, length) in asked
        ]
        outcome, refusals = None, ()
        try:
            outcome = atrium.book(*requested_slots, on_refusal="skip")
        except Refused as refused:
            refusals = refused.refusals
        reservations = outcome.reservations if outcome else []
        skipped = {refusal.number for refusal in (outcome.skipped if outcome else refusals)}
        accepted = [requested_slot for number, requested_slot in enumerate(requested_slots) if number not in skipped]
        event(f"accepted={min(len(accepted), 2)}, skipped={min(len(skipped), 2)}")
        assert skipped <= set(range(len(requested_slots)))
        assert sorted((r.start, r.end) for r in reservations) == sorted(
            (requested_slot.start, requested_slot.end)
            for requested_slot in accepted
            for _unit in range(requested_slot.units)
        )
        model = atrium.model()
        for reservation in model.holding():
            assert model.broken_by(reservation) == set()

    put_back(work)


# ---- The zone in which a moment is told -------------------------------------------------------------------------


@pytest.fixture
def always_open(make_equipment, printer_type):
    """Runs day and night, no set-up and no clean-up to look at, a notice period of a day and a horizon of four."""
    return make_equipment(
        "ALWAYS-01",
        opening_hours=None,
        longest=timedelta(hours=100),
        set_up=timedelta(0),
        clean_up=timedelta(0),
        notice_period=timedelta(days=1),
        horizon=timedelta(days=4),
    )


@pytest.mark.parametrize("zone", [UTC, ZONE])
@pytest.mark.parametrize("saturday", ["2027-03-27", "2027-10-30"])
def test_hours_elapse_alike_in_every_zone(saturday, zone, always_open, engineer, verhagen, purpose):
    """Forty hours over the night of a clock change, the notice period and the horizon, asked in UTC and on the wall."""
    now = wall(f"{saturday} 12:00").astimezone(UTC)
    earliest, lasts = now + timedelta(days=1), timedelta(hours=40)

    def told(moment):
        return moment.astimezone(zone)

    who = {"organisation": verhagen, "now": told(now)}
    find = {"equipment": Equipment.objects.filter(pk=always_open.pk), "duration": lasts, "limit": 50, **who}
    starts = [
        (slot.start, slot.end)
        for slot in find_slots(person=engineer, earliest=told(now), latest=told(now + timedelta(days=9)), **find)
    ]
    assert starts[0] == (earliest, earliest + lasts)
    assert [start for start, _end in starts] == [earliest, earliest + lasts]

    evening = told(now + timedelta(hours=30))  # in the night of the change, or after it
    requested_slot = RequestedSlot(evening, told(evening.astimezone(UTC) + lasts), always_open)
    reservation = book(booker=engineer, purpose=purpose, requested_slots=[requested_slot], **who).reservations[0]
    assert reservation.end - reservation.start == lasts
    for moment, code in [
        (earliest - timedelta(minutes=30), "notice_too_short"),
        (now + timedelta(days=4, minutes=30), "beyond_horizon"),
    ]:
        requested_slot = RequestedSlot(told(moment), told(moment + timedelta(minutes=30)), always_open)
        with pytest.raises(Refused) as refused:
            book(booker=engineer, purpose=purpose, requested_slots=[requested_slot], **who)
        assert [refusal.code for refusal in refused.value.refusals] == [code]


# ---- Found along the way ----------------------------------------------------------------------------------------


def test_a_move_does_not_go_around_the_limit_of_another_type(make_reservation, make_equipment, fieldlab, engineer):
    limited = EquipmentType.objects.create(name="Scanner", slug="scanner", open_reservation_limit=1)
    scanner = make_equipment("SCAN-01", type=limited)
    make_reservation("13:00", "14:00", equipment=scanner)
    printing = make_reservation("09:00", "11:00")
    with pytest.raises(Refused) as refused:
        move(reservation=printing, actor=engineer, now=NOW, equipment=scanner)
    assert [refusal.code for refusal in refused.value.refusals] == ["too_many_open"]


def test_nothing_is_suggested_to_who_cannot_book_at_all(make_reservation, verhagen, second_printer, other_engineer):
    make_reservation()
    with pytest.raises(Refused) as refused:
        make_reservation(booker=other_engineer)
    assert [(r.code, r.alternatives) for r in refused.value.refusals] == [("not_member", ()), ("clash", ())]
    verhagen.suspended_at = NOW
    verhagen.save()
    with pytest.raises(Refused) as refused:
        make_reservation()
    assert [(r.code, r.alternatives) for r in refused.value.refusals] == [("organisation_suspended", ()), ("clash", ())]
