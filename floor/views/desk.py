"""The facility's desk: what runs, what comes, what is late and what is free, with one button on each card."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bookings.lifecycle import Available, available_of_each, late_from
from bookings.models import Issue, Reservation, ReservationState
from bookings.timeline.drawing import state_now
from bookings.timeline.lanes import Lane, lanes
from bookings.timeline.scale import day_bounds
from core.clock import ZONE
from core.refusals import Refused
from equipment.models import Certificate, Equipment
from floor import services
from organisations.models import User
from organisations.permissions import technicians_only

LOOKS_AHEAD = timedelta(days=8)  # to say until when a machine is free
WARNS_OF_CERTIFICATES = timedelta(days=30)
MOST = 8  # of a list beside the floor


@dataclass(frozen=True, slots=True)
class Card:
    """A reservation on the desk, and what its reader can do with it now. `overdue`: in use past its end."""

    reservation: Reservation
    can: Available
    overdue: bool

    @property
    def in_use(self) -> bool:
        return self.reservation.state == ReservationState.IN_USE


@technicians_only
@require_safe
def desk(request):
    """Today. Asked by htmx, only the part that changes."""
    now = timezone.now()
    today = now.astimezone(ZONE).date()
    machines = Equipment.objects.in_service().with_type()
    floor = lanes(equipment=machines, user=request.user, start=now, end=now + LOOKS_AHEAD, now=now)
    columns = _columns(request.user, now, today)
    used = {card.reservation.equipment_id for card in [*columns["running"], *columns["late"]] if card.in_use}
    free = [lane for lane in floor if _is_free(lane, now) and lane.equipment.pk not in used]
    context = {
        "now": now,
        **columns,
        "free": [{"equipment": lane.equipment, "state": state_now(lane, now)} for lane in free],
        "out": [{"equipment": lane.equipment, "until": until} for lane in floor if (until := _out_until(lane, now))],
        **_beside(now, today),
        "most": MOST,
    }
    part = "HX-Request" in request.headers
    return render(request, "floor/parts/desk_floor.html" if part else "floor/desk.html", context)


def _columns(user: User, now: datetime, today: date) -> dict[str, list[Card]]:
    """Now, next and late: of what is in use, and what is confirmed for today. One statement."""
    start, end = day_bounds(today)
    held = Reservation.objects.filter(state=ReservationState.CONFIRMED, period__overlap=(start, end))
    held = held.filter(period__endswith__gt=now) | Reservation.objects.filter(state=ReservationState.IN_USE)
    related = ("equipment__type", "equipment__fieldlab", "booking__organisation", "booking__booker", "use")
    columns: dict[str, list[Card]] = {"running": [], "coming": [], "late": []}
    reservations = list(held.select_related(*related).order_by("period", "pk"))
    in_use = frozenset(r.equipment_id for r in reservations if r.state == ReservationState.IN_USE)
    can = available_of_each(reservations, user, now, machines_in_use=in_use)
    for reservation in reservations:
        running = reservation.state == ReservationState.IN_USE
        overdue = running and reservation.end <= now
        late = overdue or (not running and late_from(reservation) <= now)
        column = "late" if late else "running" if running else "coming"
        columns[column].append(Card(reservation, can[reservation.pk], overdue))
    return columns


def _beside(now: datetime, today: date) -> dict:
    """What waits for somebody, apart from the floor."""
    requests = Reservation.objects.filter(state=ReservationState.REQUESTED, period__endswith__gt=now)
    ending = Certificate.objects.valid_on(today).filter(valid_until__lte=today + WARNS_OF_CERTIFICATES)
    issues = Issue.objects.open().filter(reservation__in=Reservation.objects.holding().going_on_or_ahead(now))
    return {
        "requests": requests.select_related("equipment", "booking__organisation").order_by("period", "pk")[: MOST + 1],
        "certificates": ending.select_related("user", "kind").order_by("valid_until")[: MOST + 1],
        "issues": issues.count(),
    }


def _is_free(lane: Lane, now: datetime) -> bool:
    return any(period.start <= now < period.end for period in lane.free)


def _out_until(lane: Lane, now: datetime) -> datetime | None:
    return next((period.end for period in lane.out if period.start <= now < period.end), None)


@login_required
@require_POST
def check_in(request, pk: int):
    return _do(request, pk, services.check_in, _("Checked in: %(code)s."))


@login_required
@require_POST
def check_out(request, pk: int):
    return _do(request, pk, services.check_out, _("Checked out: %(code)s is free again."))


@technicians_only
@require_POST
def mark_no_show(request, pk: int):
    return _do(request, pk, services.mark_no_show, _("Marked as no-show. %(code)s is free again."))


def _do(request: HttpRequest, pk: int, service: Callable[..., Reservation], done: str):
    """Does it and says so, back where the button was: the desk, or the page of the booking."""
    seen = Reservation.objects.visible_to(request.user).select_related("booking", "equipment__type")
    reservation = get_object_or_404(seen, pk=pk)
    try:
        service(reservation=reservation, actor=request.user, now=timezone.now())
    except Refused as refused:
        for refusal in refused.refusals:
            messages.error(request, f"{refusal.equipment}: {refusal.message}")
    else:
        messages.success(request, done % {"code": reservation.equipment.code})
    if request.POST.get("back") == "desk":
        return redirect("desk")
    return redirect("booking", reservation.booking.reference)
