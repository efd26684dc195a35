"""The facility manager's desk: requests that wait, and reservations that something is the matter with."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Min, Prefetch, Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from bookings.lifecycle import available_of_each
from bookings.models import Booking, Issue, Reservation, ReservationState
from core.formatting import period_in_words
from core.refusals import Refused
from floor import services
from organisations.permissions import facility_managers_only

PER_PAGE = 50


class DeclineForm(forms.Form):
    reason = forms.CharField(
        max_length=Reservation._meta.get_field("decision_reason").max_length,
        error_messages={"required": gettext_lazy("Give a reason. The requester reads it.")},
    )


@facility_managers_only
@require_safe
def requests(request):
    return _desk(request)


@facility_managers_only
@require_POST
def approve(request, pk: int):
    def decide(reservation: Reservation) -> str:
        services.approve(reservation=reservation, actor=request.user, now=timezone.now())
        return _("Approved: %(what)s.")

    return _decide(request, pk, decide, ReservationState.CONFIRMED)


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
        return _("Declined: %(what)s. The requester reads your reason with the booking.")

    return _decide(request, pk, decide, ReservationState.DECLINED)


@facility_managers_only
@require_POST
def approve_booking(request, reference: str):
    def decide(booking: Booking) -> str:
        decided = services.approve_all(booking=booking, actor=request.user, now=timezone.now())
        return ngettext(
            "Approved: %(count)d reservation of %(what)s.",
            "Approved: %(count)d reservations of %(what)s.",
            len(decided),
        ) % {"count": len(decided), "what": _booking_in_words(booking)}

    return _decide_booking(request, reference, decide)


@facility_managers_only
@require_POST
def decline_booking(request, reference: str):
    """Without a reason the desk comes back with the field open."""
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _desk(request, declining=(reference, form), status=422)

    def decide(booking: Booking) -> str:
        reason = form.cleaned_data["reason"]
        decided = services.decline_all(booking=booking, actor=request.user, now=timezone.now(), reason=reason)
        return ngettext(
            "Declined: %(count)d reservation of %(what)s.",
            "Declined: %(count)d reservations of %(what)s.",
            len(decided),
        ) % {"count": len(decided), "what": _booking_in_words(booking)}

    return _decide_booking(request, reference, decide)


def _decide_booking(request, reference: str, decide: Callable[[Booking], str]):
    booking = Booking.objects.filter(reference=reference).select_related("organisation").first()
    if booking is None:
        messages.error(request, _("That request is no longer there."))
        return redirect("requests")
    try:
        messages.success(request, decide(booking))
    except Refused as refused:
        for refusal in refused.refusals:
            messages.error(request, f"{_booking_in_words(booking)}: {refusal.message}")
    return redirect("requests")


def _booking_in_words(booking: Booking) -> str:
    return _("%(title)s, for %(organisation)s") % {
        "title": booking.title or booking.reference,
        "organisation": booking.organisation,
    }


@facility_managers_only
@require_POST
def dismiss_issue(request, pk: int):
    if services.dismiss(issue_ids=[pk], actor=request.user, now=timezone.now()):
        messages.success(request, _("Done. The reservation stays."))
    else:
        messages.warning(request, _("This has been handled already."))
    return redirect("requests")


def _decide(request, pk: int, decide: Callable[[Reservation], str], becomes: ReservationState):
    """Carries the decision out and says what came of it, back at the desk. What was decided so already, as by a press
    whose answer was lost, is no error."""
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
        reservation.refresh_from_db(fields=["state", "decided_by"])
        said |= {"state": reservation.get_state_display()}
        if reservation.state == becomes and reservation.decided_by == request.user:
            messages.info(request, _("You have already decided this: %(what)s, %(state)s.") % said)
            return redirect("requests")
        for refusal in refused.refusals:
            messages.error(request, _("%(what)s (%(state)s): ") % said + refusal.message)
    return redirect("requests")


def _what(reservation: Reservation) -> str:
    return _("%(code)s, %(period)s, for %(organisation)s") % {
        "code": reservation.equipment.code,
        "period": period_in_words(reservation.start, reservation.end),
        "organisation": reservation.booking.organisation,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """A booking that waits for a decision, with its requests by their start."""

    booking: Booking
    rows: list[dict]
    form: DeclineForm | None

    @property
    def first(self) -> Reservation:
        return self.rows[0]["reservation"]

    @property
    def can_approve(self) -> bool:
        """Whether any of its times can still be approved."""
        return any(row["can"]["approve"] for row in self.rows)

    @property
    def opens(self) -> bool:
        """Whether somebody is busy declining one of its times."""
        return any(row["form"] for row in self.rows)


def _desk(request, *, declining: tuple[int | str, DeclineForm] | None = None, status: int = 200):
    """By booking, so that a class of many weeks is decided about with one press; those that start first come first."""
    now = timezone.now()
    open_issues = Issue.objects.open()
    requests = (
        Reservation.objects.filter(state=ReservationState.REQUESTED)
        .select_related("equipment", "operator__user")
        .prefetch_related(Prefetch("issues", open_issues, to_attr="open_issues"))
        .order_by("period", "pk")
    )
    waiting = Q(reservations__state=ReservationState.REQUESTED)
    bookings = (
        Booking.objects.annotate(
            starts=Min("reservations__period__startswith", filter=waiting), times=Count("reservations", waiting)
        )
        .filter(times__gt=0)
        .select_related("organisation", "booker", "purpose")
        .prefetch_related(Prefetch("reservations", requests, to_attr="requests"))
        .order_by("starts", "pk")
    )
    page = Paginator(bookings, PER_PAGE).get_page(request.GET.get("page"))
    ahead = Reservation.objects.holding().going_on_or_ahead(now)
    issues = (
        open_issues.filter(reservation__in=ahead)
        .select_related("reservation__equipment", "reservation__booking__organisation", "reservation__booking__booker")
        .order_by("reservation__period", "pk")
    )
    about, form = declining or (None, None)
    can = available_of_each([r for booking in page for r in booking.requests], request.user, now)
    asked = [
        Asked(
            booking=booking,
            rows=[
                {
                    "reservation": r,
                    "can": can[r.pk],
                    "over": r.end <= now,
                    "form": form if r.pk == about else None,
                }
                for r in booking.requests
            ],
            form=form if booking.reference == about else None,
        )
        for booking in page
    ]
    context = {
        "page": page,
        "asked": asked,
        "times": Reservation.objects.filter(state=ReservationState.REQUESTED).count(),
        "issues": issues[: PER_PAGE + 1],
        "most": PER_PAGE,
        "now": now,
        "reason_length": DeclineForm.base_fields["reason"].max_length,
    }
    return render(request, "floor/approvals.html", context, status=status)
