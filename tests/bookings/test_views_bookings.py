"""Looking at bookings, and cancelling them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import ReservationState
from tests.conftest import NOW, wall


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


def test_ones_bookings_are_listed_by_week(page, make_reservation):
    reservation = make_reservation(title="Housing")
    said = page.get("/bookings/").content.decode()
    assert "Housing" in said
    assert "Week 9" in said
    assert "09:00–11:00" in said
    assert reservation.booking.reference not in page.get("/bookings/?when=past").content.decode()


def test_somebody_elses_booking_is_not_there(client, make_reservation, other_engineer):
    reference = make_reservation().booking.reference
    client.force_login(other_engineer)
    assert client.get(f"/bookings/{reference}/").status_code == 404
    assert client.post(f"/bookings/{reference}/cancel/", {"reservation": "all"}).status_code == 404
    assert reference not in client.get("/bookings/?whose=all").content.decode()


def test_a_manager_sees_the_organisations_bookings_and_may_cancel_them(client, make_reservation, org_manager):
    reservation = make_reservation(title="Housing")
    client.force_login(org_manager)
    assert "Housing" not in client.get("/bookings/").content.decode()
    assert "Housing" in client.get("/bookings/?whose=all").content.decode()
    client.post(f"/bookings/{reservation.booking.reference}/cancel/", {"reservation": reservation.pk})
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CANCELLED


def test_the_consequence_is_said_before_cancelling(page, make_reservation, monkeypatch):
    reference = make_reservation().booking.reference
    assert "Cancelling is free until Sun 28 February at 09:00." in page.get(f"/bookings/{reference}/").content.decode()
    monkeypatch.setattr(timezone, "now", lambda: wall("09:00") - timedelta(hours=2))
    assert "this counts as cancelled late" in page.get(f"/bookings/{reference}/").content.decode()


def test_one_or_all_reservations_are_cancelled(page, make_booking, printer):
    booked = make_booking(("09:00", "10:00"), ("11:00", "12:00"), ("13:00", "14:00"))
    address = f"/bookings/{booked.booking.reference}/cancel/"
    page.post(address, {"reservation": booked.reservations[0].pk})
    assert _states(booked) == ["cancelled", "confirmed", "confirmed"]
    answer = page.post(address, {"reservation": "all"}, follow=True)
    assert _states(booked) == ["cancelled"] * 3
    assert "2 reservations cancelled." in answer.content.decode()
    again = page.post(address, {"reservation": "all"}, follow=True)
    assert "can be cancelled any more" in again.content.decode()


def _states(booked) -> list[str]:
    return list(booked.booking.reservations.order_by("period").values_list("state", flat=True))


@pytest.mark.parametrize("strange", ["", "0", "x", "99999999999999999999", "-1"])
def test_a_reservation_of_another_booking_is_not_cancelled(page, make_booking, printer, strange):
    booked = make_booking(("09:00", "10:00"))
    address = f"/bookings/{booked.booking.reference}/cancel/"
    assert page.post(address, {"reservation": strange}).status_code == 404
    assert page.get(address).status_code == 405
    assert _states(booked) == ["confirmed"]


def test_a_page_of_bookings_costs_the_same_statements_with_one_and_with_three(page, make_booking, printer):
    counted = []
    for hour in (9, 11, 13):
        make_booking((f"{hour:02}:00", f"{hour + 1}:00"))
        with CaptureQueriesContext(connection) as statements:
            page.get("/bookings/")
        counted.append(len(statements))
    assert len(set(counted)) == 1
