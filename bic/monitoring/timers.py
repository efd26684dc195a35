"""Whether the work behind the pages runs: each task is timed, and who keeps the facility sees when timers stopped."""

from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic

from celery import signals
from django.db import Error
from django.utils import timezone

from bic.models import TaskTimes
from notifications.models import Notification

# What beat sets off every minute, whatever happens: where it does not run, nothing does.
EACH_MINUTE = "notifications.tasks.sweep_notifications"
LATE_AFTER = timedelta(minutes=5)

_began: dict[str, float] = {}
_failed: set[str] = set()


@signals.task_prerun.connect
def _begins(task_id: str, **kwargs) -> None:
    _began[task_id] = monotonic()


@signals.task_failure.connect
def _fails(task_id: str, **kwargs) -> None:
    _failed.add(task_id)


@signals.task_postrun.connect
def _ends(task_id: str, task, **kwargs) -> None:
    """Never in the way of the task: where it cannot be written it is not counted."""
    seconds = monotonic() - _began.pop(task_id, monotonic())
    failed = task_id in _failed
    _failed.discard(task_id)
    with suppress(Error):
        TaskTimes.add(task.name, seconds=seconds, failed=failed, ended_at=timezone.now())


def timers_stopped_since(now: datetime) -> datetime | None:
    """Since when the timers have not run; None where they do, or where there was nothing to do for them yet. Two
    statements at most."""
    last = TaskTimes.objects.filter(name=EACH_MINUTE).values_list("last_ended_at", flat=True).first()
    if last is None:
        # Nobody ever ran them: from the first notification on that should have gone.
        last = Notification.objects.due(now).values_list("next_try_at", flat=True).first()
    return last if last is not None and now - last > LATE_AFTER else None
