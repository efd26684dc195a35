"""Weeks as JSON, for the calendars: what is open, what is occupied, and what is one's own."""

from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bookings.timeline.drawing import mark_of
from bookings.timeline.lanes import Lane, Own, lanes
from core.clock import ZONE
from core.moments import day_or_moment_in
from equipment.models import Equipment

LONGEST_WINDOW = timedelta(days=35)


@require_safe
def week(request: HttpRequest, code: str) -> JsonResponse:
    """One machine in `[from, until)`; both a date, or a moment with its offset."""
    return _feed(request, Equipment.objects.filter(code=code), one=True)


@require_safe
def floor(request: HttpRequest) -> JsonResponse:
    """All machines in service in `[from, until)`."""
    return _feed(request, Equipment.objects.in_service().order_by("fieldlab__position", "code"))


def _feed(request: HttpRequest, equipment, one: bool = False) -> JsonResponse:
    if not request.user.is_authenticated:
        return JsonResponse({"detail": _("Sign in first.")}, status=401)
    start, end = (day_or_moment_in(request.GET.get(name, "")) for name in ("from", "until"))
    if start is None or end is None or not timedelta(0) < end - start <= LONGEST_WINDOW:
        detail = _("Give from and until as dates or moments with an offset, at most %(days)d days apart.")
        return JsonResponse({"detail": detail % {"days": LONGEST_WINDOW.days}}, status=400)
    seen = lanes(equipment=equipment, user=request.user, start=start, end=end, now=timezone.now())
    found = [_as_json(lane) for lane in seen]
    if one and not found:
        raise Http404
    answer = found[0] if one else {"machines": found}
    return JsonResponse(
        {"from": _iso(start), "until": _iso(end), **answer}, headers={"Cache-Control": "private, no-cache"}
    )


def _as_json(lane: Lane) -> dict:
    return {
        "code": lane.equipment.code,
        "open": [_pair(period) for period in lane.open],
        "out": [_pair(period) for period in lane.out],
        "occupied": [_pair(period) for period in lane.occupied],
        "own": [_own_as_json(own) for own in lane.own],
    }


def _own_as_json(own: Own) -> dict:
    return {
        "id": own.id,
        "reference": own.reference,
        "title": own.title,
        "organisation": own.organisation,
        "state": own.state,
        "mark": mark_of(own),
        "start": _iso(own.start),
        "end": _iso(own.end),
        "occupied": _pair(own.occupied),
        "changeable": own.changeable,
        "keeps_its_start": own.keeps_its_start,
        "url": reverse("booking", args=[own.reference]),
    }


def _pair(period) -> list[str]:
    return [_iso(period.start), _iso(period.end)]


def _iso(moment: datetime) -> str:
    """Amsterdam's wall clock with its offset: the calendars show the digits as they stand."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")
