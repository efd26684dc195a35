"""The floor: every machine with its day and its state now."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.forms import MachineFilter
from bookings.planning import ZONE
from bookings.views.drawing import at, state_now, strip
from bookings.views.lanes import lanes
from equipment.models import Equipment

LOOKS_AHEAD = timedelta(days=8)  # to say until when a machine is free, or when it opens
STRIP_HOURS = (6, 22)


@login_required
@require_safe
def floor(request):
    """All machines by fieldlab with their day and their state now."""
    now = timezone.now()
    machines = Equipment.objects.in_service().with_type()
    processes = list(machines.order_by().values_list("type__process", flat=True).distinct())
    form = MachineFilter(request.GET, processes=processes)
    today = now.astimezone(ZONE).date()
    begins, ends = at(today, STRIP_HOURS[0]), at(today, STRIP_HOURS[1])
    shown = [
        {
            "equipment": lane.equipment,
            "state": state_now(lane, now),
            "strip": strip(lane, start=begins, end=ends, now=now),
        }
        for lane in lanes(equipment=form.found(machines), user=request.user, start=at(today, 0), end=now + LOOKS_AHEAD)
    ]
    hours = range(STRIP_HOURS[0], STRIP_HOURS[1], 2)
    return render(request, "bookings/floor.html", {"form": form, "machines": shown, "now": now, "hours": hours})
