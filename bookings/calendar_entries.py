"""Reservations as entries for people's own calendars: published as a file (RFC 5545), or sent (RFC 5546, RFC 6047).

Both name a reservation alike, so that one calendar holds it once. Times are Amsterdam's wall clock, with the zone's own
changes of the clock in the file: Google goes by the name of the zone, Outlook by the changes, and both then show the
place's own time to who travels.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from icalendar import Calendar, Event, vCalAddress, vText

from bookings.models import Reservation, ReservationState
from bookings.planning import ZONE
from organisations.models import User

STATUS = {
    ReservationState.REQUESTED: "TENTATIVE",
    ReservationState.OFFERED: "TENTATIVE",
    ReservationState.CONFIRMED: "CONFIRMED",
    ReservationState.IN_USE: "CONFIRMED",
    ReservationState.COMPLETED: "CONFIRMED",
}
REQUEST, CANCEL = "REQUEST", "CANCEL"


def calendar_of(
    reservations: Iterable[Reservation], *, host: str, address_of: Callable[[Reservation], str], now: datetime
) -> bytes:
    """A file with one entry for each, as something published: opened again it changes the entries it made before.

    `host` makes the entries' names unique in the world; `address_of` gives the page of a reservation. Reads the
    booking, its purpose and the equipment with its fieldlab.
    """
    calendar = new_calendar("PUBLISH")
    for reservation in reservations:
        calendar.add_component(entry_of(reservation, host, address_of(reservation), now))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def invitation(reservation: Reservation, *, reader: User, now: datetime) -> tuple[str, bytes]:
    """The method and the file that puts a reservation in the reader's calendar, changes it there, or takes it out.

    REQUEST while it stands and CANCEL once it does not, under one name, with a number that grows with every move and
    with the end: a mail that comes late changes nothing back. The facility organises, and the reader is coming: nobody
    is asked for an answer. Reads what `calendar_of` does.
    """
    method = REQUEST if STATUS.get(ReservationState(reservation.state)) else CANCEL
    host, address = (
        site_host(),
        settings.SITE_URL.rstrip("/") + reverse("booking", args=[reservation.booking.reference]),
    )
    event = entry_of(reservation, host, address, now)
    name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    event.add("organizer", _person(sender, name))
    attendee = _person(reader.email, str(reader))
    attendee.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    event.add("attendee", attendee)
    calendar = new_calendar(method)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return method, calendar.to_ical()


def new_calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Brainport Industries Campus//Atrium//NL")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def site_host() -> str:
    """What makes the names of entries unique in the world."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def entry_of(reservation: Reservation, host: str, address: str, now: datetime) -> Event:
    booking, equipment = reservation.booking, reservation.equipment
    status = STATUS.get(ReservationState(reservation.state), "CANCELLED")
    places = (str(equipment.fieldlab), equipment.place or equipment.fieldlab.place)
    event = Event()
    event.add("uid", f"reservation-{reservation.pk}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", reservation.start.astimezone(ZONE))
    event.add("dtend", reservation.end.astimezone(ZONE))
    # A calendar takes a change only with a higher number: what ends comes after every move.
    event.add("sequence", reservation.revision + (status == "CANCELLED"))
    event.add("status", status)
    event.add("summary", f"{equipment.code} {booking.title or equipment.name}")
    event.add("location", vText(", ".join((equipment.code, *(place for place in places if place)))))
    event.add("description", f"{equipment} · {booking.reference}\n{booking.purpose}\n{address}")
    event.add("url", address)
    return event


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    if name:
        # A parameter may hold neither quotes nor line ends.
        person.params["CN"] = " ".join(name.replace('"', "'").split())
    return person
