"""Putting notifications in the outbox."""

from collections.abc import Sequence
from datetime import datetime

from notifications.announcing import announce
from notifications.models import Notification


def write_notifications(notifications: Sequence[Notification], now: datetime) -> None:
    """In the transaction that causes them. One statement, and none for nothing. What is written already stays as it is.
    One's own deeds are no news: give these a `read_at`."""
    if not notifications:
        return
    for notification in notifications:
        notification.written_at, notification.next_try_at = now, notification.due_at
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)
    announce([notification.pk for notification in notifications if notification.due_at <= now])
