"""Issues: a facility manager looked at them and lets the reservations stand, or has seen to it another way."""

from datetime import datetime

from bookings.models import Issue
from organisations.models import User
from organisations.permissions import may_settle_issues


def dismiss(*, issue_ids: list[int], actor: User, now: datetime) -> int:
    """How many of these were open and are settled now. `NotAllowed` unless a facility manager does it."""
    may_settle_issues.require(actor)
    return Issue.objects.open().filter(pk__in=issue_ids).update(closed_at=now, dismissed_by=actor)
