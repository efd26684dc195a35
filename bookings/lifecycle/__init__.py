"""What a reservation can become, when, and by whom. Pages, the API, mails and the desk ask `available_transitions`;
services carry out by `apply`. The table is `table.py`."""

from collections.abc import Iterable
from datetime import datetime

from bookings.lifecycle.guards import is_confirmed_at_once
from bookings.lifecycle.moments import free_until, is_late, late_from, opens_at
from bookings.lifecycle.table import (
    APPROVE,
    BOOK,
    CANCEL,
    CHANGE_END,
    CHECK_IN,
    CHECK_OUT,
    DECLINE,
    MARK_NO_SHOW,
    MOVE,
    REASSIGN,
    REQUEST,
    TABLE,
)
from bookings.lifecycle.transitions import (
    WRONG_STATE,
    Answer,
    Attempt,
    Available,
    Guard,
    Told,
    Transition,
    apply,
    apply_to_each,
    check,
    locked,
    write,
)
from bookings.models import Reservation
from equipment.policy import Policy
from organisations.models import User

TRANSITIONS = {transition.name: transition for transition in TABLE}
OF_A_RESERVATION = {transition.name: transition for transition in TABLE if transition.leaves}
CODES = frozenset({WRONG_STATE} | {guard.code for each in TABLE for guard in (*each.guards, *each.asks)})


def available_transitions(reservation: Reservation, user: User, now: datetime) -> Available:
    """For each transition by its name whether this person may carry it out now, and if not, why not."""
    return available_of_each([reservation], user, now)[reservation.pk]


def available_of_each(
    reservations: Iterable[Reservation],
    user: User,
    now: datetime,
    *,
    machines_in_use: frozenset[int] | None = None,
) -> dict[int, Available]:
    """The same for many, by id, in two statements at most. They come with booking, machine and type. `machines_in_use`
    saves one of them, for who has read that."""
    reservations = list(reservations)
    attempt = Attempt(user, reservations, now, machines_in_use=machines_in_use)
    return {each.pk: Available(OF_A_RESERVATION, each, attempt) for each in reservations}


def begins_as(policy: Policy, actor: User) -> Transition:
    """How a reservation of this person begins: as a request where a facility manager approves, unless one books."""
    return BOOK if is_confirmed_at_once(policy, actor) else REQUEST


__all__ = [
    "APPROVE",
    "BOOK",
    "CANCEL",
    "CHANGE_END",
    "CHECK_IN",
    "CHECK_OUT",
    "CODES",
    "DECLINE",
    "MARK_NO_SHOW",
    "MOVE",
    "OF_A_RESERVATION",
    "REASSIGN",
    "REQUEST",
    "TABLE",
    "TRANSITIONS",
    "WRONG_STATE",
    "Answer",
    "Attempt",
    "Available",
    "Guard",
    "Told",
    "Transition",
    "apply",
    "apply_to_each",
    "available_of_each",
    "available_transitions",
    "begins_as",
    "check",
    "free_until",
    "is_late",
    "late_from",
    "locked",
    "opens_at",
    "write",
]
