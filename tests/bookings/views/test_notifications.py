"""The bell and the page of what one was told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Notification
from tests.conftest import NOW


@pytest.fixture
def told(client, monkeypatch, make_reservation, engineer):
    """The engineer's client a minute after booking; the reminders are still to come."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=1))
    make_reservation(title="Housing")
    client.force_login(engineer)
    return client


def test_the_bell_counts_what_was_told_and_not_what_is_planned(told):
    assert Notification.objects.count() > 1
    bell = told.get("/notices/unread.json").json()
    assert (bell["unread"], bell["text"]) == (1, "1")
    page = told.get("/notices/").content.decode()
    assert page.count('class="notice notice-unread"') == 1
    assert "FDM-01" in page


def test_opening_a_notification_leads_to_its_booking_and_counts_as_read(told):
    notification = Notification.objects.get(due_at__lte=NOW)
    answer = told.get(f"/notices/{notification.pk}/")
    assert answer.url == f"/bookings/{notification.booking.reference}/"
    assert told.get("/notices/unread.json").json()["unread"] == 0


def test_all_are_read_with_one_press(told):
    assert "marked as read" in told.post("/notices/read/", follow=True).content.decode()
    assert told.get("/notices/unread.json").json()["unread"] == 0


def test_nobody_reads_what_others_were_told(told, client, other_engineer):
    notification = Notification.objects.get(due_at__lte=NOW)
    client.force_login(other_engineer)
    assert client.get(f"/notices/{notification.pk}/").status_code == 404
    assert "Nothing yet" in client.get("/notices/").content.decode()
    client.logout()
    assert client.get("/notices/unread.json").status_code == 401
