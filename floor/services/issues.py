"""Issues: a facility manager looked at them and lets the reservations stand, or has seen to it another way."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from bookings.models import Issue
from organisations.models import User


def dismiss(*, issue_ids: list[int], actor: User, now: datetime) -> int:
    """How many of these were open and are settled now. `PermissionDenied` unless a facility manager does it."""
    if not actor.is_facility_manager:
        raise PermissionDenied(_("Only a facility manager handles issues."))
    return Issue.objects.open().filter(pk__in=issue_ids).update(closed_at=now, dismissed_by=actor)
