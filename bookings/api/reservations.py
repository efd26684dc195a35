"""The API's calls that change one reservation."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status

from bookings import services
from bookings.api.errors import unknown_codes
from bookings.api.schemas import MoveIn, ReservationOut
from bookings.models import Reservation
from equipment.models import Equipment
from organisations.models import User

router = Router(tags=["reservations"])


@router.patch(
    "reservations/{int:id}",
    response=ReservationOut,
    operation_id="move_reservation",
    summary="Move to another time or machine",
)
def move_reservation(request: HttpRequest, id: int, body: MoveIn):
    """To another start, end or machine, judged by the rules of today. What is left out stays."""
    reservation = _changeable(id, user=request.auth)
    moved = services.move(
        reservation=reservation,
        actor=request.auth,
        now=timezone.now(),
        start=body.start,
        end=body.end,
        equipment=_equipment(body.equipment),
    )
    return ReservationOut.of(moved)


@router.post(
    "reservations/{int:id}/cancel",
    response={200: ReservationOut},
    operation_id="cancel_reservation",
    summary="Cancel",
)
def cancel_reservation(request: HttpRequest, id: int):
    """Gives the machine free. A reservation that is over or was cancelled already is refused."""
    reservation = _changeable(id, user=request.auth)
    cancelled = services.cancel(reservation=reservation, actor=request.auth, now=timezone.now())
    return Status(200, ReservationOut.of(cancelled))


def _changeable(id: int, *, user: User) -> Reservation:
    """Not seen: 404. Seen, but not this person's to change: 403."""
    seen = Reservation.objects.visible_to(user)
    reservation = get_object_or_404(seen.select_related("booking", "equipment__type", "equipment__fieldlab"), pk=id)
    if not Reservation.objects.changeable_by(user).filter(pk=id).exists():
        raise PermissionDenied(_("You may see this reservation, but not change it."))
    return reservation


def _equipment(code: str | None) -> Equipment | None:
    if code is None:
        return None
    machine = Equipment.objects.with_type().filter(code=code).first()
    if machine is None:
        raise unknown_codes([(("equipment",), code)])
    return machine
