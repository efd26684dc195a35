"""One machine: its week, what one has to know, and booking it."""

from datetime import date, datetime, timedelta

import segno
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.forms.booking import BookingForm
from bookings.models import Reservation, ReservationState
from bookings.services import next_free
from bookings.timeline.drawing import calendar_height, calendar_hours, day_bounds, days
from bookings.timeline.lanes import lanes
from bookings.views.book import answered, sign_in_first
from bookings.views.bookings import Row, rows_of, with_all_that_is_said
from core.clock import ZONE
from core.day_field import read_day
from equipment.models import ONE_DAY, Certificate, CertificateKind, Equipment
from equipment.views.photos import photo_of
from organisations.models import User

FARTHEST_WEEK = timedelta(days=3660)  # to look back at, or ahead to


@require_http_methods(["GET", "HEAD", "POST"])
def machine(request, code: str):
    """GET shows the machine, its week and the form; POST books, or fills in the alternative that was chosen. Who was
    signed out meanwhile signs in and finds the form as it was filled in."""
    if not request.user.is_authenticated:
        return sign_in_first(request)
    now = timezone.now()
    equipment = get_object_or_404(Equipment.objects.with_type(), code=code)
    form, booking = answered(request, equipment, now)
    if booking:
        return redirect("booking", booking.reference)
    return _show(request, equipment, form, now, status=422 if form.errors else 200)


@login_required
@require_safe
def card(request, code: str):
    """A card to print and hang at the machine: who scans it is at its page."""
    equipment = get_object_or_404(Equipment.objects.with_type(), code=code)
    address = request.build_absolute_uri(reverse("machine", args=[equipment.code]))
    square = segno.make(address, error="m", micro=False)
    drawing = square.svg_inline(
        scale=8, border=2, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff"
    )
    return render(request, "bookings/card.html", {"equipment": equipment, "address": address, "qr": drawing})


def _show(request, equipment: Equipment, form: BookingForm, now: datetime, status: int = 200):
    monday = _week(request.GET.get("week"), form, now)
    dates = [monday + timedelta(days=n) for n in range(7)]
    start, end = day_bounds(dates[0])[0], day_bounds(dates[-1])[1]
    one = Equipment.objects.with_type().filter(pk=equipment.pk)
    [lane] = lanes(equipment=one, user=request.user, start=start, end=end, now=now)
    context = {
        "equipment": equipment,
        "photo": photo_of(equipment),
        "policy": equipment.policy,
        "needed": _needed(equipment, request.user, now.astimezone(ZONE).date()),
        "here": _at_the_machine(equipment, request.user, now),
        "next_free": next_free(equipment, person=request.user, organisation=form.chosen, now=now),
        "form": form,
        "now": now,
        "monday": monday,
        "sunday": dates[-1],
        "previous": monday - timedelta(days=7),
        "next": monday + timedelta(days=7),
        "days": days(lane, dates, now=now),
        "calendar_hours": (hours := calendar_hours(lane)),
        "calendar_height": calendar_height(hours),
    }
    return render(request, "bookings/machine.html", context, status=status)


def _at_the_machine(equipment: Equipment, user: User, now: datetime) -> list[Row]:
    """What this person may check in on or out of here and now: whoever scans the code on the machine stands before
    it."""
    held = Reservation.objects.visible_to(user).filter(
        equipment=equipment,
        state__in=(ReservationState.CONFIRMED, ReservationState.IN_USE),
        period__startswith__lt=now + timedelta(days=1),
    )
    soon = held.filter(period__endswith__gt=now) | held.filter(state=ReservationState.IN_USE)
    rows = rows_of(with_all_that_is_said(soon.order_by("period")), user, now)
    return [row for row in rows if row.may_check_in or row.may_check_out]


def _needed(equipment: Equipment, person: User, today: date) -> list[tuple[CertificateKind, date | None]]:
    """The certificates that it takes, each with the first day on which this person no longer has it; None where they
    have none today."""
    held = Certificate.objects.valid_on(today).filter(kind=OuterRef("pk"), user=person).order_by("-valid_until")
    kinds = equipment.type.required_certificates.annotate(until=Subquery(held.values("valid_until")[:1]))
    return [(kind, kind.until and kind.until - ONE_DAY) for kind in kinds]


def _week(asked: str | None, form: BookingForm, now: datetime) -> date:
    """The Monday of the week asked for, as 2026-W48; else of the form's day; else of today."""
    today = now.astimezone(ZONE).date()
    day = _monday_of(asked) or _day_of(form, today) or today
    if abs(day - today) > FARTHEST_WEEK:
        day = today
    return day - timedelta(days=day.weekday())


def _monday_of(week: str | None) -> date | None:
    try:
        return datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=ZONE).date()
    except ValueError:
        return None


def _day_of(form: BookingForm, today: date) -> date | None:
    day = form["day"].value()
    return day if isinstance(day, date) else read_day(day or "", today=today)
