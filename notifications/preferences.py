"""Choosing how to be told. Who plans reminders ahead is told of the choice, without this app knowing them."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from organisations.models import User

Watcher = Callable[[User, datetime], None]

_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> None:
    """`watcher(person, now)` is called from now on in the transaction in which a person chose. What it raises undoes
    the choice."""
    _watchers.append(watcher)


def choose(*, person: User, keep: Callable[[], object], now: datetime) -> None:
    """`keep()` writes what was chosen."""
    with transaction.atomic():
        keep()
        for watcher in _watchers:
            watcher(person, now)
