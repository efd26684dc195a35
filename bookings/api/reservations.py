"""The API's calls that change one reservation."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router
from ninja.responses import Status

from bookings import services
from bookings.api.bodies import DeclineIn, MoveIn
from bookings.api.naming import machine, overriding
from bookings.api.schemas import ReservationOut
from bookings.models import Reservation
from organisations.models import User

router = Router(tags=["reservations"])


@router.patch(
    "reservations/{int:id}",
    response=ReservationOut,
    operation_id="move_reservation",
    summary="Move to another time or machine",
)
def move_reservation(request: HttpRequest, id: int, body: MoveIn, dry_run: bool = False):
    """To another start, end or machine, judged by the rules of today. What is left out stays. A dry run changes
    nothing."""
    reservation = _seen(id, user=request.auth)
    moved = services.move(
        reservation=reservation,
        actor=request.auth,
        now=timezone.now(),
        start=body.start,
        end=body.end,
        equipment=machine(body.equipment),
        override=overriding(body.override, user=request.auth),
        dry_run=dry_run,
    )
    return ReservationOut.of(moved)


@router.post(
    "reservations/{int:id}/rechoose",
    response={200: ReservationOut},
    operation_id="rechoose_machine",
    summary="Move to another machine that is able",
)
def rechoose_machine(request: HttpRequest, id: int):
    """At the same time, as when its own breaks: of the same type, else of one that can do at least as much."""
    reservation = _seen(id, user=request.auth)
    moved = services.rechoose(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(moved))


@router.post(
    "reservations/{int:id}/cancel",
    response={200: ReservationOut},
    operation_id="cancel_reservation",
    summary="Cancel",
)
def cancel_reservation(request: HttpRequest, id: int):
    """Gives the machine free. A reservation that is over or was cancelled already is refused."""
    reservation = _seen(id, user=request.auth)
    cancelled = services.cancel(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(cancelled))


@router.post(
    "reservations/{int:id}/check-in",
    response={200: ReservationOut},
    operation_id="check_in",
    summary="Check in",
)
def check_in(request: HttpRequest, id: int):
    """From set-up on, or a quarter of an hour before the start, until the end. Checked in already: it stays so."""
    reservation = _seen(id, user=request.auth)
    used = services.check_in(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(used))


@router.post(
    "reservations/{int:id}/check-out",
    response={200: ReservationOut},
    operation_id="check_out",
    summary="Check out",
)
def check_out(request: HttpRequest, id: int):
    """The machine is empty and clean, and free for others from now on. Checked out already: it stays so."""
    reservation = _seen(id, user=request.auth)
    used = services.check_out(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(used))


@router.post(
    "reservations/{int:id}/approve",
    response={200: ReservationOut},
    operation_id="approve_request",
    summary="Approve a request",
)
def approve_request(request: HttpRequest, id: int):
    """For facility managers. What is no request any more is refused."""
    reservation = _seen(id, user=request.auth)
    approved = services.approve(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(approved))


@router.post(
    "reservations/{int:id}/decline",
    response={200: ReservationOut},
    operation_id="decline_request",
    summary="Decline a request",
)
def decline_request(request: HttpRequest, id: int, body: DeclineIn):
    """For facility managers, with a reason that whoever asked can read. What is no request any more is refused."""
    reservation = _seen(id, user=request.auth)
    declined = services.decline(reservation=reservation, actor=request.auth, now=timezone.now(), reason=body.reason)
    return Status(200, ReservationOut.of(declined))


def _seen(id: int, *, user: User) -> Reservation:
    """Not seen: 404. Whether it is this person's to change, and in a state for it, the services say."""
    seen = Reservation.objects.visible_to(user)
    return get_object_or_404(seen.select_related("booking", "equipment__type", "equipment__fieldlab"), pk=id)
