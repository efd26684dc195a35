"""What the pages let somebody press is what the table says is possible, and pressing it works."""

import re
from html import unescape

import pytest
from django.db import transaction

from bookings.lifecycle import available_transitions
from bookings.models import Reservation, Use
from tests.bookings.lifecycle.conftest import as_it_is
from tests.bookings.lifecycle.test_truth_table import Undo, machine_in_use
from tests.conftest import AMSTERDAM, NOW, wall

pytestmark = pytest.mark.django_db

ADDRESS = re.compile(r'(?:href|action)="([^"#]*)')
# Transitions by the address that a page shows; of a move, which of the two the state decides.
SHOWN_AS = {
    "/reservations/{pk}/move/": {"move", "change_end"},
    "/bookings/{reference}/cancel/?reservation={pk}": {"cancel"},
    "/reservations/{pk}/check-in/": {"check_in"},
    "/reservations/{pk}/check-out/": {"check_out"},
    "/reservations/{pk}/nobody-came/": {"mark_no_show"},
    "/requests/{pk}/approve/": {"approve"},
    "/requests/{pk}/decline/": {"decline"},
}
ON_A_BOOKING = {"move", "change_end", "cancel", "check_in", "check_out"}
# Which pages there are, and what each shows of what is possible. The machine's page is for who stands before it; the
# desk is for today.
PAGES = {
    "/bookings/{reference}/": ON_A_BOOKING,
    "/bookings/?whose=all": ON_A_BOOKING - {"check_in", "check_out"},
    "/bookings/?whose=all&when=past": ON_A_BOOKING - {"check_in", "check_out"},
    "/machines/FDM-01/": {"check_in", "check_out"},
    "/desk/": {"check_in", "check_out", "mark_no_show"},
    "/requests/": {"approve", "decline"},
}
REACHES = {
    "cancel": "cancelled",
    "check_in": "in_use",
    "check_out": "completed",
    "mark_no_show": "no_show",
    "approve": "confirmed",
    "decline": "declined",
}
MOMENTS = [NOW, wall("09:40"), wall("11:00")]
STATES = ["requested", "confirmed", "in_use", "completed", "cancelled", "no_show"]


def shown_on(client, page: str, reservation: Reservation) -> dict[str, set]:
    """The addresses of buttons and links about this reservation, with the transitions that they lead to."""
    about = {"pk": reservation.pk, "reference": reservation.booking.reference}
    answer = client.get(page.format(**about))
    if answer.status_code in (403, 404):
        return {}
    assert answer.status_code == 200, page
    addresses = {unescape(address) for address in ADDRESS.findall(answer.content.decode())}
    return {known: names for form, names in SHOWN_AS.items() if (known := form.format(**about)) in addresses}


def press(client, address: str, name: str, reservation: Reservation) -> None:
    """As somebody does who goes on to the button that the page behind a link shows."""
    if name in ("move", "change_end"):
        page = client.get(address)
        assert b"can no longer be moved" not in page.content
        start = f"{reservation.start.astimezone(AMSTERDAM):%H:%M}"
        sent = {"day": "2027-03-01", "start": start, "end": "12:00", "equipment": "FDM-01", "revision": 0}
        answer = client.post(address, sent)
        assert answer.status_code == 302, answer.content
        assert Reservation.objects.get(pk=reservation.pk).end == wall("12:00")
        return
    sent = {"reservation": reservation.pk, "reason": "Open day"}
    client.post(address.partition("?")[0], sent, follow=True)
    assert Reservation.objects.get(pk=reservation.pk).state == REACHES[name]


@pytest.mark.parametrize("role", ["booker", "supervisor", "technician", "auditor", "facility manager"])
def test_every_button_is_a_transition_that_is_possible_and_works(client, reservation, people, at, role):
    pressed = set()
    for when in MOMENTS:
        at(when)
        client.force_login(people[role])
        for state in STATES:
            try:
                with transaction.atomic():
                    Reservation.objects.update(state=state)
                    if state == "in_use":
                        Use.objects.create(reservation=reservation, started_at=when, started_by=people["booker"])
                    pressed |= _look_and_press(client, people[role], when)
                    raise Undo
            except Undo:
                pass
    may = {
        "booker": ON_A_BOOKING,
        "supervisor": {"check_in", "check_out"},
        "technician": {"check_in", "check_out", "mark_no_show"},
        "facility manager": ON_A_BOOKING | {"mark_no_show", "approve", "decline"},
    }
    assert pressed == may.get(role, set())


def _look_and_press(client, person, when) -> set[str]:
    reservation = as_it_is(Reservation.objects.get())
    possible = available_transitions(reservation, person, when).names
    pressed = set()
    for page, offers in PAGES.items():
        shown = shown_on(client, page, reservation)
        names = {name for each in shown.values() for name in each & possible}
        assert all(each & possible for each in shown.values()), (page, reservation.state, when, shown)
        if page == "/bookings/{reference}/":
            assert names == possible & offers, (reservation.state, when)
        assert names <= offers, page
        for address, each in shown.items():
            [name] = each & possible
            if name in pressed:
                continue
            try:
                with transaction.atomic():
                    press(client, address, name, reservation)
                    raise Undo
            except Undo:
                pressed.add(name)
    return pressed


def test_a_machine_in_use_has_a_word_in_place_of_the_button(client, reservation, people, at):
    machine_in_use(reservation)
    at(wall("09:00"))
    client.force_login(people["facility manager"])
    for page in (f"/bookings/{reservation.booking.reference}/", "/desk/"):
        told = client.get(page).content.decode()
        assert f"/reservations/{reservation.pk}/check-in/" not in told, page
        assert "FDM-01 is still in use" in told, page


def test_the_calendar_lets_nobody_drag_what_cannot_be_moved(client, reservation, people, at, printer_type):
    at(wall("10:00"))
    client.force_login(people["booker"])
    dragged = f'data-reservation="{reservation.pk}"'
    Use.objects.create(reservation=reservation, started_at=wall("09:00"), started_by=people["booker"])
    for state in ("confirmed", "in_use"):
        Reservation.objects.update(state=state)
        assert dragged in client.get("/floor/?date=2027-03-01").content.decode()
    printer_type.approval = "manager"
    printer_type.save()
    assert dragged not in client.get("/floor/?date=2027-03-01").content.decode()
    client.force_login(people["facility manager"])
    assert dragged in client.get("/floor/?date=2027-03-01").content.decode()
