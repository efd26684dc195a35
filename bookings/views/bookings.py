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
from bookings.lifecycle import MOVABLE_STATES, opens_at
from bookings.models import HOLDING_STATES, Booking, Issue, Override, Reservation, ReservationState
from bookings.views.change import cancellation
from core.clock import ZONE
from core.search import mentioning
from organisations.models import Organisation, Role, User

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
    """A reservation, what its reader may do with it now, and the address that books it again."""

    reservation: Reservation
    may_change: bool
    may_lengthen: bool
    again: str
    may_check_in: bool
    may_check_out: bool


@login_required
@require_safe
def overview(request):
    """Reservations ahead, or past ones; one's own, or an organisation's for who plans or manages there. All of it is
    in the address."""
    now, user = timezone.now(), request.user
    led = organisations_led_by(user)
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


def organisations_led_by(user: User) -> list[Organisation]:
    """Those whose bookings one may see as planner or manager."""
    led = Organisation.objects.filter(memberships__user=user, memberships__role__in=[Role.PLANNER, Role.MANAGER])
    return list(led.order_by("name").distinct())


def _whose(asked: str | None, led: list[Organisation], user: User) -> str | Organisation:
    """`mine`, `all` that one may see, or an organisation that one leads; any, for who sees every booking."""
    if asked == "all" and (led or user.sees_every_booking):
        return "all"
    if asked and user.sees_every_booking:
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
    mine = Reservation.objects.changeable_by(user).filter(pk__in=[r.pk for r in reservations])
    changeable = set(mine.values_list("pk", flat=True))
    return [_row(reservation, reservation.pk in changeable, user, now) for reservation in reservations]


def _row(reservation: Reservation, changeable: bool, user: User, now: datetime) -> Row:
    """Of a reservation that this person sees; as `services.use.may_use` says, who supervises checks in as well."""
    may_use = changeable or user.is_technician or reservation.booking.supervisor_id == user.pk
    begins = reservation.state == ReservationState.CONFIRMED and opens_at(reservation) <= now < reservation.end
    return Row(
        reservation=reservation,
        may_change=changeable and reservation.state in MOVABLE_STATES and now < reservation.end,
        may_lengthen=changeable and reservation.state == ReservationState.IN_USE and now < reservation.end,
        again=again(reservation, now),
        may_check_in=may_use and begins,
        may_check_out=may_use and reservation.state == ReservationState.IN_USE,
    )


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
        "going": sum(row.may_change for row in rows),
        "history": history_of(found, [row.reservation for row in rows]),
        "now": now,
    }
    return render(request, "bookings/booking.html", context)
