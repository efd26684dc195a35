"""Looking at bookings one may see, one's own and the organisation's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Issue, Override, ReservationState
from bookings.services import move
from bookings.views.bookings import again
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
    assert "<h3>Mon 1 March</h3>" in said
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
    assert "If you cancel now, it counts as a late cancellation" in page.get(f"/bookings/{reference}/").content.decode()


def test_a_page_of_bookings_costs_the_same_statements_with_one_and_with_three(page, make_booking, printer):
    counted = []
    for hour in (9, 11, 13):
        make_booking((f"{hour:02}:00", f"{hour + 1}:00"))
        with CaptureQueriesContext(connection) as statements:
            page.get("/bookings/")
        counted.append(len(statements))
    assert len(set(counted)) == 1


def test_a_search_finds_titles_machines_and_references(page, make_booking):
    booking = make_booking(("09:00", "10:00"), title="Housing").booking
    for search in ("hous", "fdm-01 HOUSING", booking.reference.lower()):
        assert booking.reference in page.get("/bookings/", {"q": search}).content.decode()
    said = page.get("/bookings/", {"q": "gear"}).content.decode()
    assert "No reservation found for “gear”." in said
    assert booking.reference not in said


def test_an_organisation_is_chosen_in_the_address_and_only_ones_own(client, make_reservation, org_manager, kempen):
    make_reservation(title="Housing")
    client.force_login(org_manager)
    assert "Housing" in client.get("/bookings/?whose=verhagen").content.decode()
    assert "Housing" not in client.get("/bookings/?whose=kempen").content.decode()


def test_again_is_the_next_week_that_is_ahead_on_the_wall_clock(make_reservation):
    before_the_clock_changes = make_reservation("2027-03-22 09:00", "2027-03-22 10:00")
    assert "2027-03-29T09%3A00%3A00%2B02%3A00" in again(before_the_clock_changes, NOW)
    long_after = wall("2027-04-06 12:00")
    assert "2027-04-12T09%3A00%3A00%2B02%3A00" in again(before_the_clock_changes, long_after)


def test_a_booking_tells_its_history_what_was_decided_and_what_is_the_matter(
    page, make_reservation, facility_manager, engineer
):
    reservation = make_reservation()
    Override.objects.create(reservation=reservation, code="too_long", by=facility_manager, reason="Open day", at=NOW)
    Issue.objects.create(reservation=reservation, code="outside_opening_hours", opened_at=NOW)
    other = make_reservation("12:00", "13:00")
    move(reservation=other, actor=engineer, now=NOW, start=wall("13:00"), end=wall("14:00"))
    said = page.get(f"/bookings/{reservation.booking.reference}/").content.decode()
    assert "Manager made an exception to a rule: Open day" in said
    assert "outside opening hours" in said
    moved = page.get(f"/bookings/{other.booking.reference}/").content.decode()
    assert "12:00–13:00 → Mon 1 March 2027 13:00–14:00" in moved
