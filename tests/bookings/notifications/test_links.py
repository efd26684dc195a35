"""What a mail lets its reader do without signing in: that one thing, once, and only on a press of the button."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Reservation, ReservationState, Use
from bookings.notifications.links import LASTS
from bookings.services import cancel, move
from notifications import outbox
from notifications.models import Notification
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def at(monkeypatch):
    def set_clock(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_clock(LATER)
    return set_clock


@pytest.fixture
def address(mail_server, settings):
    """The address without signing in from the last mail to somebody; None where it has none."""
    settings.SITE_URL = "https://book.example.org"

    def address(email, *, now=LATER):
        outbox.sweep(clock=lambda: now)
        mail = [m for m in mail_server.taken if m["To"] == email][-1]
        found = {
            re.search(r"https://book\.example\.org(/act/[^\s\"]+)", part.get_content())
            for part in (mail.get_body(("plain",)), mail.get_body(("html",)))
        }
        paths = {match and match[1] for match in found}
        assert len(paths) == 1
        return paths.pop()

    return address


def state(reservation):
    return Reservation.objects.get(pk=reservation.pk).state


class TestCancelling:
    def test_opening_it_says_what_would_happen_and_does_nothing(self, make_reservation, address, client, at):
        reservation = make_reservation()
        path = address("engineer@example.org")
        for _scanner in range(3):
            answer = client.get(path)
            assert client.head(path).status_code == 200
        said = answer.content.decode()
        assert "Cancel this reservation?" in said
        assert "FDM-01" in said
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert state(reservation) == ReservationState.CONFIRMED

    def test_the_button_does_it_once_without_signing_in(self, make_reservation, address, client, at):
        client.handler.enforce_csrf_checks = True
        reservation = make_reservation()
        path = address("engineer@example.org")
        assert "Cancelled" in client.post(path, headers={"origin": "null"}).content.decode()
        assert state(reservation) == ReservationState.CANCELLED
        assert Notification.objects.filter(kind="cancelled").count() == 1
        for answer in (client.post(path), client.get(path)):
            assert "Nothing to do here" in answer.content.decode()
        assert Notification.objects.filter(kind="cancelled").count() == 1

    def test_a_late_cancellation_is_said_first(self, make_reservation, address, client, at):
        make_reservation()
        path = address("engineer@example.org")
        at(wall("08:30"))
        assert "it counts as a late cancellation" in client.get(path).content.decode()

    def test_of_many_dates_one_message(self, make_booking, address, client, at):
        booking = make_booking(("09:00", "11:00"), ("2027-03-02 09:00", "2027-03-02 11:00")).booking
        path = address("engineer@example.org")
        assert "Cancel these reservations?" in client.get(path).content.decode()
        client.post(path)
        assert {r.state for r in booking.reservations.all()} == {ReservationState.CANCELLED}
        assert Notification.objects.filter(kind="cancelled").count() == 1

    def test_what_was_moved_since_is_left_alone(self, make_reservation, address, client, at, engineer):
        reservation = make_reservation()
        path = address("engineer@example.org")
        move(reservation=reservation, actor=engineer, now=LATER, start=wall("13:00"), end=wall("15:00"))
        assert "Nothing to do here" in client.post(path).content.decode()
        assert state(reservation) == ReservationState.CONFIRMED

    def test_the_reminder_cancels_what_is_on_that_day_alone(self, make_booking, address, client, at):
        booking = make_booking(("09:00", "11:00"), ("2027-03-02 09:00", "2027-03-02 11:00")).booking
        Notification.objects.filter(kind="confirmation").delete()
        at(wall("2027-02-28 18:00"))
        client.post(address("engineer@example.org", now=wall("2027-02-28 18:00")))
        assert [r.state for r in booking.reservations.order_by("period")] == ["cancelled", "confirmed"]

    def test_who_supervises_sees_it_and_cannot_cancel_it(self, make_reservation, address, at, org_manager, teacher):
        make_reservation(supervisor=teacher)
        assert address("teacher@example.org") is None


class TestWhoseItIs:
    def test_it_ends_with_the_account_the_address_and_the_time(self, make_reservation, address, client, at, engineer):
        make_reservation()
        path = address("engineer@example.org")
        engineer.email = "someone.else@example.org"
        engineer.save()
        assert client.post(path).status_code == 404
        engineer.email = "engineer@example.org"
        engineer.is_active = False
        engineer.save()
        assert client.post(path).status_code == 404

    def test_it_is_too_old_after_some_weeks(self, make_reservation, address, client, at, monkeypatch):
        make_reservation()
        path = address("engineer@example.org")
        monkeypatch.setattr("django.core.signing.time.time", lambda: 4_000_000_000 + LASTS.total_seconds())
        assert "Deze link werkt niet" in client.get(path).content.decode()

    @pytest.mark.parametrize(
        "spoil", [lambda p: p[:-3] + "/", lambda p: p.replace("/act/", "/act/x"), lambda p: "/act/x/"]
    )
    def test_a_spoilt_one_does_nothing(self, make_reservation, address, client, at, spoil):
        reservation = make_reservation()
        answer = client.post(spoil(address("engineer@example.org")))
        assert answer.status_code == 404
        assert "Meld je aan" in answer.content.decode()
        assert state(reservation) == ReservationState.CONFIRMED

    def test_it_speaks_the_language_of_its_reader(self, make_reservation, address, client, at, engineer):
        engineer.language = "nl"
        engineer.save()
        make_reservation()
        assert "Deze reservering annuleren?" in client.get(address("engineer@example.org")).content.decode()


class TestApproving:
    @pytest.fixture
    def asked(self, printer_type, facility_manager, make_reservation):
        printer_type.approval = "manager"
        printer_type.save()
        return make_reservation()

    def test_a_facility_manager_approves_from_the_mail(self, asked, address, client, at, facility_manager):
        path = address("manager@example.org")
        assert "Approve this request?" in client.get(path).content.decode()
        assert state(asked) == ReservationState.REQUESTED
        client.post(path)
        found = Reservation.objects.get(pk=asked.pk)
        assert (found.state, found.decided_by) == (ReservationState.CONFIRMED, facility_manager)

    def test_who_manages_no_longer_does_not(self, asked, address, client, at, facility_manager):
        path = address("manager@example.org")
        facility_manager.groups.clear()
        client.post(path)
        assert state(asked) == ReservationState.REQUESTED


class TestEnding:
    def test_who_is_done_gives_the_machine_free(self, make_reservation, make_booking, address, client, at, engineer):
        reservation = make_reservation("09:00", "11:00")
        other = make_reservation("11:30", "13:00")
        Notification.objects.filter(kind__in=("confirmation", "reminder")).delete()
        Reservation.objects.filter(pk=reservation.pk).update(state="in_use")
        Use.objects.create(reservation=reservation, started_at=wall("09:00"), started_by=engineer)
        Reservation.objects.filter(pk=other.pk).update(booking=other.booking)
        moment = wall("10:46")
        at(moment)
        path = address("engineer@example.org", now=moment)
        assert "Is the machine empty and clean?" in client.get(path).content.decode()
        client.post(path)
        assert state(reservation) == ReservationState.COMPLETED


def test_what_is_cancelled_by_hand_meanwhile_is_told_as_done(make_reservation, address, client, at, engineer):
    reservation = make_reservation()
    path = address("engineer@example.org")
    cancel(reservation=reservation, actor=engineer, now=LATER)
    assert "Nothing to do here" in client.get(path).content.decode()
