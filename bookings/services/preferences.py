"""When people want to be reminded: what is planned already is planned anew."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from bookings.models import Reservation, ReservationQuerySet, ReservationState
from bookings.notifications.writing import PLANNED_TOGETHER, plan_anew
from equipment.models import EquipmentType
from organisations.models import User


def plan_anew_for_person(person: User, now: datetime) -> None:
    """The reminders of what this person has ahead follow what was chosen."""
    ahead = _confirmed_ahead(now)
    _plan(ahead.filter(booking__booker=person) | ahead.filter(booking__supervisor=person), now)


def choose_for_type(*, equipment_type: EquipmentType, keep: Callable[[], object], now: datetime) -> None:
    """`keep()` writes what was chosen; it holds for all who chose nothing themselves and have a machine of this type
    ahead."""
    with transaction.atomic():
        keep()
        _plan(_confirmed_ahead(now).filter(equipment__type=equipment_type), now)


def _confirmed_ahead(now: datetime) -> ReservationQuerySet:
    return Reservation.objects.filter(state=ReservationState.CONFIRMED).going_on_or_ahead(now)


def _plan(reservations: ReservationQuerySet, now: datetime) -> None:
    booking_ids = sorted(set(reservations.values_list("booking_id", flat=True)))
    for first in range(0, len(booking_ids), PLANNED_TOGETHER):
        plan_anew(booking_ids[first : first + PLANNED_TOGETHER], now=now)
