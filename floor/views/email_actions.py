"""Where the address in a mail leads that lets its reader do one thing without signing in."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django.views.defaults import permission_denied

from bookings.lifecycle import is_late
from bookings.notifications.links import NotGood
from core.refusals import Refused
from floor.services.email_actions import Offered, carry_out, offered


# The address itself proves who asks, and a mail program sends no cookie along: there is nothing another site could
# make a browser do here that it cannot do with the address alone.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, signed: str) -> HttpResponse:
    """GET says what the button would do and does nothing; POST does it."""
    now = timezone.now()
    try:
        found, refusals = carry_out(signed, now=now) if request.method == "POST" else offered(signed, now=now), []
    except Refused as refused:
        found, refusals = offered(signed, now=now), refused.refusals
    except NotGood:
        return _private(render(request, "floor/email_action.html", {"not_good": True}, status=404))
    except PermissionDenied as denied:
        return _private(permission_denied(request, denied))
    done = request.method == "POST" and bool(found.reservations) and not refusals
    with translation.override(found.notification.recipient.language):
        answer = render(request, "floor/email_action.html", _said(found, now) | {"done": done, "refusals": refusals})
    return _private(answer, 409 if refusals else 200)


def _said(found: Offered, now) -> dict:
    return {
        "act": found.act,
        "booking": found.booking,
        "reader": found.notification.recipient,
        "rows": [{"reservation": r, "late": is_late(r, now)} for r in found.reservations],
    }


def _private(answer: HttpResponse, status: int | None = None) -> HttpResponse:
    """The address is a key: it goes to no other site and into no index."""
    answer.status_code = status or answer.status_code
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
