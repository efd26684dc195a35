"""The API's calls that change one reservation."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.responses import Status

from bookings import services
from bookings.api.bodies import MoveIn
from bookings.api.naming import machine, overriding, visible_reservation
from bookings.api.schemas import ReservationOut

router = Router(tags=["reservations"])


@router.patch(
    "reservations/{int:id}",
    response=ReservationOut,
    operation_id="move_reservation",
    summary="Move to another time or machine",
)
def move_reservation(request: HttpRequest, id: int, body: MoveIn, dry_run: bool = False):
    """To another start, end or machine, evaluated by the rules of today. What is left out stays. A dry run changes
    nothing."""
    reservation = visible_reservation(id, user=request.auth)
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
    reservation = visible_reservation(id, user=request.auth)
    moved = services.reassign(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(moved))


@router.post(
    "reservations/{int:id}/cancel",
    response={200: ReservationOut},
    operation_id="cancel_reservation",
    summary="Cancel",
)
def cancel_reservation(request: HttpRequest, id: int):
    """Gives the machine free. A reservation that is over or was cancelled already is refused."""
    reservation = visible_reservation(id, user=request.auth)
    cancelled = services.cancel(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(cancelled))
