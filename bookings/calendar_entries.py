"""Reservations as entries for people's own calendars (RFC 5545)."""

from collections.abc import Callable, Iterable
from datetime import datetime

from icalendar import Calendar, Event, vText

from bookings.models import Reservation, ReservationState
from bookings.planning import ZONE

STATUS = {
    ReservationState.REQUESTED: "TENTATIVE",
    ReservationState.OFFERED: "TENTATIVE",
    ReservationState.CONFIRMED: "CONFIRMED",
    ReservationState.IN_USE: "CONFIRMED",
    ReservationState.COMPLETED: "CONFIRMED",
}


def calendar_of(
    reservations: Iterable[Reservation], *, host: str, address_of: Callable[[Reservation], str], now: datetime
) -> bytes:
    """A file with one entry for each, as something published: opened again it changes the entries it made before.

    `host` makes the entries' names unique in the world; `address_of` gives the page of a reservation. Times are
    Amsterdam's wall clock, with the zone's own changes of the clock in the file. Reads the booking, its purpose and
    the equipment with its fieldlab.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Brainport Industries Campus//Atrium//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for reservation in reservations:
        calendar.add_component(_entry(reservation, host, address_of(reservation), now))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _entry(reservation: Reservation, host: str, address: str, now: datetime) -> Event:
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
    event.add("location", vText(", ".join(place for place in places if place)))
    event.add("description", f"{equipment} · {booking.reference}\n{booking.purpose}\n{address}")
    event.add("url", address)
    return event
