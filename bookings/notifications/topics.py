"""What notifications about bookings are about: the topic `booking/123`, and the reservations that one tells of."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Prefetch

from bookings.models import Booking, Reservation
from core.clock import wall
from notifications.models import Notification

TOPIC = "booking"


def topic_of(booking_id: int) -> str:
    return f"{TOPIC}/{booking_id}"


def load_bookings(notifications: Sequence[Notification]) -> None:
    """The booking of each with its reservations and what letters say of them, in its `subject`; None where it is gone.
    Two statements."""
    reservations = Reservation.objects.select_related("equipment__type", "equipment__fieldlab", "operator", "booking")
    found = (
        Booking.objects.filter(pk__in={pk for n in notifications if (pk := _booking_id(n)) is not None})
        .select_related("organisation", "booker", "purpose")
        .prefetch_related(Prefetch("reservations", reservations.order_by("period", "pk")))
        .in_bulk()
    )
    for notification in notifications:
        pk = _booking_id(notification)
        notification.subject = found.get(pk) if pk is not None else None


def booking_of(notification: Notification) -> Booking | None:
    """Read with its reservations where it was not loaded before; None where it is gone."""
    if not isinstance(notification.subject, Booking):
        load_bookings([notification])
    return notification.subject if isinstance(notification.subject, Booking) else None


def reservations_of(notification: Notification) -> list[Reservation]:
    """What a notification tells of, in the order of the booking's: those its payload names, those of its day or of its
    end, or all of them."""
    booking, payload = booking_of(notification), notification.payload
    found = list(booking.reservations.all()) if booking else []
    if "reservations" in payload:
        found = [r for r in found if r.pk in payload["reservations"]]
    if "day" in payload:
        day = date.fromisoformat(payload["day"])
        found = [r for r in found if wall(r.start).date() == day]
    if "ends" in payload:
        found = [r for r in found if r.end.isoformat() == payload["ends"]]
    return found


def _booking_id(notification: Notification) -> int | None:
    """None where it names no booking."""
    number = notification.topic.removeprefix(f"{TOPIC}/")
    return int(number) if number.isdecimal() else None
