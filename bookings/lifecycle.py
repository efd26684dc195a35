"""What a reservation can still become, when, and by whom."""

from datetime import datetime, timedelta

from bookings.models import Reservation, ReservationState
from organisations.models import User

MOVABLE_STATES = (ReservationState.REQUESTED, ReservationState.CONFIRMED)


# Of what is in use the end alone can change.
CHANGEABLE_STATES = (*MOVABLE_STATES, ReservationState.IN_USE)


def is_late(reservation: Reservation, now: datetime) -> bool:
    """Whether cancelling at `now` comes after the term of free cancellation."""
    return reservation.start - now < reservation.equipment.policy.free_cancellation_term


# People come a little early, and set-up is their time as well.
EARLY_AT_LEAST = timedelta(minutes=15)


def opens_at(reservation: Reservation) -> datetime:
    """From when on one may check in: when set-up begins, or a quarter of an hour before. Reads the machine's type."""
    return reservation.start - max(reservation.equipment.policy.set_up, EARLY_AT_LEAST)


def late_from(reservation: Reservation) -> datetime:
    """From when on somebody who has not checked in counts as late."""
    return reservation.start + reservation.equipment.policy.check_in_grace


def may_use(reservation: Reservation, actor: User) -> bool:
    """People of the facility; else who may change it, or who supervises it and still sees it."""
    if actor.is_technician:
        return True
    if reservation.booking.supervisor_id == actor.pk:
        return Reservation.objects.visible_to(actor).filter(pk=reservation.pk).exists()
    return Reservation.objects.changeable_by(actor).filter(pk=reservation.pk).exists()
