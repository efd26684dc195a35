"""What happened to a booking and its reservations, and who did it, from the events that the database itself keeps."""

from collections.abc import Sequence
from typing import Any

from bookings.models import Booking, Purpose, Reservation
from core.formatting import period_in_words
from equipment.models import Equipment, Operator
from organisations.history import Entry, Names, events_of, read, value_in_words
from organisations.models import Organisation

# What follows from another column, or says the same as one.
NOT_TOLD = {"occupied", "operated", "revision", "decided_by", "decided_at", "cancelled_at", "pattern"}
NAMED = {Equipment: (), Operator: ("user",), Purpose: (), Organisation: ()}


def history_of(booking: Booking, reservations: Sequence[Reservation]) -> list[Entry]:
    """Of a booking and these of its reservations, the latest first. A constant number of statements."""
    theirs = events_of(Reservation, pgh_obj__in=[reservation.pk for reservation in reservations])
    events = [*events_of(Booking, pgh_obj=booking), *theirs]
    return read(events, about=_about, named=NAMED, not_told=NOT_TOLD, in_words=_in_words)


def _about(event, names: Names) -> str:
    """The reference of a booking; of a reservation the machine and the time, as they were after it."""
    if event.pgh_tracked_model is Booking:
        return event.reference
    code = names[Equipment][event.equipment_id].code
    return f"{code}, {period_in_words(event.period.lower, event.period.upper)}"


def _in_words(value: Any) -> str:
    return period_in_words(value.lower, value.upper) if hasattr(value, "lower_inc") else value_in_words(value)
