"""When people want to be told: kept, and what is planned already planned anew."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from bookings.models import Reservation, ReservationState
from bookings.notifications.writing import PLANNED_TOGETHER, plan_anew
from equipment.models import EquipmentType
from organisations.models import User


def choose_for_person(*, person: User, keep: Callable[[], object], now: datetime) -> None:
    """`keep()` writes what was chosen; the reminders of what this person has ahead follow it."""
    ahead = _confirmed_ahead(now)
    theirs = ahead.filter(booking__booker=person) | ahead.filter(booking__supervisor=person)
    _keep_and_plan(keep, theirs, now)


def choose_for_type(*, equipment_type: EquipmentType, keep: Callable[[], object], now: datetime) -> None:
    """The same for all who chose nothing themselves and have a machine of this type ahead."""
    _keep_and_plan(keep, _confirmed_ahead(now).filter(equipment__type=equipment_type), now)


def _confirmed_ahead(now: datetime):
    return Reservation.objects.filter(state=ReservationState.CONFIRMED).going_on_or_ahead(now)


def _keep_and_plan(keep: Callable[[], object], reservations, now: datetime) -> None:
    with transaction.atomic():
        keep()
        booking_ids = sorted(set(reservations.values_list("booking_id", flat=True)))
        for first in range(0, len(booking_ids), PLANNED_TOGETHER):
            plan_anew(booking_ids[first : first + PLANNED_TOGETHER], now=now)
