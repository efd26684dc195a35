"""Moving and cancelling what was booked: each says first what it changes."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from bookings import lifecycle, permissions, services
from bookings.forms.booking import as_initial
from bookings.forms.move import MoveForm
from bookings.lifecycle import CANCEL, CHANGE_END, available_transitions
from bookings.models import Booking, Reservation, ReservationState
from core.formatting import period_in_words
from core.moments import moment_in
from core.refusals import Refused
from equipment.models import Equipment


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request, pk: int):
    """GET shows the form, filled in from the address; POST moves, or with `check`, `preview` or an alternative only
    says what would change. A page, or the form alone where htmx asks for it, and of a preview its outcome alone."""
    now = timezone.now()
    reservation = _changeable(request, pk)
    if request.method != "POST":
        return _show_move(request, reservation, MoveForm(reservation=reservation, initial=_asked(request.GET)), now)
    if "alternative" in request.POST:
        initial = _alternative(request.POST["alternative"])
        return _show_move(request, reservation, MoveForm(reservation=reservation, initial=initial), now, evaluate=True)
    form = MoveForm(request.POST.dict(), reservation=reservation)
    only_look = "check" in request.POST or "preview" in request.POST
    moved = _evaluated(form, request, now, dry_run=only_look)
    if form.errors or only_look:
        status = 422 if form.errors and "preview" not in request.POST else 200
        return _show_move(request, reservation, form, now, moved=moved, status=status)
    messages.success(request, _moved_in_words(moved))
    return gone_to(request, reverse("booking", args=[reservation.booking.reference]))


def _changeable(request: HttpRequest, pk: int) -> Reservation:
    """What one does not see is not there; what one sees and may not change is a 403. What is over can still be looked
    at."""
    related = ("booking__organisation", "equipment__type", "equipment__fieldlab", "operator__user")
    reservation = get_object_or_404(Reservation.objects.visible_to(request.user).select_related(*related), pk=pk)
    permissions.may_change.require(permissions.Asking(request.user, [reservation]), reservation)
    return reservation


def _evaluated(form: MoveForm, request: HttpRequest, now: datetime, *, dry_run: bool) -> Reservation | None:
    """The reservation as it is after the move, or would be; None where the form says why not."""
    if not form.is_valid():
        return None
    if form.conflicts:
        form.add_error(
            None,
            _(
                "The reservation has been moved in the meantime. See where it is now. Send this again if you "
                "still want it."
            ),
        )
        form.data["revision"] = str(form.reservation.revision)
        return None
    start, end = form.period
    override = None
    if "override" in request.POST and not (override := form.overriding(request.user)):
        return None
    try:
        return services.move(
            reservation=form.reservation,
            actor=request.user,
            now=now,
            start=start,
            end=end,
            equipment=form.cleaned_data["equipment"],
            override=override,
            dry_run=dry_run,
        )
    except Refused as refused:
        form.show_refusals(refused.refusals)
        form.offer_override(request.user)
        return None


def _show_move(
    request: HttpRequest,
    reservation: Reservation,
    form: MoveForm,
    now: datetime,
    *,
    moved: Reservation | None = None,
    evaluate: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form with what would change; with `evaluate` a form that was filled in for somebody is evaluated first."""
    if evaluate or (not form.is_bound and form.initial != MoveForm(reservation=reservation).initial):
        form = MoveForm(_as_sent(form), reservation=reservation)
        moved = _evaluated(form, request, now, dry_run=True)
    can = available_transitions(reservation, request.user, now)
    change = can["change_end"] if reservation.state in CHANGE_END.leaves else can["move"]
    context = {
        "reservation": reservation,
        "form": form,
        "movable": bool(change),
        "why_not": change.message,
        "moved": moved,
        "unchanged": moved is not None and form.asks_nothing,
        "asks_anew": moved is not None and _asks_anew(reservation, moved),
        "preview": "preview" in request.POST,
    }
    return render(request, _move_template(request), context, status=status)


def _move_template(request: HttpRequest) -> str:
    if "preview" in request.POST:
        return "bookings/parts/move_outcome.html"
    return "bookings/parts/move_form.html" if request.htmx else "bookings/move.html"


