"""The outbox of the facility: what waits, what failed and why, and sending it again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.notifications.topics import booking_of
from notifications import outbox
from notifications.models import Notification
from notifications.outbox import send_again
from tests.conftest import NOW, wall
from tests.notifications.conftest import mail_server as mail_server

LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, monkeypatch, facility_manager):
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    client.force_login(facility_manager)
    return client


@pytest.fixture
def notification(make_reservation):
    """A confirmation that failed."""
    make_reservation(title="Housing")
    notification = Notification.objects.get(kind="confirmation")
    Notification.objects.filter(pk=notification.pk).update(
        given_up_at=NOW, tried=8, last_error="550 5.1.1 no such mailbox"
    )
    return notification


def test_it_opens_with_what_failed_and_says_why(notification, desk):
    page = desk.get("/outbox/").content.decode()
    assert "550 5.1.1 no such mailbox" in page
    assert "engineer@example.org" in page
    assert notification.topic_name in page
    assert f'href="/bookings/{notification.topic_name}/"' in page


def test_what_failed_goes_out_again_under_another_id(notification, desk, mail_server):
    before = notification.message_id
    answer = desk.post(
        "/outbox/again/", {"notification": str(notification.pk), "show": "failed"}, follow=True
    ).content.decode()
    assert "1 notification is sent again." in answer
    assert outbox.sweep(clock=lambda: LATER) == 1
    assert [m["Message-ID"] for m in mail_server.taken] != [before]
    assert "Nothing failed." in desk.get("/outbox/?show=failed").content.decode()
    assert "sent again 1 time" in desk.get("/outbox/?show=sent").content.decode()


def test_all_that_failed_goes_out_with_one_press(notification, desk):
    assert (
        "1 notification is sent again."
        in desk.post("/outbox/again/", {"notification": "all failed"}, follow=True).content.decode()
    )
    assert Notification.objects.due(LATER).count() == 1


@pytest.mark.parametrize("one", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_is_told(desk, one):
    assert "Nothing to send again" in desk.post("/outbox/again/", {"notification": one}, follow=True).content.decode()


def test_only_what_ended_is_sent_again(make_reservation, mail_server):
    make_reservation()
    assert send_again(Notification.objects.all(), now=NOW) == 0
    outbox.sweep(clock=lambda: NOW)
    Notification.objects.filter(sent_at__isnull=False).update(by_mail=False)
    assert send_again(Notification.objects.all(), now=NOW) == 0


def test_a_reminder_that_is_no_use_any_more_is_withdrawn_not_sent(make_reservation, mail_server):
    make_reservation()
    Notification.objects.filter(kind="reminder").update(given_up_at=NOW)
    assert send_again(Notification.objects.all(), now=wall("2027-03-02 09:00")) == 2
    outbox.sweep(clock=lambda: wall("2027-03-02 09:01"))
    assert not [m for m in mail_server.taken if "Reminder" in m["Subject"]]


def test_what_waits_and_what_is_planned_are_lists_of_their_own(make_reservation, desk):
    make_reservation()
    waiting, planned = (desk.get(f"/outbox/?show={show}").content.decode() for show in ("waiting", "planned"))
    assert "Confirmation of a booking" in waiting
    assert "Reminder before the start" not in waiting
    assert "Reminder before the start" in planned


def test_one_finds_what_a_person_or_a_booking_was_told(notification, desk, make_reservation):
    reference = booking_of(notification).reference
    for q, there in (("engineer@", True), (reference.lower(), True), ("teacher", False)):
        assert ("550" in desk.get("/outbox/", {"q": q}).content.decode()) is there


def test_long_lists_come_in_parts(notification, desk):
    Notification.objects.bulk_create(
        Notification(
            kind="confirmation",
            recipient=notification.recipient,
            topic=notification.topic,
            topic_name=notification.topic_name,
            key=f"{number}",
            written_at=NOW,
            due_at=NOW,
            next_try_at=NOW,
            sent_at=NOW - timedelta(minutes=number),
        )
        for number in range(60)
    )
    first = desk.get("/outbox/?show=sent")
    second = desk.get("/outbox/?" + first.context["more"])
    shown = [row["notification"].pk for page in (first, second) for row in page.context["rows"]]
    assert (len(shown), len(set(shown))) == (60, 60)
    assert desk.get("/outbox/?show=sent&from=nonsense").status_code == 200


def test_it_is_for_facility_managers(client, engineer, org_manager, notification):
    for user in (engineer, org_manager):
        client.force_login(user)
        assert client.get("/outbox/").status_code == 403
        assert client.post("/outbox/again/", {"notification": str(notification.pk)}).status_code == 403


def test_more_than_a_page_of_one_moment_is_read_to_its_end(make_reservation, desk, facility_manager):
    """A sweep gives up a whole class at once: the next page begins where this one ended, and not at its moment."""
    Notification.objects.bulk_create(
        Notification(
            recipient=facility_manager,
            kind="morning",
            key=f"{number}",
            written_at=NOW,
            due_at=NOW,
            next_try_at=NOW,
            given_up_at=NOW,
        )
        for number in range(130)
    )
    seen: list = []
    address = "/outbox/?show=failed"
    for _page in range(3):
        context = desk.get(address).context
        seen += [row["notification"].pk for row in context["rows"]]
        address = f"/outbox/?{context['more']}"
    assert context["more"] == ""
    assert len(seen) == len(set(seen)) == 130
