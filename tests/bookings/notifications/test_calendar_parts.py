"""What a mail puts in the reader's calendar, read with the libraries that mail and calendar programs go by."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from bookings.notifications.types import MOST_ENTRIES
from bookings.notifications.writing import DECISIONS_GATHER
from bookings.scheduling.placement import RequestedSlot
from bookings.services import cancel, cancel_booking, move
from floor.services import approve, decline
from notifications import outbox
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture
def received(mail_server, engineer):
    """Sweep at a moment; the engineer's mails of it."""

    def received(now=NOW) -> list:
        before = len(mail_server.taken)
        outbox.sweep(clock=lambda: now)
        return [message for message in mail_server.taken[before:] if message["To"] == engineer.email]

    return received


def parts(message) -> list:
    return [part for part in message.walk() if part.get_content_type() == "text/calendar"]


def files(message) -> dict[str, Calendar]:
    """The attached files by their names."""
    return {part.get_filename(): Calendar.from_ical(part.get_content()) for part in message.iter_attachments()}


def only_entry(message):
    """(method, event) of an invitation; the part beside the text and the file say the same."""
    [part] = parts(message)
    calendar = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == calendar["METHOD"]
    assert files(message) == {"invite.ics": calendar}
    [event] = calendar.events
    return str(calendar["METHOD"]), event


def test_one_entry_lives_through_a_booking_a_move_and_the_end(make_reservation, engineer, received, settings):
    settings.DEFAULT_FROM_EMAIL = "BIC Atrium <booking@atrium.example>"
    reservation = make_reservation(title="Housing; v3, final")
    lives = [only_entry(message) for message in received()]
    move(reservation=reservation, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
    lives += [only_entry(message) for message in received()]
    cancel(reservation=reservation, actor=engineer, now=NOW)
    lives += [only_entry(message) for message in received()]

    assert [(method, event["SEQUENCE"]) for method, event in lives] == [("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)]
    assert {str(event["UID"]) for _method, event in lives} == {f"reservation-{reservation.pk}@127.0.0.1"}
    assert [str(event["STATUS"]) for _method, event in lives] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event.start for _method, event in lives] == [wall("09:00"), wall("13:00"), wall("13:00")]
    for _method, event in lives:
        assert event["ORGANIZER"] == "mailto:booking@atrium.example"
        assert event["ATTENDEE"] == f"mailto:{engineer.email}"
        assert event["ATTENDEE"].params["RSVP"] == "FALSE"
        assert event["SUMMARY"] == "FDM-01 Housing; v3, final"
        assert event["LOCATION"] == "FDM-01, Multi-Material 3D"
        assert event["URL"] == f"http://127.0.0.1:8000/bookings/{reservation.booking.reference}/"
        assert event.start.utcoffset() == timedelta(0)


@pytest.mark.parametrize("approved", [True, False])
def test_a_request_is_tentative_until_it_is_decided(
    make_reservation, printer_type, facility_manager, received, approved
):
    printer_type.approval = "manager"
    printer_type.save()
    reservation = make_reservation()
    [asked] = received()
    if approved:
        approve(reservation=reservation, actor=facility_manager, now=NOW)
    else:
        decline(reservation=reservation, actor=facility_manager, now=NOW, reason="The oven is needed.")
    [decided] = received(NOW + DECISIONS_GATHER)
    (asked_by, tentative), (method, entry) = only_entry(asked), only_entry(decided)
    assert (asked_by, tentative["STATUS"]) == ("REQUEST", "TENTATIVE")
    assert (method, entry["STATUS"]) == (("REQUEST", "CONFIRMED") if approved else ("CANCEL", "CANCELLED"))
    assert entry["UID"] == tentative["UID"]
    # The newer of two mails wins: by its number, or with the same number by when it was made.
    assert (entry["SEQUENCE"], entry["DTSTAMP"].dt) > (tentative["SEQUENCE"], tentative["DTSTAMP"].dt)


def test_of_a_few_reservations_each_has_a_file_and_none_is_an_invitation(make_booking, engineer, received):
    days = ("2027-03-02", "2027-03-03")
    booked = make_booking(*((f"{day} 09:00", f"{day} 10:00") for day in days))
    [confirmed] = received()
    cancel_booking(booking=booked.booking, actor=engineer, now=NOW)
    [cancelled] = received()
    for message, method in ((confirmed, "REQUEST"), (cancelled, "CANCEL")):
        assert parts(message) == []
        assert sorted(files(message)) == ["invite-FDM-01-20270302-0900.ics", "invite-FDM-01-20270303-0900.ics"]
        assert {str(calendar["METHOD"]) for calendar in files(message).values()} == {method}
        assert all(len(calendar.events) == 1 for calendar in files(message).values())


def test_of_a_class_nothing_is_attached(make_booking, printer, received):
    days = [wall("2027-03-02 09:00") + timedelta(weeks=week) for week in range(MOST_ENTRIES + 1)]
    make_booking(*(RequestedSlot(day, day + timedelta(hours=1), printer) for day in days))
    [message] = received()
    assert parts(message) == []
    assert files(message) == {}
