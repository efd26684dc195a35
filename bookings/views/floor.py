"""The floor: every machine, its day, its three days or its week, and its state now. All of it lives in the address."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import TextChoices
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from bookings.forms.booking import MachineFilter
from bookings.models import Reservation, ReservationState
from bookings.timeline.drawing import state_now, strip
from bookings.timeline.lanes import Lane, lanes
from bookings.timeline.scale import Scale, Tick, at, scale_of_days, scale_of_hours
from core.clock import ZONE
from core.day_field import read_day
from core.periods import within
from equipment.models import Equipment
from organisations.models import Organisation

LOOKS_AHEAD = timedelta(days=8)  # to say until when a machine is free, or when it opens
FARTHEST = timedelta(days=3660)  # to look back at, or ahead to
STRIP_HOURS = (6, 22)

conditional = decorator_from_middleware(ConditionalGetMiddleware)


class View(TextChoices):
    DAY = "day", _("Day")
    THREE_DAYS = "3days", _("Three days")
    WEEK = "week", _("Week")


LENGTHS = {View.DAY: 1, View.THREE_DAYS: 3, View.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Window:
    """What the floor shows: so many local days from `first` on. A single day is cut to the hours people are about."""

    view: View
    first: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(LENGTHS[self.view])]

    @property
    def scale(self) -> Scale:
        return scale_of_hours(self.first, STRIP_HOURS) if self.view == View.DAY else scale_of_days(self.days)

    def ticks(self, today: date) -> list[Tick]:
        scale = self.scale
        if self.view == View.DAY:
            return [Tick(scale.place(at(self.first, hour)), str(hour)) for hour in range(*STRIP_HOURS, 2)]
        return [Tick(scale.place(at(day, 0)), day, today=day == today) for day in self.days]

    @property
    def before(self) -> date:
        return self.first - timedelta(days=LENGTHS[self.view])

    @property
    def after(self) -> date:
        return self.first + timedelta(days=LENGTHS[self.view])


@login_required
@require_safe
@conditional
@vary_on_headers("HX-Request")
def floor(request):
    """All machines by fieldlab in the window that is asked for, with their state now where it holds today.

    To htmx and to floor.js only the machines, with an ETag of what is drawn: who looks again gets a 304 where nothing
    changed.
    """
    now = timezone.now()
    today = now.astimezone(ZONE).date()
    machines = Equipment.objects.in_service().with_type()
    processes = list(machines.order_by().values_list("type__process", flat=True).distinct())
    asked = request.GET.copy()
    asked["date"] = asked.get("date") or today.isoformat()
    form = MachineFilter(asked, processes=processes)
    window = _window(asked, today)
    scale, holds_today = window.scale, today in window.days
    read_from, read_until = at(window.first, 0), max(scale.end, now + LOOKS_AHEAD) if holds_today else scale.end
    found = lanes(equipment=form.found(machines), user=request.user, start=read_from, end=read_until, now=now)
    if form.cleaned_data.get("mine"):
        found = [lane for lane in found if _has_mine(lane, scale)]
    overdue = _in_use_past_its_time(now) if holds_today else frozenset()
    shown = [
        {
            "equipment": lane.equipment,
            "state": state_now(lane, now, overdue=lane.equipment.pk in overdue) if holds_today else None,
            "strip": strip(lane, scale=scale, now=now),
        }
        for lane in found
    ]
    context = {
        "form": form,
        "machines": shown,
        "now": now,
        "today": today,
        "window": window,
        "scale": scale,
        "ticks": window.ticks(today),
        "organisation": Organisation.objects.filter(memberships__user=request.user).first(),
        "views": View.choices,
    }
    part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    response = render(request, "bookings/parts/floor_machines.html" if part else "bookings/floor.html", context)
    if part:
        response["Cache-Control"] = "private, no-cache"  # kept for the 304, and never shown without having asked
    return response


def _in_use_past_its_time(now: datetime) -> frozenset[int]:
    """Machines that somebody checked in on and has not left, though the time is over."""
    left_on = Reservation.objects.filter(state=ReservationState.IN_USE, period__endswith__lte=now)
    return frozenset(left_on.values_list("equipment", flat=True))


def _has_mine(lane: Lane, scale: Scale) -> bool:
    return any(own.whose == "mine" and within(own.occupied, scale.start, scale.end) for own in lane.own)


def _window(query, today: date) -> Window:
    """What the address asks for; today's where it asks for nothing that can be read. A week begins on Monday."""
    view = View(query["view"]) if query.get("view") in View.values else View.DAY
    day = read_day(query["date"], today=today) or today
    if abs(day - today) > FARTHEST:
        day = today
    return Window(view, day - timedelta(days=day.weekday()) if view == View.WEEK else day)
