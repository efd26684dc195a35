"""Calendar files, read back with the library that calendar programs are checked with."""

from datetime import timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from bookings.services import cancel, move
from tests.conftest import NOW, wall


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch, settings):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    settings.SITE_URL = "https://atrium.example"


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


def entries(answer) -> list:
    assert answer["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    assert calendar["METHOD"] == "PUBLISH"
    return calendar.events


def test_an_entry_is_right_on_both_sides_of_a_clock_change(page, make_booking):
    booked = make_booking(("2027-03-26 09:00", "2027-03-26 11:00"), ("2027-03-29 09:00", "2027-03-29 11:00"))
    answer = page.get(f"/bookings/{booked.booking.reference}/calendar.ics")
    before, after = entries(answer)
    assert (before.start, after.start) == (wall("2027-03-26 09:00"), wall("2027-03-29 09:00"))
    # Moments: a description of the zone is what programs disagree about.
    assert [e.start.utcoffset() for e in (before, after)] == [timedelta(0), timedelta(0)]
    assert b"TZID" not in answer.content
    assert before["UID"] == f"reservation-{booked.reservations[0].pk}@atrium.example"
    assert before["SUMMARY"] == "FDM-01 Printer FDM-01"


def test_a_move_and_a_cancellation_change_the_same_entry(page, make_reservation, engineer):
    reservation = make_reservation(title="Housing; v3, final")
    there = f"/reservations/{reservation.pk}/calendar.ics"
    [first] = entries(page.get(there))
    move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
    [moved] = entries(page.get(there))
    cancel(reservation=reservation, actor=engineer, now=NOW)
    [gone] = entries(page.get(there))
    assert first["UID"] == moved["UID"] == gone["UID"]
    assert [e["SEQUENCE"] for e in (first, moved, gone)] == [0, 1, 2]
    assert [e["STATUS"] for e in (first, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert moved.start == wall("13:00")
    assert moved["SUMMARY"] == "FDM-01 Housing; v3, final"


def test_a_file_read_twice_is_the_same_byte_for_byte(page, make_reservation, monkeypatch):
    reservation = make_reservation()
    there = f"/reservations/{reservation.pk}/calendar.ics"
    first = page.get(there).content
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=3))
    assert page.get(there).content == first


def test_others_get_no_file(client, make_reservation, other_engineer):
    reservation = make_reservation()
    client.force_login(other_engineer)
    assert client.get(f"/reservations/{reservation.pk}/calendar.ics").status_code == 404
    assert client.get(f"/bookings/{reservation.booking.reference}/calendar.ics").status_code == 404
