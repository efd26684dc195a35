"""What the equipment app does by the clock."""

from celery import shared_task
from django.utils import timezone

from equipment import availability
from equipment.certificates.notifications import notify_of_expiring_certificates


@shared_task
def roll_calendars_forward() -> None:
    """Every night: expand the calendars one day further."""
    availability.roll_forward(now=timezone.now())


@shared_task
def notify_of_certificates() -> None:
    """Every morning: to people whose certificate is about to end. A day missed is made up for on the next."""
    notify_of_expiring_certificates(now=timezone.now())
