"""What must hold for a transition beside the state: each guard with its code and its words."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from bookings.lifecycle.moments import late_from, opens_at
from bookings.lifecycle.transitions import Attempt, Guard
from bookings.models import Reservation
from core.clock import ZONE
from equipment.policy import Approval, Policy
from organisations.models import User
from organisations.permissions import may_decide_requests


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%H:%M}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"


def not_over(words: Callable[[Reservation], str]) -> Guard:
    """The reservation has not ended; `words` say what is too late."""
    return Guard(
        "is_over",
        holds=lambda reservation, attempt: attempt.now < reservation.end,
        words=lambda reservation, _attempt: words(reservation),
        condition=lambda now: Q(period__endswith__gt=now),
    )


def ended(reservation: Reservation) -> str:
    return _("This time is over: it ended at %(time)s.") % {"time": _moment(reservation.end)}


not_too_early = Guard(
    "too_early",
    holds=lambda reservation, attempt: attempt.now >= opens_at(reservation),
    words=lambda reservation, _attempt: (
        _("Checking in is possible from %(time)s on.") % {"time": _moment(opens_at(reservation))}
    ),
)

machine_is_free = Guard(
    "machine_in_use",
    holds=lambda reservation, attempt: reservation.equipment_id not in attempt.machines_in_use,
    words=lambda reservation, _attempt: (
        _("%(code)s is still in use. Ask the previous user or a technician to check out first.")
        % {"code": reservation.equipment.code}
    ),
    constraint="a_machine_is_in_use_once",
)

grace_is_over = Guard(
    "within_grace",
    holds=lambda reservation, attempt: attempt.now >= late_from(reservation),
    words=lambda reservation, _attempt: (
        _("They can still check in until %(time)s. After that you can choose “no-show”.")
        % {"time": _clock(late_from(reservation))}
    ),
)


def is_confirmed_at_once(policy: Policy, actor: User) -> bool:
    """Whether what this person books or moves needs nobody's approval."""
    return policy.approval != Approval.MANAGER or may_decide_requests(actor)


needs_no_approval = Guard(
    "needs_approval",
    holds=lambda reservation, attempt: is_confirmed_at_once(reservation.equipment.policy, attempt.actor),
    words=lambda _reservation, _attempt: _(
        "This reservation is in use, and changes need a facility manager’s approval. Ask a technician."
    ),
)


def _only_end_changes(reservation: Reservation, attempt: Attempt) -> bool:
    slot = attempt.slot
    return slot is None or (slot.start, slot.equipment) == (reservation.start, reservation.equipment)


only_the_end_changes = Guard(
    "only_end_changes",
    holds=_only_end_changes,
    words=lambda _reservation, _attempt: _("This reservation is in use. Only the end can change."),
)

has_a_reason = Guard(
    "needs_reason",
    holds=lambda _reservation, attempt: bool(attempt.reason),
    words=lambda _reservation, _attempt: _("Give a reason. The requester reads it."),
)
