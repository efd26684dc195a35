"""Looking at bookings one may see, and cancelling them."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bookings.models import HOLDING_STATES, Booking, Reservation, ReservationState
from bookings.proposals import Refused
from bookings.services import cancel as cancel_reservation
from bookings.services import cancel_booking
from bookings.services.change import MOVABLE_STATES, is_late
from organisations.models import Role

PER_PAGE = 50


@login_required
@require_safe
def overview(request):
    """Reservations ahead, or past ones; one's own, or the organisation's for who plans or manages there."""
    now, user = timezone.now(), request.user
    leads = user.sees_every_booking or user.memberships.filter(role__in=[Role.PLANNER, Role.MANAGER]).exists()
    whose = "all" if leads and request.GET.get("whose") == "all" else "mine"
    when = "past" if request.GET.get("when") == "past" else "ahead"
    reservations = Reservation.objects.visible_to(user).select_related(
        "booking__organisation", "booking__booker", "equipment"
    )
    if whose == "mine":
        reservations = reservations.filter(booking__booker=user)
    ahead = reservations.going_on_or_ahead(now).filter(state__in=[*HOLDING_STATES, ReservationState.DISPLACED])
    shown = ahead.order_by("period") if when == "ahead" else reservations.exclude(pk__in=ahead).order_by("-period")
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "bookings/overview.html", {"page": page, "whose": whose, "when": when, "leads": leads, "now": now}
    )


@login_required
@require_safe
def booking(request, reference: str):
    """One booking with its reservations, and what cancelling them would mean."""
    now = timezone.now()
    found = get_object_or_404(_visible(request), reference=reference)
    reservations = list(found.reservations.select_related("equipment__type", "equipment__fieldlab").order_by("period"))
    changeable = set(found.reservations.changeable_by(request.user).values_list("pk", flat=True))
    rows = [_row(reservation, now, may=reservation.pk in changeable) for reservation in reservations]
    going = [row for row in rows if row["may_cancel"]]
    context = {"booking": found, "rows": rows, "going": going, "late": any(row["late"] for row in going), "now": now}
    return render(request, "bookings/booking.html", context)


def _visible(request):
    return Booking.objects.visible_to(request.user).select_related("organisation", "booker", "purpose")


def _row(reservation: Reservation, now: datetime, *, may: bool) -> dict:
    """`late` says whether cancelling it now would be after the term of free cancellation."""
    free_until = reservation.start - reservation.equipment.policy.free_cancellation_term
    may_cancel = may and reservation.state in MOVABLE_STATES and now < reservation.end
    return {
        "reservation": reservation,
        "may_cancel": may_cancel,
        "free_until": free_until,
        "late": is_late(reservation, now),
    }


@login_required
@require_POST
def cancel(request, reference: str):
    """Cancels one reservation of the booking, or with `reservation=all` everything that still can be."""
    now = timezone.now()
    found = get_object_or_404(_visible(request), reference=reference)
    asked = request.POST.get("reservation", "")
    try:
        if asked == "all":
            cancelled = cancel_booking(booking=found, actor=request.user, now=now)
        else:
            mine = found.reservations.changeable_by(request.user)
            one = get_object_or_404(mine, pk=int(asked) if asked.isdecimal() else 0)
            cancelled = [cancel_reservation(reservation=one, actor=request.user, now=now)]
    except Refused as refused:
        for refusal in refused.refusals:
            messages.error(request, refusal.message)
    else:
        count = len(cancelled)
        said = ngettext("%(count)d reservation cancelled.", "%(count)d reservations cancelled.", count)
        messages.success(request, said % {"count": count} if count else _("There was nothing left to cancel."))
    return redirect("booking", reference)
