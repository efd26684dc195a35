"""Booking one machine by the form: on the machine's own page, on a page for just that, or in a dialog."""

from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from bookings import services
from bookings.forms.booking import BookingForm, as_initial
from bookings.models import Booking
from bookings.services import Overriding
from bookings.views.change import gone_to
from core import idempotency
from core.clock import ZONE
from core.moments import moment_in
from core.refusals import Refused
from equipment.models import Equipment
from organisations.models import Organisation, User

REMEMBERED = ("organisation", "purpose", "title", "people", "supervisor", "token")
PERIOD = ("day", "start", "end", "end_day", "start_twice", "end_twice")
TYPED = (*PERIOD, "organisation", "purpose", "title", "people", "supervisor")


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def book(request):
    """The form for the machine `equipment`, filled in from `from` and `until`; POST books. The form alone where htmx
    asks for it."""
    if not request.user.is_authenticated:
        return sign_in_first(request)
    now = timezone.now()
    equipment = get_object_or_404(Equipment.objects.with_type(), code=request.GET.get("equipment", ""))
    form, booking = answered(request, equipment, now)
    if booking:
        return gone_to(request, reverse("booking", args=[booking.reference]))
    # The page beneath a dialog may have this form as well, with the same names.
    form.auto_id = "book_%s"
    template = "bookings/parts/book.html" if request.htmx else "bookings/book.html"
    return render(request, template, {"equipment": equipment, "form": form}, status=422 if form.errors else 200)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """What was typed goes along in the address that the sign-in leads back to."""
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    messages.warning(
        request, _("You have been signed out. What you filled in is still here: sign in, and send it again.")
    )
    typed = {name: request.POST[name] for name in TYPED if request.POST.get(name)}
    if "equipment" in request.GET:
        typed = {"equipment": request.GET["equipment"], **typed}
    return redirect_to_login(f"{request.path}?{urlencode(typed)}#book")


def answered(request: HttpRequest, equipment: Equipment, now: datetime) -> tuple[BookingForm, Booking | None]:
    """The form as it is to be shown, and the booking that it made. GET fills it in from the address, POST books, or
    with an alternative fills that in and keeps the rest."""
    if request.method != "POST":
        form = _form(request, equipment, now, initial=_asked(request.GET))
        form.choose_usual_purpose(request.user)
        return form, None
    if "alternative" in request.POST:
        kept = {name: request.POST.get(name, "") for name in REMEMBERED}
        return _form(request, equipment, now, initial=kept | _period_initial(request.POST["alternative"])), None
    form = _form(request, equipment, now, data=request.POST)
    override = None
    if not form.is_valid():
        return form, None
    if "override" in request.POST and not (override := form.overriding(request.user)):
        return form, None
    try:
        booking = _book_once(form, request.user, now, override)
    except Refused as refused:
        form.show_refusals(refused.refusals)
        form.offer_override(request.user)
        return form, None
    messages.success(request, _("Booked. Your booking number is %(reference)s.") % {"reference": booking.reference})
    return form, booking


def _book_once(form: BookingForm, user: User, now: datetime, override: Overriding | None) -> Booking:
    """Books what the form asks; the same form sent again finds the booking it made. Raises Refused."""
    asked = form.cleaned_data
    contents = (
        form.requested_slot.start.isoformat(),
        form.requested_slot.end.isoformat(),
        form.equipment.code,
        asked["organisation"].slug,
    )
    contents += (asked["purpose"].code, asked["title"], str(asked["people"] or ""), str(asked["supervisor"] or ""))
    contents += (override.reason if override else "",)
    key = f"form {asked['token']} {sha256('|'.join(contents).encode()).hexdigest()}"
    with transaction.atomic():
        claimed = idempotency.claim(user=user, key=key, request=[c.encode() for c in contents], now=now)
        if claimed.status is not None:
            return Booking.objects.get(reference=claimed.body)
        booking = services.book(
            booker=user,
            organisation=asked["organisation"],
            purpose=asked["purpose"],
            requested_slots=[form.requested_slot],
            title=asked["title"],
            people=asked["people"],
            supervisor=asked["supervisor"],
            override=override,
            now=now,
        ).booking
        idempotency.keep(claimed, status=201, body=booking.reference)
    return booking


def _form(request: HttpRequest, equipment: Equipment, now: datetime, *, data=None, initial=None) -> BookingForm:
    organisations = list(Organisation.objects.filter(memberships__user=request.user))
    today = now.astimezone(ZONE).date()
    return BookingForm(data, equipment=equipment, organisations=organisations, today=today, initial=initial)


def _asked(query) -> dict:
    """What an address fills in: `from` and `until` as ISO 8601 moments, or the form's own fields as they were typed."""
    initial = _period_initial(f"{query.get('from', '')}/{query.get('until', '')}")
    return initial | {name: query[name] for name in TYPED if query.get(name)}


def _period_initial(text: str) -> dict:
    """Form fields for an ISO 8601 interval "start/end"; nothing when it is not one."""
    start, _slash, end = text.partition("/")
    period = moment_in(start), moment_in(end)
    return as_initial(*period) if all(period) else {}
