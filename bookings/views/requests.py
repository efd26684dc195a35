"""The facility manager's desk: requests that wait, and reservations that something is the matter with."""

from collections.abc import Callable
from functools import wraps

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bookings import services
from bookings.models import Concern, Reservation, ReservationState
from bookings.proposals import Refused
from bookings.wording import period_in_words

PER_PAGE = 50


class DeclineForm(forms.Form):
    reason = forms.CharField(
        max_length=Reservation._meta.get_field("decision_reason").max_length,
        error_messages={"required": gettext_lazy("Say why: whoever asked is told the reason.")},
    )


def facility_managers_only(view):
    """Others who signed in get a 403."""

    @login_required
    @wraps(view)
    def checked(request, *args, **kwargs):
        if not request.user.is_facility_manager:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


@facility_managers_only
@require_safe
def requests(request):
    """Those that start first come first."""
    return _desk(request)


@facility_managers_only
@require_POST
def approve(request, pk: int):
    def decide(reservation: Reservation) -> str:
        services.approve(reservation=reservation, actor=request.user, now=timezone.now())
        return _("Approved: %(what)s.")

    return _decide(request, pk, decide)


@facility_managers_only
@require_POST
def decline(request, pk: int):
    """Without a reason the desk comes back with the field open."""
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _desk(request, declining=(pk, form), status=422)

    def decide(reservation: Reservation) -> str:
        reason = form.cleaned_data["reason"]
        services.decline(reservation=reservation, actor=request.user, now=timezone.now(), reason=reason)
        return _("Declined: %(what)s. Whoever asked reads your reason with the booking.")

    return _decide(request, pk, decide)


@facility_managers_only
@require_POST
def settle_concern(request, pk: int):
    if services.settle(concern_ids=[pk], actor=request.user, now=timezone.now()):
        messages.success(request, _("Settled: the reservation stays as it is."))
    else:
        messages.warning(request, _("That was settled already."))
    return redirect("requests")


def _decide(request, pk: int, decide: Callable[[Reservation], str]):
    """Carries the decision out and says what came of it, back at the desk."""
    reservation = (
        Reservation.objects.filter(pk=pk).select_related("equipment", "booking__organisation", "decided_by").first()
    )
    if reservation is None:
        messages.error(request, _("That request is no longer there."))
        return redirect("requests")
    said = {"what": _what(reservation)}
    try:
        messages.success(request, decide(reservation) % said)
    except Refused as refused:
        said |= {"state": reservation.get_state_display()}
        for refusal in refused.refusals:
            messages.error(request, _("%(what)s (%(state)s): ") % said + refusal.message)
    return redirect("requests")


def _what(reservation: Reservation) -> str:
    return _("%(code)s, %(period)s, for %(organisation)s") % {
        "code": reservation.equipment.code,
        "period": period_in_words(reservation.start, reservation.end),
        "organisation": reservation.booking.organisation,
    }


def _desk(request, *, declining: tuple[int, DeclineForm] | None = None, status: int = 200):
    now = timezone.now()
    open_concerns = Concern.objects.open()
    waiting = (
        Reservation.objects.filter(state=ReservationState.REQUESTED)
        .select_related("booking__organisation", "booking__booker", "booking__purpose", "equipment", "operator__user")
        .prefetch_related(Prefetch("concerns", open_concerns, to_attr="open_concerns"))
        .order_by("period", "pk")
    )
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    ahead = Reservation.objects.holding().going_on_or_ahead(now)
    concerns = (
        open_concerns.filter(reservation__in=ahead)
        .select_related("reservation__equipment", "reservation__booking__organisation", "reservation__booking__booker")
        .order_by("reservation__period", "pk")
    )
    pk, form = declining or (None, None)
    context = {
        "page": page,
        "rows": [{"reservation": r, "over": r.end <= now, "form": form if r.pk == pk else None} for r in page],
        "concerns": concerns[: PER_PAGE + 1],
        "most": PER_PAGE,
        "now": now,
        "reason_length": DeclineForm.base_fields["reason"].max_length,
    }
    return render(request, "bookings/requests.html", context, status=status)
