"""The set-up pages' one look at the clock."""

from datetime import date

from django.utils import timezone

from bookings.planning import ZONE


def today() -> date:
    """The local date."""
    return timezone.now().astimezone(ZONE).date()
