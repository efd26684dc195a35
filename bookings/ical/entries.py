"""Reservations as entries for people's own calendars: published as a file (RFC 5545), or sent (RFC 5546, RFC 6047).

Both name a reservation alike, so that one calendar holds it once. Times are moments in UTC: each entry is a single
event, and a description of Amsterdam's zone would only be something for programs to misread (Outlook takes none that
lists its changes one by one). In October's double hour two moments have one wall-clock time, in UTC they never do.
"""

from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse

from bookings.ical.lines import Lines, calendar_file, moment, person, text
from bookings.models import Booking, Reservation, ReservationQuerySet, ReservationState
from organisations.models import User

STATUS = {
    ReservationState.REQUESTED: "TENTATIVE",
    ReservationState.OFFERED: "TENTATIVE",
    ReservationState.CONFIRMED: "CONFIRMED",
    ReservationState.IN_USE: "CONFIRMED",
    ReservationState.COMPLETED: "CONFIRMED",
}
REQUEST, CANCEL = "REQUEST", "CANCEL"


def described(reservations: ReservationQuerySet) -> QuerySet[Any]:
    """With all that their entries tell, in the statement that reads them; `changed_at` is when the database last kept
    a change of the reservation or of its booking."""
    changed = Greatest(_last_change(Reservation, "pk"), _last_change(Booking, "booking_id"))
    return reservations.select_related("booking__purpose", "equipment__fieldlab").annotate(
        # What was written in sets, for measuring, has no history.
        changed_at=Coalesce(changed, "booking__created_at")
    )


def _last_change(model: Any, key: str) -> Subquery:
    events = model.pgh_event_model.objects.filter(pgh_obj=OuterRef(key)).order_by()
    return Subquery(events.values("pgh_obj").values(last=Max("pgh_created_at")))


def calendar_of(reservations: ReservationQuerySet) -> bytes:
    """A file with one entry for each, as something published: opened again it changes the entries it made before."""
    return calendar_file(
        ["METHOD:PUBLISH"],
        (entry_of(reservation, stamp=reservation.changed_at) for reservation in described(reservations)),
    )


def invitation(reservation: Reservation, *, reader: User, now: datetime) -> tuple[str, bytes]:
    """The method and the file that puts a reservation in the reader's calendar, changes it there, or takes it out.

    REQUEST while it stands and CANCEL once it does not, under one name, with a number that grows with every move and
    with the end: a mail that comes late changes nothing back. The facility organises, and the reader is coming: nobody
    is asked for an answer. Reads the booking, its purpose and the equipment with its fieldlab.
    """
    method = REQUEST if STATUS.get(ReservationState(reservation.state)) else CANCEL
    coming = ";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE"
    attendee = person("ATTENDEE", reader.email, str(reader), coming)
    return method, calendar_file([f"METHOD:{method}"], [[*entry_of(reservation, stamp=now), attendee]])


def new_entry(name: str, *, start: datetime, end: datetime, stamp: datetime) -> Lines:
    """The lines of an event of the facility, which organises all of them (RFC 5546 asks for that of what is published
    as well).

    `name` and the host of the site make a name that is unique in the world. `stamp` is the moment that says which of
    two versions is the newer: when it changed of what is published, when it was sent of an invitation.
    """
    sender, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return [
        f"UID:{name}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}",
        f"DTSTAMP:{moment(stamp)}",
        f"LAST-MODIFIED:{moment(stamp)}",
        f"DTSTART:{moment(start)}",
        f"DTEND:{moment(end)}",
        person("ORGANIZER", address, sender),
    ]


def entry_of(reservation: Reservation, *, stamp: datetime) -> Lines:
    booking, equipment = reservation.booking, reservation.equipment
    status = STATUS.get(ReservationState(reservation.state), "CANCELLED")
    places = (equipment.code, str(equipment.fieldlab), equipment.place or equipment.fieldlab.place)
    address = settings.SITE_URL.rstrip("/") + reverse("booking", args=[booking.reference])
    return [
        *new_entry(f"reservation-{reservation.pk}", start=reservation.start, end=reservation.end, stamp=stamp),
        # A calendar takes a change only with a higher number: what ends comes after every move.
        f"SEQUENCE:{reservation.revision + (status == 'CANCELLED')}",
        f"STATUS:{status}",
        f"SUMMARY:{text(f'{equipment.code} {booking.title or equipment.name}')}",
        f"LOCATION:{text(', '.join(filter(None, places)))}",
        f"DESCRIPTION:{text(f'{equipment} · {booking.reference}')}\\n{text(str(booking.purpose))}\\n{text(address)}",
        f"URL:{address}",
    ]
