"""What is sent, by whom it was asked for and by the clock."""

from celery import shared_task
from django.utils import timezone

from notifications import outbox
from notifications.accounts.writing import answer_password_requests, notify_of_ending_keys


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
def notify_of_keys() -> None:
    """Every morning: to people whose token or calendar address is about to end. A day missed is made up for."""
    notify_of_ending_keys(now=timezone.now())
