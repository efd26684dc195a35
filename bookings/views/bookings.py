"""Looking at bookings one may see: those ahead and those past, and one with its history."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, Prefetch
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.history import history_of
from bookings.lifecycle import Available, available_of_each
from bookings.models import HOLDING_STATES, Booking, Issue, Override, Reservation, ReservationState
from bookings.views.change import cancellation
from core.clock import ZONE
from core.search import mentioning
from organisations.models import Organisation, User
from organisations.permissions import may_see_every_booking, organisations_led_by

PER_PAGE = 50
LONGEST_SEARCH = 100
SEARCHED = (
    "booking__reference",
    "booking__title",
    "equipment__code",
    "equipment__name",
    "booking__booker__name",
    "booking__organisation__name",
)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Row:
    """A reservation, what its reader can do with it now, and the address that books it again."""

    reservation: Reservation
    can: Available
    again: str


@login_required
@require_safe
def overview(request):
    """Reservations ahead, or past ones; one's own, or an organisation's for who plans or manages there. All of it is
    in the address."""
    now, user = timezone.now(), request.user
    led = list(organisations_led_by(user))
    whose = _whose(request.GET.get("whose"), led, user)
    when = "past" if request.GET.get("when") == "past" else "ahead"
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    organisation = whose if isinstance(whose, Organisation) else None
    found = mentioning(_of(whose, user), search, SEARCHED)
    ahead = still_ahead(found, now)
    past = found.exclude(pk__in=ahead)
    shown = ahead.order_by("period", "pk") if when == "ahead" else past.order_by("-period", "-pk")
    page = Paginator(with_all_that_is_said(shown), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": rows_of(page.object_list, user, now),
        "when": when,
        "whose": organisation.slug if organisation else whose,
        "search": search,
        "led": led,
        "organisation": organisation,
        "kept": urlencode({"whose": organisation.slug if organisation else whose, "q": search}),
        "now": now,
    }
    return render(request, "bookings/overview.html", context)


def still_ahead(reservations, now: datetime):
    """Those that hold their time, or were hit by an outage, and are not over."""
    return reservations.going_on_or_ahead(now).filter(state__in=[*HOLDING_STATES, ReservationState.DISPLACED])


def _whose(asked: str | None, led: list[Organisation], user: User) -> str | Organisation:
    """`mine`, `all` that one may see, or an organisation that one leads; any, for who sees every booking."""
    if asked == "all" and (led or may_see_every_booking(user)):
        return "all"
    if asked and may_see_every_booking(user):
        return Organisation.objects.filter(slug=asked).first() or "mine"
    return next((o for o in led if o.slug == asked), "mine")


def _of(whose: str | Organisation, user: User):
    seen = Reservation.objects.visible_to(user)
    if isinstance(whose, Organisation):
        return seen.filter(booking__organisation=whose)
    return seen if whose == "all" else seen.filter(booking__booker=user)


def with_all_that_is_said(reservations):
    standing = Prefetch("issues", Issue.objects.standing(), to_attr="standing_issues")
    related = ("booking__organisation", "booking__booker", "equipment__type", "equipment__fieldlab", "operator__user")
    return reservations.select_related(*related).prefetch_related(standing)


def rows_of(reservations, user: User, now: datetime) -> list[Row]:
    reservations = list(reservations)
    can = available_of_each(reservations, user, now)
    return [Row(each, can[each.pk], again(each, now)) for each in reservations]


def again(reservation: Reservation, now: datetime) -> str:
    """The address that books the same machine at the same hours of the wall clock, in the first week that is ahead."""
    start, end = reservation.start.astimezone(ZONE), reservation.end.astimezone(ZONE)
    weeks = max(1, (now - reservation.start) // WEEK + 1)
    period = [(m + weeks * WEEK).astimezone(UTC).astimezone(ZONE).isoformat() for m in (start, end)]
    asked = urlencode({"from": period[0], "until": period[1]})
    return f"{reverse('machine', args=[reservation.equipment.code])}?{asked}#book"


@login_required
@require_safe
def booking(request, reference: str):
    """One booking with its reservations, what was decided and set aside, its history, and what cancelling would
    mean."""
    now = timezone.now()
    seen = Booking.objects.visible_to(request.user)
    found = get_object_or_404(
        seen.select_related("organisation", "booker", "purpose", "supervisor"), reference=reference
    )
    overrides = Override.objects.filter(revision=F("reservation__revision")).select_related("by")
    reservations = with_all_that_is_said(found.reservations.order_by("period")).prefetch_related(
        Prefetch("overrides", overrides, to_attr="overrides_in_force")
    )
    rows = rows_of(reservations.select_related("equipment__type", "decided_by"), request.user, now)
    said = [{"row": row, "cancellation": cancellation(row.reservation, now)} for row in rows]
    context = {
        "booking": found,
        "said": said,
        "going": sum(bool(row.can["cancel"]) for row in rows),
        "history": history_of(found, [row.reservation for row in rows]),
        "now": now,
    }
    return render(request, "bookings/booking.html", context)
