"""One machine: its week, what one has to know, and booking it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import segno
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.forms.booking import BookingForm, PeriodForm, may_cross_midnight
from bookings.models import Reservation, ReservationState
from bookings.services import next_free
from bookings.timeline.drawing import days, hours_shown
from bookings.timeline.lanes import Lane, lanes
from bookings.timeline.scale import day_bounds, hour_lines, hour_ticks
from bookings.views.book import PERIOD, answered, sign_in_first
from bookings.views.bookings import Row, rows_of, with_all_that_is_said
from bookings.views.floor import conditional
from core.clock import ZONE
from core.day_field import read_day
from core.periods import Period
from equipment.models import ONE_DAY, Certificate, CertificateKind, Equipment, EquipmentQuerySet
from equipment.views.photos import photo_of
from organisations.models import Organisation, User

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
@conditional
def week(request, code: str):
    """The week alone, for who looks again, steps through the weeks or changes the form, whose fields may be in the
    address: what it asks for is marked, in the week of its day where no `week` is asked for. With an ETag of what is
    drawn."""
    now = timezone.now()
    day = read_day(request.GET.get("day", ""), today=now.astimezone(ZONE).date())
    monday = _monday(request.GET.get("week"), day, now)
    seen = _seen(Equipment.objects.with_type().filter(code=code), request.user, monday, now)
    if not seen:
        raise Http404
    organisations = list(Organisation.objects.filter(memberships__user=request.user))
    chosen = request.GET.get("organisation")
    organisation = next((each for each in organisations if each.slug == chosen), next(iter(organisations), None))
    context = _week_of(seen[0], monday, organisation=organisation, asked=request.GET, now=now)
    response = render(request, "bookings/parts/machine_week.html", context)
    response["Cache-Control"] = "private, no-cache"  # kept for the 304, and never shown without having asked
    return response


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
    monday = _monday(request.GET.get("week"), _day_of(form, now.astimezone(ZONE).date()), now)
    [lane] = _seen(Equipment.objects.with_type().filter(pk=equipment.pk), request.user, monday, now)
    asked = {name: str(form[name].value() or "") for name in PERIOD}
    context = _week_of(lane, monday, organisation=form.chosen, asked=asked, now=now) | {
        "equipment": equipment,
        "photo": photo_of(equipment),
        "policy": equipment.policy,
        "needed": _needed(equipment, request.user, now.astimezone(ZONE).date()),
        "here": _at_the_machine(equipment, request.user, now),
        "next_free": next_free(equipment, person=request.user, organisation=form.chosen, now=now),
        "form": form,
    }
    return render(request, "bookings/machine.html", context, status=status)


def _dates(monday: date) -> list[date]:
    return [monday + timedelta(days=number) for number in range(7)]


def _seen(equipment: EquipmentQuerySet, user: User, monday: date, now: datetime) -> list[Lane]:
    start, end = day_bounds(monday)[0], day_bounds(_dates(monday)[-1])[1]
    return lanes(equipment=equipment, user=user, start=start, end=end, now=now)


def _week_of(
    lane: Lane, monday: date, *, organisation: Organisation | None, asked: Mapping[str, str], now: datetime
) -> dict:
    """What parts/machine_week.html draws. `asked` are fields of the form as they were typed, those of the period among
    them."""
    dates, hours = _dates(monday), hours_shown(lane)
    period = {name: asked[name] for name in PERIOD if asked.get(name)} if asked.get("start") else {}
    query = {"week": f"{monday:%G-W%V}", "organisation": organisation.slug if organisation else "", **period}
    return {
        "equipment": lane.equipment,
        "now": now,
        "organisation": organisation,
        "overnight": may_cross_midnight(lane.equipment.policy),
        "monday": monday,
        "sunday": dates[-1],
        "previous": monday - timedelta(days=7),
        "next": monday + timedelta(days=7),
        "address": f"{reverse('machine_week', args=[lane.equipment.code])}?{urlencode(query)}",
        "ticks": hour_ticks(hours),
        "hour_lines": hour_lines(hours),
        "days": days(lane, dates, hours=hours, now=now, asked=_period(period, lane.equipment)),
    }


def _period(typed: Mapping[str, str], equipment: Equipment) -> Period | None:
    """The period that the form asks for; None while it does not ask for one."""
    if not (typed.get("start") and typed.get("end")):
        return None
    form = PeriodForm(typed, machines=[equipment])
    return Period(*form.period) if form.is_valid() and form.period else None


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
    return [row for row in rows if row.can["check_in"] or row.can["check_out"]]


def _needed(equipment: Equipment, person: User, today: date) -> list[tuple[CertificateKind, date | None]]:
    """The certificates that it takes, each with the first day on which this person no longer has it; None where they
    have none today."""
    held = Certificate.objects.valid_on(today).filter(kind=OuterRef("pk"), user=person).order_by("-valid_until")
    kinds = equipment.type.required_certificates.annotate(until=Subquery(held.values("valid_until")[:1]))
    return [(kind, kind.until and kind.until - ONE_DAY) for kind in kinds]


def _monday(asked: str | None, day: date | None, now: datetime) -> date:
    """The Monday of the week asked for, as 2026-W48; else of the form's day; else of today."""
    today = now.astimezone(ZONE).date()
    day = _monday_of(asked) or day or today
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
