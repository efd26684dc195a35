"""What the clock sets off for usage."""

from celery import shared_task
from django.utils import timezone

from usage.keeping import keep_reports


@shared_task
def keep_usage_reports() -> int:
    """Every morning: the reports of the last month, where they are not there yet; how many were made."""
    return keep_reports(now=timezone.now())
