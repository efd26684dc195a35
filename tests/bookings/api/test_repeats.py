"""Repeated bookings over the API: which dates, what is left out, and what it takes."""

from datetime import date
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Reservation
from equipment.availability import closed_days, new_calendar
from tests.api_caller import Caller, fields, problem
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def caller(engineer):
    return Caller(engineer)


def asked(rrule, *, start="09:00", end="11:00", skip_closures=False, requested_slot=None, **changes):
    """A body that repeats one reservation of FDM-01, or `requested_slot`."""
    reservation = {"start": wall(start).isoformat(), "end": wall(end).isoformat()} | (
        requested_slot or {"equipment": "FDM-01"}
    )
    return {
        "organisation": "verhagen",
        "purpose": "trial-production",
        "reservations": [reservation],
        "repeat": {"rrule": rrule, "skip_closures": skip_closures},
    } | changes


def starts(told):
    return [each["start"] for each in told["reservations"]]


def test_every_date_is_a_reservation_of_one_booking(caller, printer):
    response = caller.post("bookings", asked("FREQ=WEEKLY;INTERVAL=2;COUNT=3"))
    assert response.status_code == 201
    told = response.json()
    assert starts(told) == [
        "2027-03-01T09:00:00+01:00",
        "2027-03-15T09:00:00+01:00",
        "2027-03-29T09:00:00+02:00",  # the clocks changed the day before; nine stays nine
    ]
    assert Booking.objects.get().reservations.count() == 3


def test_nine_stays_nine_when_winter_time_comes_back(caller, printer):
    told = caller.post(
        "bookings", asked("FREQ=WEEKLY;COUNT=2", start="2027-10-25 09:00", end="2027-10-25 11:00")
    ).json()
    assert starts(told) == ["2027-10-25T09:00:00+02:00", "2027-11-01T09:00:00+01:00"]


def test_a_run_over_the_clock_change_keeps_its_wall_clock_end(caller, make_equipment):
    make_equipment("FDM-01", opening_hours=None, unattended=True)
    body = asked("FREQ=WEEKLY;COUNT=2", start="2027-03-20 22:00", end="2027-03-21 05:00")
    ends = [each["end"] for each in caller.post("bookings", body).json()["reservations"]]
    assert ends == ["2027-03-21T05:00:00+01:00", "2027-03-28T05:00:00+02:00"]
    lasted = [r.end - r.start for r in Reservation.objects.order_by("period")]
    assert [hours.total_seconds() / 3600 for hours in lasted] == [7, 6]


def test_a_dry_run_of_a_pattern_tells_every_date_and_changes_nothing(caller, printer):
    response = caller.post("bookings?dry_run=true", asked("FREQ=DAILY;COUNT=3"))
    assert response.status_code == 200
    assert len(starts(response.json())) == 3
    assert not Booking.objects.exists()


def test_dates_left_out_for_a_closure_are_told_under_skipped(caller, printer):
    closures = new_calendar("Closures")
    printer.closures.add(closures)
    closed_days(closures, first=date(2027, 3, 8), title="Repairs", now=NOW)
    for address in ("bookings?dry_run=true", "bookings"):
        told = caller.post(address, asked("FREQ=WEEKLY;COUNT=3", skip_closures=True)).json()
        assert starts(told) == ["2027-03-01T09:00:00+01:00", "2027-03-15T09:00:00+01:00"]
        (skipped,) = told["skipped"]
        assert (skipped["code"], skipped["start"]) == ("outside_opening_hours", "2027-03-08T09:00:00+01:00")


def test_every_refused_date_is_told_with_alternatives_or_left_out(caller, make_reservation):
    make_reservation("2027-03-08 10:00", "2027-03-08 12:00")
    body = asked("FREQ=WEEKLY;COUNT=3")
    (refusal,) = problem(caller.post("bookings", body), 409)["refusals"]
    assert (refusal["code"], refusal["start"]) == ("clash", "2027-03-08T09:00:00+01:00")
    assert refusal["alternatives"]
    told = caller.post("bookings", body | {"on_refusal": "skip"}).json()
    assert len(starts(told)) == 2
    assert [each["start"] for each in told["skipped"]] == ["2027-03-08T09:00:00+01:00"]


