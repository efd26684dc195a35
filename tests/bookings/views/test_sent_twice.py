"""Every form of the pages, sent again since its answer was lost: what it does is done once, and told of once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from bookings.models import Booking, CalendarFeed, Reservation, ReservationState, Use
from equipment.models import Certificate, CertificateKind
from notifications.models import Notification
from organisations.models import TECHNICIANS, ApiToken
from tests.conftest import NOW, wall

FILLED_IN = {
    "day": "01-03-2027", "start": "9", "end": "11:00", "organisation": "verhagen", "title": "Housing " * 12,
    "purpose": "trial-production", "token": "a-form",
}  # fmt: skip


@pytest.fixture
def clock(monkeypatch):
    """`clock(moment)` sets what the views read."""

    def shows(moment) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    shows(NOW)
    return shows


@pytest.fixture
def twice(client, clock):
    """Sends the form twice, without looking at the first answer; what the page says after the second."""

    def send(user, address, data) -> list[str]:
        client.force_login(user)
        client.post(address, data)
        answer = client.post(address, data, follow=True)
        assert answer.status_code == 200
        return [str(message) for message in answer.context["messages"]]

    return send


@pytest.mark.parametrize("address", ["/book/?equipment=FDM-01", "/machines/FDM-01/"])
def test_booking(twice, engineer, printer, purpose, address):
    [said] = twice(engineer, address, FILLED_IN)
    assert said.startswith("Booked.")
    assert Booking.objects.count() == 1


def test_a_form_that_was_changed_after_it_booked_is_judged_anew(client, clock, engineer, printer, purpose):
    """However long what it says is, and wherever it differs: here in the last word, and its time is taken by now."""
    client.force_login(engineer)
    long = FILLED_IN | {"token": "t" * 64, "title": "x" * 120}
    assert client.post("/machines/FDM-01/", long).status_code == 302
    assert client.post("/machines/FDM-01/", long | {"people": "2"}).status_code == 422
    assert Booking.objects.count() == 1


def test_moving(twice, engineer, make_reservation):
    reservation = make_reservation()
    form = {"day": "01-03-2027", "start": "13", "end": "15", "equipment": "FDM-01", "revision": reservation.revision}
    [said] = twice(engineer, f"/reservations/{reservation.pk}/move/", form)
    assert said.startswith("Moved to FDM-01")
    reservation.refresh_from_db()
    assert (reservation.start, reservation.revision) == (wall("13:00"), 1)


def test_cancelling(twice, engineer, make_reservation):
    reservation = make_reservation()
    said = twice(engineer, f"/bookings/{reservation.booking.reference}/cancel/", {"reservation": reservation.pk})
    assert "This reservation has already been cancelled." in said
    assert Notification.objects.filter(kind="cancellation", recipient=engineer).count() <= 1


@pytest.mark.parametrize(("verb", "state"), [("approve", "confirmed"), ("decline", "declined")])
def test_deciding(twice, facility_manager, make_reservation, printer_type, verb, state):
    printer_type.approval = "manager"
    printer_type.save()
    reservation = make_reservation()
    said = twice(facility_manager, f"/requests/{reservation.pk}/{verb}/", {"reason": "Full"})
    assert any(text.startswith("You have already decided this:") for text in said)
    reservation.refresh_from_db()
    assert reservation.state == state


def test_checking_in_and_out(twice, clock, engineer, make_reservation):
    reservation = make_reservation()
    clock(wall("09:05"))
    assert twice(engineer, f"/reservations/{reservation.pk}/check-in/", {}) == ["Checked in: FDM-01."]
    assert twice(engineer, f"/reservations/{reservation.pk}/check-out/", {}) == ["Checked out: FDM-01 is free again."]
    assert Use.objects.count() == 1


def test_saying_that_nobody_came(twice, clock, facility_manager, make_reservation):
    reservation = make_reservation()
    clock(wall("10:30"))
    twice(facility_manager, f"/reservations/{reservation.pk}/nobody-came/", {})
    assert Reservation.objects.get().state == ReservationState.NO_SHOW


def test_sending_a_notification_again(twice, facility_manager, make_reservation):
    make_reservation()
    notification = Notification.objects.get(kind="confirmation")
    Notification.objects.filter(pk=notification.pk).update(sent_at=NOW - timedelta(hours=1))
    said = twice(
        facility_manager, "/outbox/again/", {"notification": str(notification.pk), "times": "0", "show": "sent"}
    )
    assert "1 notification is sent again." in said
    Notification.objects.filter(pk=notification.pk).update(
        sent_at=NOW
    )  # it went out; the page on the screen is that of before
    twice(facility_manager, "/outbox/again/", {"notification": str(notification.pk), "times": "0", "show": "sent"})
    notification.refresh_from_db()
    assert notification.sent_again == 1


def test_granting_a_certificate(twice, facility_manager, engineer):
    kind = CertificateKind.objects.create(name="Powder", slug="powder")
    facility_manager.groups.add(Group.objects.get(name=TECHNICIANS))
    form = {"person": engineer.email, "kind": kind.pk, "last_valid_day": "1-3-2028"}
    [said] = twice(facility_manager, "/certificates/grant/", form)
    assert said == "Engineer has “Powder” through 01-03-2028."
    certificate = Certificate.objects.get()
    twice(facility_manager, f"/certificates/{certificate.pk}/withdraw/", {"reason": "Lent it"})
    twice(facility_manager, "/certificates/grant/", form)
    assert Certificate.objects.filter(withdrawn_at=None).count() == 1


def shown_in(answer) -> str:
    return answer.content.decode().split('class="secret">')[1].split("<")[0]


@pytest.mark.parametrize(
    ("page", "address", "form", "made"),
    [
        ("/me/", "/me/tokens/", {"name": "planner"}, ApiToken),
        ("/me/feeds/", "/me/feeds/", {"of": "mine"}, CalendarFeed),
    ],
)
def test_making_a_secret(client, clock, engineer, page, address, form, made):
    """What is shown once is shown to who sends the form again, and is a key of its own to anybody else."""
    client.force_login(engineer)
    once = client.get(page).content.decode().split('name="form" value="')[1].split('"')[0]
    first, second = (shown_in(client.post(address, form | {"form": once})) for _time in range(2))
    assert first == second
    assert made.objects.count() == 1
    assert shown_in(client.post(address, form | {"form": "another"})) != first
    assert shown_in(client.post(address, form)) != shown_in(client.post(address, form))
    assert made.objects.count() == 4


def test_nobody_makes_the_secret_of_another(client, clock, engineer, other_engineer):
    made = []
    for user in (engineer, other_engineer):
        client.force_login(user)
        made.append(shown_in(client.post("/me/tokens/", {"name": "planner", "form": "same"})))
    assert len(set(made)) == 2
