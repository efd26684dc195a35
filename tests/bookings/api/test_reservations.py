"""Moving and cancelling over the API."""

import pytest
from django.contrib.auth.models import Group

from bookings.models import Reservation, ReservationState
from organisations.models import TECHNICIANS, Membership
from tests.api_caller import Caller, fields, problem
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """The API reads the clock; here it stands at the moment that the makers book for."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def caller(engineer):
    return Caller(engineer)


@pytest.fixture
def reservation(make_reservation):
    return make_reservation("09:00", "11:00")


def codes(response):
    return [each["code"] for each in problem(response, 409)["refusals"]]


# ---- Moving


def test_a_reservation_is_moved_to_another_time(caller, reservation):
    body = {"start": wall("13:00").isoformat(), "end": wall("15:00").isoformat()}
    response = caller.patch(f"reservations/{reservation.pk}", body)
    assert response.status_code == 200
    assert response.json() == {
        "id": reservation.pk,
        "equipment": "FDM-01",
        "start": "2027-03-01T13:00:00+01:00",
        "end": "2027-03-01T15:00:00+01:00",
        "occupied_start": "2027-03-01T12:45:00+01:00",
        "occupied_end": "2027-03-01T15:15:00+01:00",
        "state": "confirmed",
        "decision_reason": "",
    }
    assert Reservation.objects.get().start == wall("13:00")


def test_what_is_left_out_of_a_move_stays(caller, reservation, second_printer):
    told = caller.patch(f"reservations/{reservation.pk}", {"equipment": "FDM-02"}).json()
    assert (told["equipment"], told["start"]) == ("FDM-02", "2027-03-01T09:00:00+01:00")
    told = caller.patch(f"reservations/{reservation.pk}", {"end": wall("12:00").isoformat()}).json()
    assert (told["equipment"], told["start"], told["end"]) == (
        "FDM-02",
        "2027-03-01T09:00:00+01:00",
        "2027-03-01T12:00:00+01:00",
    )


def test_a_move_onto_another_is_refused(caller, reservation, make_reservation):
    make_reservation("13:00", "15:00")
    body = {"start": wall("13:00").isoformat(), "end": wall("15:00").isoformat()}
    assert "clash" in codes(caller.patch(f"reservations/{reservation.pk}", body))
    assert Reservation.objects.get(pk=reservation.pk).start == wall("09:00")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ""),
        ({"equipment": "FDM-99"}, "equipment"),
        ({"start": "2027-03-01T13:00:00"}, "start"),
        ({"begin": "2027-03-01T13:00:00Z"}, "begin"),
        ({"units": 2, "equipment": "FDM-01"}, "units"),
    ],
)
def test_a_move_that_is_not_right_is_told(caller, reservation, body, wrong):
    assert fields(problem(caller.patch(f"reservations/{reservation.pk}", body), 422)) == [wrong]


# ---- Cancelling


def test_a_reservation_is_cancelled_once(caller, reservation):
    response = caller.post(f"reservations/{reservation.pk}/cancel")
    assert response.status_code == 200
    assert response.json()["state"] == "cancelled"
    assert Reservation.objects.get().state == ReservationState.CANCELLED
    assert codes(caller.post(f"reservations/{reservation.pk}/cancel")) == ["wrong_state"]


def test_a_cancelled_reservation_cannot_be_moved(caller, reservation):
    caller.post(f"reservations/{reservation.pk}/cancel")
    assert codes(caller.patch(f"reservations/{reservation.pk}", {"end": wall("12:00").isoformat()})) == ["wrong_state"]


def test_a_cancelled_slot_can_be_booked_again(caller, reservation, make_reservation):
    caller.post(f"reservations/{reservation.pk}/cancel")
    assert make_reservation("09:00", "11:00").pk != reservation.pk


# ---- Whose it is


@pytest.mark.parametrize("number", ["1", "999999", "9" * 40])
def test_a_reservation_that_is_not_there_is_not_found(caller, number):
    problem(caller.post(f"reservations/{number}/cancel"), 404)
    problem(caller.patch(f"reservations/{number}", {"equipment": "FDM-01"}), 404)


def test_somebody_else_s_reservation_is_not_found(reservation, other_engineer, teacher, kempen):
    for person in (other_engineer, teacher):
        problem(Caller(person).post(f"reservations/{reservation.pk}/cancel"), 404)
        problem(Caller(person).patch(f"reservations/{reservation.pk}", {"end": wall("12:00").isoformat()}), 404)
    assert Reservation.objects.get().state == ReservationState.CONFIRMED


def test_a_colleague_s_reservation_is_its_manager_s_to_change_and_not_every_member_s(
    reservation, other_engineer, verhagen, org_manager
):
    Membership.objects.create(user=other_engineer, organisation=verhagen)
    problem(Caller(other_engineer).post(f"reservations/{reservation.pk}/cancel"), 404)
    assert Caller(org_manager).post(f"reservations/{reservation.pk}/cancel").status_code == 200


def test_who_sees_a_reservation_but_may_not_change_it_is_told_so(reservation, teacher):
    teacher.groups.add(Group.objects.get(name=TECHNICIANS))
    problem(Caller(teacher).post(f"reservations/{reservation.pk}/cancel"), 403)
    problem(Caller(teacher).patch(f"reservations/{reservation.pk}", {"end": wall("12:00").isoformat()}), 403)


def test_somebody_who_left_the_organisation_no_longer_changes_its_reservations(caller, reservation, engineer):
    Membership.objects.filter(user=engineer).delete()
    problem(caller.post(f"reservations/{reservation.pk}/cancel"), 404)


# ---- Check-in and check-out


def test_a_reservation_is_checked_in_and_out(caller, reservation, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: wall("08:50"))
    for _press in range(2):
        assert caller.post(f"reservations/{reservation.pk}/check-in", {}).json()["state"] == "in_use"
    monkeypatch.setattr("django.utils.timezone.now", lambda: wall("10:50"))
    for _press in range(2):
        assert caller.post(f"reservations/{reservation.pk}/check-out", {}).json()["state"] == "completed"


def test_too_early_a_check_in_is_refused(caller, reservation):
    assert codes(caller.post(f"reservations/{reservation.pk}/check-in", {})) == ["too_early"]
