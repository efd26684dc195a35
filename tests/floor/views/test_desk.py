"""The facility's desk, and the buttons on the page of a booking."""

import pytest
from django.utils import timezone

from bookings.models import ReservationState
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from floor.services import check_in, check_out
from organisations.models import Membership, Role
from tests.conftest import wall

STATEMENTS = 9  # with session, person and roles


@pytest.fixture
def at(monkeypatch):
    """`at("10:00")` makes it that time on the day of the reservations."""

    def set_clock(clock: str) -> None:
        monkeypatch.setattr(timezone, "now", lambda: wall(clock))

    set_clock("08:00")  # before anybody signs in, so that no session has ended
    return set_clock


@pytest.fixture
def staff(client, at, facility_manager):
    client.force_login(facility_manager)
    return client


def column(page: str, name: str) -> str:
    return page.split(f'aria-labelledby="desk-{name}"')[1].split("</section>")[0]


def test_the_desk_shows_what_is_late_now_next_and_free(staff, at, make_reservation, second_printer):
    make_reservation()  # 09:00–11:00 on FDM-01
    at("09:10")
    page = staff.get("/desk/").content.decode()
    assert "FDM-01" in column(page, "next")
    assert "FDM-02" in column(page, "free")
    assert "Nobody is late" in column(page, "late")
    at("09:40")
    page = staff.get("/desk/").content.decode()
    assert "Not checked in since 09:00" in column(page, "late")
    assert "No-show" in column(page, "late")


def test_one_press_checks_in_and_one_checks_out(staff, at, make_reservation):
    visit = make_reservation()
    at("09:00")
    answer = staff.post(f"/reservations/{visit.pk}/check-in/", {"back": "desk"}, follow=True)
    assert "Checked in: FDM-01" in answer.content.decode()
    assert "FDM-01" in column(answer.content.decode(), "now")
    at("11:30")
    assert "Should have ended at 11:00" in column(staff.get("/desk/").content.decode(), "late")
    answer = staff.post(f"/reservations/{visit.pk}/check-out/", {"back": "desk"}, follow=True)
    assert "FDM-01 is free again" in answer.content.decode()
    assert "FDM-01" in column(answer.content.decode(), "free")
    visit.refresh_from_db()
    assert visit.state == ReservationState.COMPLETED


def test_who_booked_checks_in_on_the_page_of_the_booking(client, at, make_reservation, engineer):
    visit = make_reservation()
    client.force_login(engineer)
    at("08:00")
    page = f"/bookings/{visit.booking.reference}/"
    assert "Check in" not in client.get(page).content.decode()
    answer = client.post(f"/reservations/{visit.pk}/check-in/", follow=True)
    assert "possible from 01-03-2027 08:45 on" in answer.content.decode()
    at("08:50")
    assert "Check in" in client.get(page).content.decode()
    answer = client.post(f"/reservations/{visit.pk}/check-in/", follow=True)
    assert "Check out" in answer.content.decode()


def test_the_desk_is_for_the_facility(client, at, other_engineer, make_reservation):
    visit = make_reservation()
    client.force_login(other_engineer)
    assert client.get("/desk/").status_code == 403
    assert client.post(f"/reservations/{visit.pk}/check-in/").status_code == 404
    assert client.post(f"/reservations/{visit.pk}/nobody-came/").status_code == 403


@pytest.mark.parametrize("machines", [1, 4])
def test_the_desk_costs_the_same_however_many_machines(
    staff, at, make_equipment, make_reservation, machines, django_assert_num_queries
):
    at("09:10")
    for number in range(machines):
        make_reservation(equipment=make_equipment(f"COB-{number}"))
    with django_assert_num_queries(STATEMENTS):
        staff.get("/desk/", headers={"HX-Request": "true"})


def test_a_machine_in_use_past_its_time_is_not_free(staff, at, make_reservation):
    visit = make_reservation()
    at("09:00")
    staff.post(f"/reservations/{visit.pk}/check-in/", {"back": "desk"})
    at("11:30")  # also the clean-up is over
    page = staff.get("/desk/").content.decode()
    assert "FDM-01" in column(page, "late")
    assert "FDM-01" not in column(page, "free")


def test_after_check_out_the_floor_shows_who_has_the_rest_of_the_time(
    client, at, make_reservation, engineer, other_engineer, kempen, purpose, printer
):
    visit = make_reservation()
    check_in(reservation=visit, actor=engineer, now=wall("09:00"))
    check_out(reservation=visit, actor=engineer, now=wall("09:20"))
    client.force_login(engineer)
    at("09:25")
    assert "now-free" in client.get("/floor/").content.decode()
    requested_slot = RequestedSlot(wall("10:00"), wall("11:00"), printer)
    book(
        booker=other_engineer, organisation=kempen, purpose=purpose, requested_slots=[requested_slot], now=wall("09:25")
    )
    week = client.get("/machines/FDM-01/week.json", {"from": "2027-03-01", "until": "2027-03-08"}).json()
    assert week["occupied"] == [["2027-03-01T09:45:00+01:00", "2027-03-01T11:15:00+01:00"]]
    assert [own["end"] for own in week["own"]] == ["2027-03-01T09:20:00+01:00"]


def test_who_supervises_finds_the_booking_and_checks_in_and_sees_no_other(
    client, at, make_reservation, verhagen, django_user_model
):
    person = django_user_model.objects.create_user("supervisor@example.org", name="Sam", language="en")
    Membership.objects.create(user=person, organisation=verhagen, role=Role.MEMBER)
    supervised = make_reservation(supervisor=person)
    other = make_reservation("13:00", "14:00")
    client.force_login(person)
    at("09:00")
    assert "Check in" in client.get(f"/bookings/{supervised.booking.reference}/").content.decode()
    assert client.get(f"/bookings/{other.booking.reference}/").status_code == 404
    client.post(f"/reservations/{supervised.pk}/check-in/")
    supervised.refresh_from_db()
    assert supervised.state == ReservationState.IN_USE
    person.memberships.all().delete()
    assert client.get(f"/bookings/{supervised.booking.reference}/").status_code == 404
