"""Who depends on certificates is told when one is granted or withdrawn, without this app knowing them."""

from collections.abc import Callable
from datetime import datetime

from equipment.models import Certificate

Watcher = Callable[[Certificate, datetime], None]

_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> None:
    """`watcher(certificate, now)` is called from now on in the transaction that grants or withdraws a certificate. It
    was withdrawn where `withdrawn_at` is set. What the watcher raises undoes the change."""
    _watchers.append(watcher)


def notify_watchers(certificate: Certificate, *, now: datetime) -> None:
    for watcher in _watchers:
        watcher(certificate, now)
