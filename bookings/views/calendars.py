"""Reservations as a file that calendar programs open."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from bookings.ical.entries import calendar_of
from bookings.models import Booking, Reservation, ReservationQuerySet


@login_required
@require_safe
def booking_calendar(request, reference: str):
    """Every reservation of a booking, those that were cancelled too: a calendar that has them takes them out."""
    booking = get_object_or_404(Booking.objects.visible_to(request.user), reference=reference)
    return _file(booking.reservations.order_by("period"), name=reference)


@login_required
@require_safe
def reservation_calendar(request, pk: int):
    found = Reservation.objects.visible_to(request.user)
    reservation = get_object_or_404(found.select_related("booking"), pk=pk)
    return _file(found.filter(pk=pk), name=f"{reservation.booking.reference}-{pk}")


def _file(reservations: ReservationQuerySet, *, name: str) -> HttpResponse:
    content_type = "text/calendar; charset=utf-8; method=PUBLISH"
    answer = HttpResponse(calendar_of(reservations), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return answer
