"""A request sent twice with the same key is done once: its first answer is kept, and given again."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from core.models import IdempotencyKey

LONGEST_KEY = IdempotencyKey._meta.get_field("key").max_length


class KeyReused(Exception):
    """The key came before, with another request."""


def claim(*, user: AbstractBaseUser, key: str, request: Iterable[bytes], now: datetime) -> IdempotencyKey:
    """The key, for this person and this request alone; its `status` is None when there is no answer yet.

    Call it in the transaction that does the work and call `keep` before that ends. Whoever sends the same key
    in the meantime waits here for the unique index, and then finds the answer; or, when the first failed and
    took its claim back with it, does the work. Raises KeyReused.
    """
    fingerprint = hashlib.sha256(b"\n".join(request)).hexdigest()
    claimed, _new = IdempotencyKey.objects.get_or_create(
        user=user, key=key, defaults={"fingerprint": fingerprint, "created_at": now}
    )
    if claimed.fingerprint != fingerprint:
        raise KeyReused
    return claimed


def keep(claimed: IdempotencyKey, *, status: int, body: str) -> None:
    """`body` is kept as one JSON string, so that it goes out again letter for letter."""
    IdempotencyKey.objects.filter(pk=claimed.pk).update(status=status, body=body)


def forget_old_keys(*, now: datetime) -> int:
    """Removes the keys older than IDEMPOTENCY_KEYS_KEPT; how many."""
    return IdempotencyKey.objects.filter(created_at__lt=now - settings.IDEMPOTENCY_KEYS_KEPT).delete()[0]
