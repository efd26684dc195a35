"""Free time and the search, against a slow and obvious model that walks the clock minute by grid minute."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from bookings.models import HOLDING_STATES
from bookings.scheduling.free_time import free_slots, timelines
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from core.clock import ZONE
from core.periods import Period
from core.refusals import Refused
from equipment.availability import add_outage, closed_days, new_calendar, weekly_hours
from tests.conftest import NOW, wall

STEP = timedelta(minutes=30)


def test_free_is_open_less_occupied(make_booking, printer, second_printer):
    make_booking(("09:00", "11:00"))
    found = timelines(equipment=[printer, second_printer], start=wall("00:00"), end=wall("2027-03-02 00:00"))
    assert found[printer.pk].open == [Period(wall("08:00"), wall("18:00"))]
    assert found[printer.pk].occupied == [Period(wall("08:45"), wall("11:15"))]
    assert found[printer.pk].free == [
        Period(wall("08:00"), wall("08:45")),
        Period(wall("11:15"), wall("18:00")),
    ]
    assert found[second_printer.pk].free == [Period(wall("08:00"), wall("18:00"))]


def test_one_statement_for_any_number_of_machines(make_equipment):
    machines = [make_equipment() for _ in range(3)]
    for some in (machines[:1], machines):
        with CaptureQueriesContext(connection) as captured:
            timelines(equipment=some, start=wall("00:00"), end=wall("2027-03-08 00:00"))
            free_slots(equipment=some, duration=STEP, earliest=wall("00:00"), latest=wall("23:00"), now=NOW)
        assert len(captured) == 2


def test_slots_come_earliest_first_and_do_not_overlap(printer):
    slots = free_slots(
        equipment=[printer],
        duration=timedelta(hours=4),
        earliest=wall("2027-02-27 00:00"),
        latest=wall("2027-03-06 00:00"),
        now=NOW,
        limit=3,
    )
    # 08:15: a quarter of set-up, and then the next half hour.
    assert [(s.start, s.end) for s in slots] == [
        (wall("08:30"), wall("12:30")),
        (wall("12:30"), wall("16:30")),
        (wall("2027-03-02 08:30"), wall("2027-03-02 12:30")),
    ]


def test_a_slot_for_two_has_both_machines_free(make_booking, printer, second_printer):
    make_booking(("09:00", "12:00"))
    slot = free_slots(
        equipment=[printer, second_printer],
        duration=timedelta(hours=2),
        earliest=wall("00:00"),
        latest=wall("2027-03-03 00:00"),
        now=NOW,
        units=2,
    )[0]
    assert (slot.start, set(slot.equipment)) == (wall("12:30"), {printer, second_printer})


def test_notice_horizon_and_last_start_bound_the_search(make_equipment):
    machine = make_equipment("FDM-07", notice_period=timedelta(days=7), last_start=time(15), horizon=timedelta(days=8))
    starts = [
        s.start
        for s in free_slots(
            equipment=[machine],
            duration=timedelta(hours=1),
            earliest=NOW,
            latest=NOW + timedelta(days=60),
            now=NOW,
            limit=50,
        )
    ]
    assert starts[0] == wall("2027-03-03 10:00")
    assert starts[-1] <= NOW + timedelta(days=8)
    assert all(start.astimezone(ZONE).time() <= time(15) for start in starts)


def test_a_forty_hour_build_fits_over_the_weekend(make_equipment):
    machine = make_equipment("LPBF-01", unattended=True, longest=timedelta(hours=100), clean_up=timedelta(hours=2))
    slot = free_slots(
        equipment=[machine],
        duration=timedelta(hours=40),
        earliest=wall("2027-03-26 16:00"),
        latest=wall("2027-04-02 00:00"),
        now=NOW,
    )[0]
    # Friday 16:00; forty elapsed hours over the change of the clocks end on Sunday at 09:00 on the wall.
    assert (slot.start, slot.end) == (wall("2027-03-26 16:00"), wall("2027-03-28 09:00"))
    assert slot.end - slot.start == timedelta(hours=40)


# ---- The slow model ---------------------------------------------------------------------------------------------

hours_of_day = st.integers(0, 23)
around_a_clock_change = st.sampled_from([date(2027, 3, 26), date(2027, 3, 27), date(2027, 10, 29), date(2027, 10, 30)])


@st.composite
def atriums(draw):
    first = draw(around_a_clock_change)
    opens = draw(st.integers(0, 22))
    return {
        "first": first,
        "opens": opens,
        "closes": draw(st.integers(opens + 1, 23)),
        "weekdays": sorted(draw(st.sets(st.integers(0, 6), min_size=3))),
        "closed": draw(st.none() | st.integers(0, 3)),
        "outage": draw(st.none() | st.tuples(st.integers(0, 80), st.integers(1, 10))),
        "unattended": draw(st.booleans()),
        "set_up": draw(st.integers(0, 2)),
        "clean_up": draw(st.integers(0, 2)),
        "taken": draw(st.lists(st.tuples(st.integers(0, 190), st.integers(1, 12)), max_size=4)),
        "duration": draw(st.integers(1, 60)),
    }


class SlowModel:
    """Walks half hours of elapsed time and asks of each what the wall clock says."""

    def __init__(self, atrium, machine):
        self.atrium, self.machine = atrium, machine
        self.start = datetime.combine(atrium["first"], time(0), ZONE).astimezone(UTC)
        self.taken = [
            (r.occupied.lower, r.occupied.upper) for r in machine.reservations.filter(state__in=HOLDING_STATES)
        ]
        outage = atrium["outage"]
        self.out = [(self.start + outage[0] * STEP, self.start + sum(outage) * STEP)] if outage else []

    def staffed(self, moment):
        local = moment.astimezone(ZONE)
        closed = self.atrium["closed"]
        on_closed_day = closed is not None and local.date() == self.atrium["first"] + timedelta(days=closed)
        opens, closes = self.atrium["opens"], self.atrium["closes"]
        # Of an hour that the clock shows twice its beginning is read as winter time's: hours that end then go on
        # through the first, hours that begin then wait for the second.
        shown_again = not local.fold and local.replace(fold=1).utcoffset() != local.utcoffset()
        in_hours = opens < local.hour <= closes if shown_again else opens <= local.hour < closes
        return in_hours and local.weekday() in self.atrium["weekdays"] and not on_closed_day and not self.broken(moment)

    def staffed_for(self, start, duration):
        grain = timedelta(minutes=15)
        return all(self.staffed(start + n * grain) for n in range(max(1, int(duration / grain))))

    def broken(self, moment):
        return any(start <= moment < end for start, end in self.out)

    def has(self, moment):
        return any(start <= moment < end for start, end in self.taken)

    def works(self, start, duration):
        end, grain = start + duration, timedelta(minutes=15)
        before, after = self.atrium["set_up"] * grain, self.atrium["clean_up"] * grain

        def moments(first, last):
            return [first + n * grain for n in range(int((last - first) / grain))]

        if not self.atrium["unattended"]:
            return all(self.staffed(m) and not self.has(m) for m in moments(start - before, end + after))
        removal = next((m for m in moments(end, end + timedelta(days=20)) if self.staffed_for(m, after)), None)
        if removal is None:
            return False
        people = moments(start - before, start) or [start]
        whole = moments(start - before, removal + after)
        return all(self.staffed(m) for m in people) and not any(self.broken(m) or self.has(m) for m in whole)


# Open until, and from, the hour that comes twice on the night of 31 October 2027.
UNTIL_IT = {"first": date(2027, 10, 29), "opens": 1, "closes": 2, "weekdays": [0, 1, 6], "closed": None}
UNTIL_IT |= {"outage": None, "unattended": False, "set_up": 0, "clean_up": 0, "taken": [], "duration": 3}
FROM_IT = UNTIL_IT | {"opens": 2, "closes": 3, "duration": 2}


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(atrium=atriums())
@example(atrium=UNTIL_IT)
@example(atrium=FROM_IT)
def test_the_search_finds_the_first_time_that_the_slow_model_finds(
    atrium, make_equipment, engineer, verhagen, purpose, printer_type
):
    with transaction.atomic():
        machine, now = _build(atrium, make_equipment, engineer, verhagen, purpose)
        model = SlowModel(atrium, machine)
        duration = atrium["duration"] * STEP
        latest = model.start + timedelta(days=4)
        slots = free_slots(
            equipment=[machine], duration=duration, earliest=model.start, latest=latest, now=now, limit=1
        )
        expected = next(
            (
                start
                for start in (model.start + n * STEP for n in range(int((latest - duration - model.start) / STEP) + 1))
                if model.works(start, duration)
            ),
            None,
        )
        found = slots[0].start if slots else None
        event(f"unattended={atrium['unattended']}, found={found is not None}")
        assert (found and found.astimezone(ZONE)) == (expected and expected.astimezone(ZONE))
        if slots:
            requested_slot = RequestedSlot(slots[0].start, slots[0].end, machine)
            book(booker=engineer, organisation=verhagen, purpose=purpose, requested_slots=[requested_slot], now=now)
        transaction.set_rollback(True)


def _build(atrium, make_equipment, engineer, verhagen, purpose):
    """The machine of a drawn Atrium, with its calendars and, as far as they fit, its reservations."""
    now = datetime.combine(atrium["first"], time(0), ZONE) - timedelta(days=1)
    calendar = new_calendar("Drawn hours")
    weekly_hours(
        calendar,
        weekdays=atrium["weekdays"],
        opens=time(atrium["opens"]),
        closes=time(atrium["closes"]),
        since=date(2027, 1, 4),
        now=now,
    )
    machine = make_equipment(
        "DRAWN-01",
        opening_hours=calendar,
        unattended=atrium["unattended"],
        shortest=STEP,
        longest=timedelta(hours=100),
        set_up=atrium["set_up"] * timedelta(minutes=15),
        clean_up=atrium["clean_up"] * timedelta(minutes=15),
    )
    start = datetime.combine(atrium["first"], time(0), ZONE).astimezone(UTC)
    requested_slots = [
        RequestedSlot(start + first * STEP, start + (first + length) * STEP, machine)
        for first, length in atrium["taken"]
    ]
    for requested_slot in requested_slots:
        with suppress(Refused):
            book(booker=engineer, organisation=verhagen, purpose=purpose, requested_slots=[requested_slot], now=now)
    if atrium["closed"] is not None:
        closures = new_calendar("Drawn closures")
        machine.closures.add(closures)
        closed_days(closures, first=atrium["first"] + timedelta(days=atrium["closed"]), title="Closed", now=now)
    if atrium["outage"]:
        first, length = atrium["outage"]
        add_outage(machine, start=start + first * STEP, end=start + (first + length) * STEP, title="Fault", now=now)
    return machine, now
