"""What the clock sets off for bookings."""

from celery import shared_task
from django.utils import timezone

from bookings.notifications.digests import notify_of_the_day, notify_of_the_week
from bookings.notifications.writing import plan_the_week


@shared_task
def plan_reminders() -> int:
    """Every night: those of the coming week that are missing or no longer fit; of how many bookings."""
    return plan_the_week(now=timezone.now())


@shared_task
def notify_of_days_and_weeks() -> None:
    """From seven o'clock on, again and again, so that a morning on which the clock did not run is made up for."""
    now = timezone.now()
    notify_of_the_day(now=now)
    notify_of_the_week(now=now)
