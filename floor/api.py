"""The API's calls of the floor: checking in and out, and deciding about requests."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict

from bookings.api.naming import visible_reservation
from bookings.api.schemas import ReservationOut
from core.api.texts import Reason
from floor import services

router = Router(tags=["reservations"])


class DeclineIn(Schema):
    model_config = ConfigDict(extra="forbid")

    reason: Reason


@router.post(
    "reservations/{int:id}/check-in",
    response={200: ReservationOut},
    operation_id="check_in",
    summary="Check in",
)
def check_in(request: HttpRequest, id: int):
    """From set-up on, or a quarter of an hour before the start, until the end. Checked in already: it stays so."""
    reservation = visible_reservation(id, user=request.auth)
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
    reservation = visible_reservation(id, user=request.auth)
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
    reservation = visible_reservation(id, user=request.auth)
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
    reservation = visible_reservation(id, user=request.auth)
    declined = services.decline(reservation=reservation, actor=request.auth, now=timezone.now(), reason=body.reason)
    return Status(200, ReservationOut.of(declined))
