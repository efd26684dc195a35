"""What the equipment app does by the clock."""

from celery import shared_task
from django.utils import timezone

from equipment import availability


@shared_task
def roll_calendars_forward() -> None:
    """Every night: expand the calendars one day further."""
    availability.roll_forward(now=timezone.now())
