"""Weeks as JSON."""

import pytest

from tests.conftest import wall

WEEK = {"from": "2027-03-01", "until": "2027-03-08"}


def test_a_week_says_what_is_open_occupied_and_own(client, make_reservation, engineer):
    reservation = make_reservation()
    client.force_login(engineer)
    week = client.get("/machines/FDM-01/week.json", WEEK).json()
    assert week["open"][0] == ["2027-03-01T08:00:00+01:00", "2027-03-01T18:00:00+01:00"]
    assert week["occupied"] == []
    [own] = week["own"]
    assert own["reference"] == reservation.booking.reference
    assert own["mark"] == "mine confirmed"
    assert own["occupied"] == ["2027-03-01T08:45:00+01:00", "2027-03-01T11:15:00+01:00"]


def test_others_bookings_that_touch_are_one_stretch(client, make_booking, printer, other_engineer):
    make_booking(("09:00", "11:00"))
    make_booking(("11:30", "12:00"))
    client.force_login(other_engineer)
    week = client.get("/machines/FDM-01/week.json", WEEK).json()
    assert week["occupied"] == [["2027-03-01T08:45:00+01:00", "2027-03-01T12:15:00+01:00"]]
    assert week["own"] == []


def test_a_planner_sees_whose_and_what_in_the_own_organisation(client, make_reservation, org_manager):
    make_reservation(title="Housing")
    client.force_login(org_manager)
    [own] = client.get("/machines/FDM-01/week.json", WEEK).json()["own"]
    assert (own["title"], own["organisation"], own["mark"]) == (
        "Housing",
        "Verhagen Fijnmechanica",
        "organisation confirmed",
    )


@pytest.mark.parametrize("machines", [1, 4])
def test_the_floor_costs_five_statements_however_many_machines(
    client, make_equipment, make_reservation, engineer, machines, django_assert_num_queries
):
    for number in range(machines):
        make_reservation(equipment=make_equipment(f"COB-{number}"))
    client.force_login(engineer)
    with django_assert_num_queries(5):
        floor = client.get("/floor.json", WEEK).json()
    assert [len(lane["own"]) for lane in floor["machines"] if lane["own"]] == [1] * machines


def test_a_week_over_a_change_of_the_clock_has_two_offsets(client, printer, engineer):
    client.force_login(engineer)
    week = client.get("/machines/FDM-01/week.json", {"from": "2027-03-26", "until": "2027-03-30"}).json()
    assert [start for start, _end in week["open"]] == ["2027-03-26T08:00:00+01:00", "2027-03-29T08:00:00+02:00"]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"from": "2027-03-01"},
        {"from": "2027-03-08", "until": "2027-03-01"},
        {"from": "2027-03-01T09:00", "until": "2027-03-02T09:00"},
        {"from": "2027-01-01", "until": "2028-01-01"},
        {"from": "9999-12-31", "until": "9999-12-31T23:59:59+00:00"},
        {"from": "x", "until": "y"},
    ],
)
def test_a_window_that_cannot_be_is_refused(client, printer, engineer, asked):
    client.force_login(engineer)
    assert client.get("/machines/FDM-01/week.json", asked).status_code == 400


def test_a_feed_asks_to_sign_in_and_knows_its_machines(client, printer, engineer):
    assert client.get("/floor.json", WEEK).status_code == 401
    client.force_login(engineer)
    assert client.get("/machines/NO-01/week.json", WEEK).status_code == 404
    moments = {"from": wall("09:00").isoformat(), "until": wall("10:00").isoformat()}
    assert client.get("/floor.json", moments).status_code == 200
