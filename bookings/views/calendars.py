"""Reservations as a file that calendar programs open."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.calendar_entries import calendar_of, site_host
from bookings.models import Booking, Reservation


@login_required
@require_safe
def booking_calendar(request, reference: str):
    """Every reservation of a booking, those that were cancelled too: a calendar that has them takes them out."""
    booking = get_object_or_404(Booking.objects.visible_to(request.user), reference=reference)
    return _file(request, _described(booking.reservations.order_by("period")), name=reference)


@login_required
@require_safe
def reservation_calendar(request, pk: int):
    reservation = get_object_or_404(_described(Reservation.objects.visible_to(request.user)), pk=pk)
    return _file(request, [reservation], name=f"{reservation.booking.reference}-{reservation.pk}")


def _described(reservations):
    return reservations.select_related("booking__purpose", "equipment__fieldlab")


def _file(request: HttpRequest, reservations: Iterable[Reservation], *, name: str) -> HttpResponse:
    content = calendar_of(
        reservations,
        host=site_host(),
        address_of=lambda r: request.build_absolute_uri(reverse("booking", args=[r.booking.reference])),
        now=timezone.now(),
    )
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    answer["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return answer
