"""The API's calls about bookings: make one, read them."""

from datetime import datetime
from typing import Annotated

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.responses import Status
from pydantic import Field

from bookings import services
from bookings.api.bodies import BookingIn
from bookings.api.naming import overriding, what_is_booked
from bookings.api.schemas import BookedOut, BookingOut, ReservationOut
from bookings.models import Booking, BookingQuerySet, Reservation
from bookings.scheduling.recurrence import Repeat, UnreadablePattern
from core.api.errors import BODY, not_right
from core.api.problems import RefusalOut
from core.api.texts import Code
from core.api.times import TimeInAddress

USUAL_PAGE = 50
LARGEST_PAGE = 200

router = Router(tags=["bookings"])


@router.post(
    "bookings",
    response={200: BookedOut, 201: BookedOut},
    operation_id="make_booking",
    summary="Book, or try to",
)
def make_booking(request: HttpRequest, body: BookingIn, dry_run: bool = False):
    """All reservations or none; with `on_refusal` "skip" those that can be had. A dry run changes nothing.

    With `repeat` all of them on every date of the pattern, at the same time on the clock. The first date is that of
    the earliest reservation.
    """
    override = overriding(body.override, user=request.auth)
    try:
        outcome = services.book(
            booker=request.auth,
            **what_is_booked(body, user=request.auth),
            title=body.title,
            people=body.people,
            repeat=Repeat(body.repeat.rrule, body.repeat.skip_closures) if body.repeat else None,
            on_refusal=body.on_refusal,
            override=override,
            now=timezone.now(),
            dry_run=dry_run,
        )
    except UnreadablePattern as unreadable:
        raise not_right(*BODY, "repeat", "rrule", message=str(unreadable)) from None
    booked = BookedOut(
        reference=outcome.booking.reference if outcome.booking else None,
        reservations=[ReservationOut.of(each) for each in outcome.reservations],
        skipped=[RefusalOut.of(each) for each in outcome.skipped],
    )
    return Status(200 if dry_run else 201, booked)


@router.get("bookings", response=list[BookingOut], operation_id="list_bookings", summary="Own bookings")
def list_bookings(
    request: HttpRequest,
    response: HttpResponse,
    organisation: Code = None,
    since: Annotated[TimeInAddress, Query(None, alias="from")] = None,
    until: TimeInAddress = None,
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = USUAL_PAGE,
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0,
):
    """One's own, and those of an organisation one plans for or manages; the newest first.

    `from` and `until` keep those with a reservation in that time. Where more follow, the header Link holds
    the address of the next page, with rel="next".
    """
    bookings = _told(Booking.objects.visible_to(request.auth)).order_by("-created_at", "-pk")
    if organisation is not None:
        bookings = bookings.filter(organisation__slug=organisation)
    if since is not None or until is not None:
        bookings = bookings.filter(_with_a_reservation_between(since, until))
    page = list(bookings[offset : offset + limit + 1])
    if len(page) > limit:
        response["Link"] = f'<{_next_page(request, limit=limit, offset=offset + limit)}>; rel="next"'
    return [BookingOut.of(booking) for booking in page[:limit]]


def _with_a_reservation_between(since: datetime | None, until: datetime | None) -> Exists:
    if since is not None and until is not None and until <= since:
        raise not_right("query", "until", message=_("“until” must be later than “from”."))
    asked = DateTimeTZRange(since, until)
    return Exists(Reservation.objects.filter(booking=OuterRef("pk"), period__overlap=asked))


def _next_page(request: HttpRequest, **page: int) -> str:
    query: QueryDict = request.GET.copy()
    for name, value in page.items():
        query[name] = str(value)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


@router.get("bookings/{slug:reference}", response=BookingOut, operation_id="get_booking", summary="One booking")
def get_booking(request: HttpRequest, reference: str):
    """With all its reservations, also those that were cancelled."""
    return BookingOut.of(get_object_or_404(_told(Booking.objects.visible_to(request.auth)), reference=reference))


def _told(bookings: BookingQuerySet) -> BookingQuerySet:
    """With all that BookingOut tells, in two statements for any number."""
    reservations = Reservation.objects.select_related("equipment").order_by("period", "pk")
    return bookings.select_related("organisation", "purpose", "booker", "supervisor").prefetch_related(
        Prefetch("reservations", reservations)
    )
