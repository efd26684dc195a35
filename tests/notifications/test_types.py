"""A kind of notification is one class: what the rest of the system makes of it, tried with one that is made here."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from notifications import outbox, types
from notifications.letter import Letter, Line, address_of
from notifications.models import Notification
from notifications.types import NotificationType, Section, register
from notifications.writing import write_notifications
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def door_opened(monkeypatch):
    """All that a developer writes to add a kind."""
    monkeypatch.setattr(types, "_types", dict(types._types))

    @register
    class DoorOpened(NotificationType):
        code, label, section = "door_opened", "door opened at night", Section.OVERVIEWS

        def compose(self, notification: Notification, *, now) -> Letter | None:
            door = notification.payload["door"]
            return Letter(
                subject=f"Door {door} was opened",
                opening="Somebody opened it while nobody was expected.",
                address=address_of("desk"),
                action="Open the desk",
                lines=(Line("02:30", (door,)),),
            )

    return DoorOpened


@pytest.fixture
def note(engineer):
    def note(**fields) -> Notification:
        one = Notification(
            kind="door_opened", recipient=engineer, key="door/7", payload={"door": "D7"}, due_at=NOW, **fields
        )
        write_notifications([one], NOW)
        return one

    return note


def test_a_new_kind_is_mailed_listed_opened_and_can_be_switched_off(
    door_opened, note, mail_server, client, engineer, monkeypatch
):
    monkeypatch.setattr(timezone, "now", lambda: NOW + MINUTE)
    one = note()
    assert outbox.sweep(clock=lambda: NOW) == 1
    (mail,) = mail_server.taken
    assert str(mail["Subject"]).strip() == "Door D7 was opened"
    client.force_login(engineer)
    assert "Door D7 was opened" in client.get("/notices/").content.decode()
    page = client.get(f"/notices/{one.pk}/").content.decode()
    assert "Somebody opened it while nobody was expected." in page
    assert 'href="/desk/"' in page
    assert "Door opened at night" in client.get("/me/notices/").content.decode()


def test_a_new_kind_needs_no_migration(door_opened, note):
    note()
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_two_kinds_have_not_one_code(door_opened):
    with pytest.raises(ValueError, match="door_opened"):

        @register
        class Another(NotificationType):
            code, label = "door_opened", "another"


def test_a_kind_of_another_version_waits_for_it_and_is_shown_by_what_was_sent(
    note, mail_server, client, engineer, monkeypatch
):
    monkeypatch.setattr(timezone, "now", lambda: NOW + MINUTE)
    one = note()
    assert outbox.sweep(clock=lambda: NOW) == 0
    one.refresh_from_db()
    assert (one.sent_at, one.withdrawn_at, one.tried) == (None, None, 0)
    told = Letter(subject="Door D7 was opened", opening="At night.", address="/desk/", action="Open").as_told()
    Notification.objects.filter(pk=one.pk).update(told=told, sent_at=NOW)
    client.force_login(engineer)
    assert "Door D7 was opened" in client.get("/notices/").content.decode()
    assert "At night." in client.get(f"/notices/{one.pk}/").content.decode()


def test_one_whose_subject_cannot_be_read_holds_up_no_other(door_opened, note, engineer, mail_server, monkeypatch):
    """However its kind goes wrong while many are read at once: each is read again by itself."""
    note()
    for topic in ("", "booking/", "booking/x"):
        spoilt = Notification(kind="confirmation", recipient=engineer, key=f"spoilt/{topic}", topic=topic, due_at=NOW)
        write_notifications([spoilt], NOW)
    outbox.sweep(clock=lambda: NOW)
    assert [str(mail["Subject"]).strip() for mail in mail_server.taken] == ["Door D7 was opened"]
    assert Notification.objects.filter(key__startswith="spoilt/", withdrawn_at=NOW).count() == 3

    def fails(self, notifications):
        raise KeyError("door")

    monkeypatch.setattr(door_opened, "load", fails)
    Notification.objects.filter(kind="door_opened").delete()
    note()
    assert outbox.sweep(clock=lambda: NOW) == 1


def test_sent_again_it_says_what_it_said_and_that_things_have_changed(door_opened, note, mail_server):
    one = note()
    outbox.sweep(clock=lambda: NOW)
    Notification.objects.filter(pk=one.pk).update(payload={"door": "D8"})
    outbox.send_again(Notification.objects.all(), now=NOW)
    outbox.sweep(clock=lambda: NOW)
    first, again = (mail.get_body(("plain",)).get_content() for mail in mail_server.taken)
    assert "D7" in first
    assert "D7" in again
    assert "D8" not in again
    assert "Things have changed since." in again
    one.refresh_from_db()
    assert one.told["subject"] == "Door D7 was opened"
    assert one.told["more"] == []


def test_sent_again_unchanged_it_is_the_same_mail(door_opened, note, mail_server):
    note()
    outbox.sweep(clock=lambda: NOW)
    outbox.send_again(Notification.objects.all(), now=NOW)
    outbox.sweep(clock=lambda: NOW)
    first, again = (mail.get_body(("plain",)).get_content() for mail in mail_server.taken)
    assert first == again


def test_a_letter_that_is_kept_comes_back_as_it_was():
    letter = Letter(
        subject="s",
        opening="o",
        address="http://localhost:8000/desk/?day=1",
        action="a",
        lines=(Line("09:00", ("FDM-01", "FDM-02"), "name", "note"),),
        more=("m",),
        about="b",
        left_out=2,
    )
    assert Letter.from_told(letter.as_told()) == letter
    assert letter.page == "/desk/?day=1"