def _as_sent(form: MoveForm) -> dict[str, str]:
    """What a browser would send of a form that nobody touched."""
    values = ((name, form[name].value()) for name in form.fields)
    return {name: str(value) for name, value in values if value not in (None, "")}


def _asks_anew(before: Reservation, after: Reservation) -> bool:
    return before.state == ReservationState.CONFIRMED and after.state == ReservationState.REQUESTED


def _moved_in_words(moved: Reservation) -> str:
    said = _("Moved to %(code)s, %(period)s.") % {
        "code": moved.equipment.code,
        "period": period_in_words(moved.start, moved.end),
    }
    if moved.state == ReservationState.REQUESTED:
        said += " " + _("A facility manager decides. Until then the time is held for you.")
    return said


def gone_to(request: HttpRequest, address: str) -> HttpResponse:
    """A dialog is told where to go; a page is sent there."""
    return HttpResponse(status=204, headers={"HX-Redirect": address}) if request.htmx else redirect(address)


def _asked(query) -> dict:
    """What an address fills in: `from` and `until`, ISO 8601 with an offset, and the code of a machine."""
    initial = _period(query.get("from", ""), query.get("until", ""))
    code = query.get("equipment", "")
    if code and Equipment.objects.in_service().filter(code=code).exists():
        initial["equipment"] = code
    return initial


def _alternative(text: str) -> dict:
    """The fields for "start/end/code", as the buttons of the alternatives send it."""
    start, end, code = (*text.split("/"), "", "", "")[:3]
    return _asked({"from": start, "until": end, "equipment": code})


def _period(start: str, end: str) -> dict:
    moments = moment_in(start), moment_in(end)
    return as_initial(*moments) if all(moments) else {}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request, reference: str):
    """GET says what cancelling means, of one `reservation` or of `all` that still can be; POST does it."""
    now = timezone.now()
    seen = Booking.objects.visible_to(request.user).select_related("organisation", "purpose")
    booking = get_object_or_404(seen, reference=reference)
    asked = (request.POST if request.method == "POST" else request.GET).get("reservation", "")
    permissions.may_change_booking.require(request.user, booking)
    mine = booking.reservations.changeable_by(request.user).select_related("equipment__type", "equipment__fieldlab")
    one = None if asked == "all" else _one_of(mine, asked)
    if request.method == "POST":
        return _cancelled(request, booking, one, now)
    ahead = mine.filter(CANCEL.possible(now)).order_by("period")
    rows = [cancellation(r, now) for r in (ahead.filter(pk=one.pk) if one else ahead)]
    context = {"booking": booking, "one": one, "rows": rows, "others": ahead.count() - len(rows), "now": now}
    return render(request, "bookings/cancel.html", context)


def _one_of(reservations: QuerySet[Reservation], asked: str) -> Reservation:
    if not (asked.isdecimal() and len(asked) < 19):
        raise Http404
    return get_object_or_404(reservations, pk=int(asked))


def cancellation(reservation: Reservation, now: datetime) -> dict:
    """What cancelling now means: `late` after the term of free cancellation, which lasts until `free_until`."""
    return {
        "reservation": reservation,
        "free_until": lifecycle.free_until(reservation),
        "late": lifecycle.is_late(reservation, now),
    }


def _cancelled(request: HttpRequest, booking: Booking, one: Reservation | None, now: datetime) -> HttpResponse:
    """What was cancelled a moment ago, as by a second press, is no error."""
    try:
        if one:
            cancelled = [services.cancel(reservation=one, actor=request.user, now=now)]
        else:
            cancelled = services.cancel_booking(booking=booking, actor=request.user, now=now)
    except Refused as refused:
        states = set(booking.reservations.filter(**({"pk": one.pk} if one else {})).values_list("state", flat=True))
        if states == {ReservationState.CANCELLED}:
            messages.info(request, _("This reservation has already been cancelled."))
        else:
            for refusal in refused.refusals:
                messages.error(request, refusal.message)
    else:
        count = len(cancelled)
        said = ngettext("%(count)d reservation cancelled.", "%(count)d reservations cancelled.", count)
        messages.success(request, said % {"count": count})
    return gone_to(request, reverse("booking", args=[booking.reference]))