@pytest.mark.parametrize(
    ("rrule", "said"),
    [
        ("weekly", "FREQ=WEEKLY;COUNT=14"),
        ("FREQ=MONTHLY;COUNT=3", "DAILY or WEEKLY"),
        ("FREQ=WEEKLY", "COUNT or UNTIL"),
        ("FREQ=WEEKLY;COUNT=2;WKST=XX", "FREQ=WEEKLY;COUNT=14"),
        ("FREQ=WEEKLY;UNTIL=99991399", "FREQ=WEEKLY;COUNT=14"),
        ("FREQ=DAILY;COUNT=501", "more than 500"),
        ("FREQ=DAILY;BYDAY=FR;INTERVAL=7;COUNT=3", "no dates"),
        ("FREQ=DAILY;BYDAY=SU,FR;INTERVAL=9996;COUNT=500", "no dates"),
        ("FREQ=WEEKLY;INTERVAL=9999;COUNT=3", "not reach that far"),
        ("FREQ=WEEKLY;INTERVAL=50;UNTIL=99991231", "not reach that far"),
    ],
)
def test_a_pattern_that_cannot_be_had_is_told_at_its_field(caller, printer, rrule, said):
    requested_slot, began = {"type": "ultimaker-s5", "units": 2}, process_time()
    document = problem(caller.post("bookings", asked(rrule, requested_slot=requested_slot)), 422)
    assert process_time() - began < 1  # seconds of this process
    assert fields(document) == ["repeat.rrule"]
    assert said in document["errors"][0]["message"]
    assert not Booking.objects.exists()


def test_a_pattern_beyond_the_calendar_is_told_at_its_field(caller, printer):
    body = asked("FREQ=DAILY;COUNT=20", start="9999-12-20 09:00", end="9999-12-31 23:00")
    assert fields(problem(caller.post("bookings", body), 422)) == ["repeat.rrule"]


def test_what_is_finished_as_well_counts_twice_for_what_a_booking_holds(caller, printer):
    body = asked("FREQ=DAILY;COUNT=251", requested_slot={"equipment": "FDM-01", "finish": True})
    assert fields(problem(caller.post("bookings", body), 422)) == ["repeat.rrule"]


@pytest.mark.parametrize(
    ("repeat", "wrong"),
    [
        ("FREQ=WEEKLY;COUNT=2", "repeat"),
        ({}, "repeat.rrule"),
        ({"rrule": ""}, "repeat.rrule"),
        ({"rrule": "a\0b"}, "repeat.rrule"),
        ({"rrule": "x" * 501}, "repeat.rrule"),
        ({"rrule": "FREQ=WEEKLY;COUNT=2", "skip_closures": "perhaps"}, "repeat.skip_closures"),
        ({"rrule": "FREQ=WEEKLY;COUNT=2", "skip": True}, "repeat.skip"),
    ],
)
def test_a_repeat_that_is_not_right_is_told(caller, printer, repeat, wrong):
    assert fields(problem(caller.post("bookings", asked("x") | {"repeat": repeat}), 422)) == [wrong]


def test_a_class_sent_twice_with_one_key_is_booked_once(caller, printer, second_printer):
    body = asked("FREQ=WEEKLY;COUNT=14", requested_slot={"type": "ultimaker-s5", "units": 2})
    first, again = (caller.post("bookings", body, **{"Idempotency-Key": "class"}) for _time in range(2))
    assert again["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.json()) == (201, first.json())
    assert Reservation.objects.count() == 28


@pytest.mark.parametrize("by", ["code", "type", "process"])
def test_a_class_of_fourteen_weeks_and_four_machines_takes_few_statements(caller, make_equipment, by):
    machines = [make_equipment().code for _number in range(4)]
    caller.get("me")  # writes the token's last use
    body = asked("FREQ=WEEKLY;COUNT=14", skip_closures=True)
    when = body["reservations"][0]
    body["reservations"] = {
        "code": [when | {"equipment": code} for code in machines],
        "type": [when | {"equipment": None, "type": "ultimaker-s5", "units": 4}],
        "process": [when | {"equipment": None, "process": "fdm", "units": 4}],
    }[by]
    with CaptureQueriesContext(connection) as captured:
        assert len(caller.post("bookings", body).json()["reservations"]) == 56
    assert len(captured) <= 25 + 5  # the token, the roles, and what the body names
