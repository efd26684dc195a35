"""One machine: its week, what one has to know, and booking it."""

import mimetypes
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bookings import idempotency
from bookings.forms import BookingForm, as_initial
from bookings.models import Booking
from bookings.planning import ZONE
from bookings.proposals import Refused
from bookings.services import book, next_free
from bookings.views.drawing import calendar_hours, day_bounds, days
from bookings.views.lanes import lanes
from equipment.models import Certificate, CertificateKind, Equipment
from organisations.models import Organisation, User

FARTHEST_WEEK = timedelta(days=3660)  # to look back at, or ahead to
# What browsers draw and never run.
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/gif")
REMEMBERED = ("organisation", "purpose", "title", "token")
TYPED = ("day", "start", "end", "end_day", "start_twice", "end_twice", "organisation", "purpose", "title")


def machine(request, code: str):
    """GET shows the machine, its week and the form; POST books, or fills in the alternative that was chosen. Who was
    signed out meanwhile signs in and finds the form as it was filled in."""
    if not request.user.is_authenticated:
        return _sign_in_first(request)
    now = timezone.now()
    equipment = get_object_or_404(Equipment.objects.with_type(), code=code)
    if request.method != "POST":
        form = _form(request, equipment, now, initial=_asked(request.GET))
        form.choose_usual_purpose(request.user)
        return _show(request, equipment, form, now)
    if "alternative" in request.POST:
        kept = {name: request.POST.get(name, "") for name in REMEMBERED}
        initial = kept | _period_initial(request.POST["alternative"])
        return _show(request, equipment, _form(request, equipment, now, initial=initial), now)
    form = _form(request, equipment, now, data=request.POST)
    if form.is_valid():
        try:
            booking = _book_once(form, request.user, now)
        except Refused as refused:
            form.show_refusals(refused.refusals)
        else:
            messages.success(request, _("Booked. Your reference is %(reference)s.") % {"reference": booking.reference})
            return redirect("booking", booking.reference)
    return _show(request, equipment, form, now, status=422)


@login_required
@require_safe
def photo(request, code: str):
    """The machine's own photo, else that of its type; 404 where there is none."""
    equipment = get_object_or_404(Equipment.objects.with_type(), code=code)
    file = _photo_of(equipment)
    if file is None:
        raise Http404
    kind = mimetypes.guess_type(file.name)[0]
    try:
        return FileResponse(file.open(), content_type=kind, headers={"Cache-Control": "private, max-age=86400"})
    except FileNotFoundError:
        raise Http404 from None


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


def _photo_of(equipment: Equipment):
    """The machine's own photo, else that of its type; None where there is none that browsers draw."""
    file = equipment.photo or equipment.type.photo
    return file if file and mimetypes.guess_type(file.name)[0] in PICTURES else None


def _sign_in_first(request):
    """What was typed goes along in the address that the sign-in leads back to."""
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    messages.warning(request, _("You were signed out meanwhile. What you typed is kept: sign in, and send it again."))
    typed = {name: request.POST[name] for name in TYPED if request.POST.get(name)}
    return redirect_to_login(f"{request.path}?{urlencode(typed)}#book")


def _book_once(form: BookingForm, user: User, now: datetime) -> Booking:
    """Books what the form asks; the same form sent again finds the booking it made. Raises Refused."""
    asked = form.cleaned_data
    contents = (form.wish.start.isoformat(), form.wish.end.isoformat(), form.equipment.code, asked["organisation"].slug)
    contents += (asked["purpose"].code, asked["title"])
    key = f"form {asked['token']} {'|'.join(contents)}"[: idempotency.LONGEST_KEY]
    with transaction.atomic():
        claimed = idempotency.claim(user=user, key=key, request=[c.encode() for c in contents], now=now)
        if claimed.status is not None:
            return Booking.objects.visible_to(user).get(reference=claimed.body)
        booking = book(
            booker=user,
            organisation=asked["organisation"],
            purpose=asked["purpose"],
            wishes=[form.wish],
            title=asked["title"],
            now=now,
        ).booking
        idempotency.keep(claimed, status=201, body=booking.reference)
    return booking


def _form(request, equipment: Equipment, now: datetime, *, data=None, initial=None) -> BookingForm:
    organisations = list(Organisation.objects.filter(memberships__user=request.user))
    today = now.astimezone(ZONE).date()
    return BookingForm(data, equipment=equipment, organisations=organisations, today=today, initial=initial)


def _show(request, equipment: Equipment, form: BookingForm, now: datetime, status: int = 200):
    monday = _week(request.GET.get("week"), form, now)
    dates = [monday + timedelta(days=n) for n in range(7)]
    start, end = day_bounds(dates[0])[0], day_bounds(dates[-1])[1]
    [lane] = lanes(
        equipment=Equipment.objects.with_type().filter(pk=equipment.pk), user=request.user, start=start, end=end
    )
    context = {
        "equipment": equipment,
        "photo": _photo_of(equipment),
        "policy": equipment.policy,
        "needed": _needed(equipment, request.user, now.astimezone(ZONE).date()),
        "next_free": next_free(equipment, person=request.user, organisation=form.chosen, now=now),
        "form": form,
        "now": now,
        "monday": monday,
        "sunday": dates[-1],
        "previous": monday - timedelta(days=7),
        "next": monday + timedelta(days=7),
        "days": days(lane, dates, now=now),
        "calendar_hours": calendar_hours(lane),
    }
    return render(request, "bookings/machine.html", context, status=status)


def _needed(equipment: Equipment, person: User, today: date) -> list[tuple[CertificateKind, date | None]]:
    """The certificates that it takes, each with the first day on which this person no longer has it; None where they
    have none today."""
    held = Certificate.objects.valid_on(today).filter(kind=OuterRef("pk"), user=person).order_by("-valid_until")
    kinds = equipment.type.required_certificates.annotate(until=Subquery(held.values("valid_until")[:1]))
    return [(kind, kind.until) for kind in kinds]


def _week(asked: str | None, form: BookingForm, now: datetime) -> date:
    """The Monday of the week asked for, as 2026-W48; else of the form's day; else of today."""
    today = now.astimezone(ZONE).date()
    day = _monday_of(asked) or _day_of(form) or today
    if abs(day - today) > FARTHEST_WEEK:
        day = today
    return day - timedelta(days=day.weekday())


def _monday_of(week: str | None) -> date | None:
    try:
        return datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=ZONE).date()
    except ValueError:
        return None


def _day_of(form: BookingForm) -> date | None:
    day = form["day"].value()
    try:
        return day if isinstance(day, date) else date.fromisoformat(day or "")
    except ValueError:
        return None


def _asked(query) -> dict:
    """What an address fills in: `from` and `until` as ISO 8601 moments, or the form's own fields as they were typed."""
    initial = _period_initial(f"{query.get('from', '')}/{query.get('until', '')}")
    return initial | {name: query[name] for name in TYPED if query.get(name)}


def _period_initial(text: str) -> dict:
    """Form fields for an ISO 8601 interval "start/end"; nothing when it is not one."""
    start, _slash, end = text.partition("/")
    try:
        period = parse_datetime(start), parse_datetime(end)
    except ValueError:
        return {}
    return as_initial(*period) if all(p and p.tzinfo for p in period) else {}
