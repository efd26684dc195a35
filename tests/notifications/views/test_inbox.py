"""The bell and the page of what one was told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.notifications.topics import booking_of
from bookings.services import cancel, move
from notifications import outbox
from notifications.models import Notification
from tests.conftest import NOW, wall


@pytest.fixture
def told(client, monkeypatch, make_reservation, engineer, facility_manager):
    """The engineer's client a minute after a facility manager moved what was booked; reminders are still to come."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(minutes=1))
    reservation = make_reservation(title="Housing")
    Notification.objects.filter(due_at__lte=NOW).delete()
    move(reservation=reservation, start=wall("13:00"), end=wall("15:00"), actor=facility_manager, now=NOW)
    client.force_login(engineer)
    return client


def test_the_bell_counts_what_was_told_and_not_what_is_planned(told):
    assert Notification.objects.count() > 1
    bell = told.get("/notices/unread.json").json()
    assert (bell["unread"], bell["text"]) == (1, "1")
    page = told.get("/notices/").content.decode()
    assert page.count('class="notice notice-unread"') == 1
    assert "FDM-01" in page


def test_opening_a_notification_shows_it_with_a_link_to_its_booking_and_counts_as_read(told):
    notification = Notification.objects.get(due_at__lte=NOW)
    page = told.get(f"/notices/{notification.pk}/").content.decode()
    assert "Manager moved your reservation." in page
    assert f'href="/bookings/{booking_of(notification).reference}/"' in page
    assert told.get("/notices/unread.json").json()["unread"] == 0


def test_what_was_sent_is_shown_as_it_was_sent_whatever_happened_since(told, mail_server, facility_manager):
    outbox.sweep(clock=lambda: NOW)
    (mail,) = mail_server.taken
    notification = Notification.objects.get(due_at__lte=NOW)
    cancel(reservation=booking_of(notification).reservations.get(), actor=facility_manager, now=NOW)
    page = told.get(f"/notices/{notification.pk}/").content.decode()
    assert str(mail["Subject"]).strip() in page
    assert "13:00–15:00" in page
    assert "This is what you were told then." in page
    assert page.count("See how it is now") == 1
    assert str(mail["Subject"]).strip() in told.get("/notices/").content.decode()


def test_one_s_own_deeds_are_listed_and_are_no_news(told, engineer, make_reservation):
    told.post("/notices/read/")
    cancel(reservation=make_reservation("16:00", "17:00"), actor=engineer, now=NOW)
    assert told.get("/notices/unread.json").json()["unread"] == 0
    page = told.get("/notices/").content.decode()
    assert page.count('class="notice notice-unread"') == 0
    assert "Cancelled:" in page


def test_all_are_read_with_one_press(told):
    assert "marked as read" in told.post("/notices/read/", follow=True).content.decode()
    assert told.get("/notices/unread.json").json()["unread"] == 0


def test_nobody_reads_what_others_were_told(told, client, other_engineer):
    notification = Notification.objects.get(due_at__lte=NOW)
    client.force_login(other_engineer)
    assert client.get(f"/notices/{notification.pk}/").status_code == 404
    assert "No notifications yet" in client.get("/notices/").content.decode()
    client.logout()
    assert client.get("/notices/unread.json").status_code == 401
