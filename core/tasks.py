"""What the clock sets off for the API."""

from celery import shared_task
from django.utils import timezone

from core import idempotency


@shared_task
def forget_old_idempotency_keys() -> int:
    """Every night; how many were forgotten."""
    return idempotency.forget_old_keys(now=timezone.now())
