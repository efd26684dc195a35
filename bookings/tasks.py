"""What the clock sets off for bookings."""

from celery import shared_task
from django.utils import timezone

from bookings.notifications import outbox
from bookings.notifications.accounts import answer_password_requests, notify_of_ending_keys
from bookings.notifications.digests import notify_of_the_day, notify_of_the_week
from bookings.notifications.writing import notify_of_expiring_certificates, plan_the_week


@shared_task
def deliver_notifications(ids: list[str]) -> int:
    """Right after the commit that wrote them; how many were sent."""
    return outbox.deliver(ids, clock=timezone.now)


@shared_task
def answer_who_asked_for_a_password() -> int:
    """Right after somebody asked; how many asked, known here or not."""
    return answer_password_requests(now=timezone.now())


@shared_task
def sweep_notifications() -> int:
    """Every minute: what is due and was not delivered, for whatever reason; how many were sent."""
    answer_password_requests(now=timezone.now())
    return outbox.sweep(clock=timezone.now)


@shared_task
def plan_reminders() -> int:
    """Every night: those of the coming week that are missing or no longer fit; of how many bookings."""
    return plan_the_week(now=timezone.now())


@shared_task
def notify_of_certificates() -> None:
    """Every morning: to people whose certificate is about to end. A day missed is made up for on the next."""
    notify_of_expiring_certificates(now=timezone.now())


@shared_task
def notify_of_keys() -> None:
    """Every morning: to people whose token or calendar address is about to end. A day missed is made up for."""
    notify_of_ending_keys(now=timezone.now())


@shared_task
def notify_of_days_and_weeks() -> None:
    """From seven o'clock on, again and again, so that a morning on which the clock did not run is made up for."""
    now = timezone.now()
    notify_of_the_day(now=now)
    notify_of_the_week(now=now)
