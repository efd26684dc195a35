"""Today in the demo: what is on was checked in, but for one that is late."""

from datetime import datetime, timedelta

from bookings.lifecycle import late_from
from bookings.models import Reservation, ReservationState
from floor.services import check_in

A_MINUTE = timedelta(minutes=1)


def begin_what_is_on(*, now: datetime) -> None:
    """Whoever booked checked in a minute after the start. The last to begin, past its grace, did not come yet."""
    on = Reservation.objects.filter(
        state=ReservationState.CONFIRMED, period__startswith__lte=now - A_MINUTE, period__endswith__gt=now
    )
    on = list(on.select_related("booking__booker", "equipment__type").order_by("period", "pk"))
    late = next((reservation for reservation in reversed(on) if late_from(reservation) <= now), None)
    for reservation in on:
        if len(on) == 1 or reservation is not late:
            check_in(reservation=reservation, actor=reservation.booking.booker, now=reservation.start + A_MINUTE)
