"""Waking a worker after the commit, so that what is due now is told now.

It only makes things quicker: the sweep delivers whatever nobody was woken for. So it may lose what it was given, and
never fails or holds up a booking: a thread of its own talks to the broker, which may be slow, hang, or be gone.
"""

import logging
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from functools import partial
from queue import Full, Queue
from threading import Lock, Thread
from time import monotonic
from uuid import UUID

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

DELIVER = "notifications.tasks.deliver_notifications"
ANSWER = "notifications.tasks.answer_who_asked_for_a_password"
# More than these would be waiting for a broker that does not answer; the sweep has them.
MOST_WAITING = 1000
# After a broker did not answer, it is left alone for so many seconds.
LEFT_ALONE = 30

_left_to_the_sweep: ContextVar[bool] = ContextVar("left_to_the_sweep", default=False)


def announce(ids: Collection[UUID]) -> None:
    """Have these delivered as soon as the transaction is committed. Never fails, and never waits."""
    if ids and not _left_to_the_sweep.get():
        transaction.on_commit(partial(_announcer.give, DELIVER, [str(pk) for pk in ids]), robust=True)


def announce_password_request() -> None:
    """Have them answered as soon as the transaction is committed. Never fails, and never waits."""
    transaction.on_commit(partial(_announcer.give, ANSWER), robust=True)


@contextmanager
def left_to_the_sweep() -> Iterator[None]:
    """Announce nothing inside: for who writes a great many at once."""
    token = _left_to_the_sweep.set(True)
    try:
        yield
    finally:
        _left_to_the_sweep.reset(token)


class Announcer:
    """One thread per process, begun with the first thing it is given."""

    def __init__(self) -> None:
        self._given: Queue[tuple[Context, str, tuple]] = Queue(MOST_WAITING)
        self._thread: Thread | None = None
        self._beginning = Lock()

    def give(self, task: str, *arguments) -> None:
        with self._beginning:
            if self._thread is None:
                self._thread = Thread(target=self._publish_all, name="announcing notifications", daemon=True)
                self._thread.start()
        with suppress(Full):
            # The task is published as of the request that gave it: logs name that one.
            self._given.put_nowait((copy_context(), task, arguments))

    def _publish_all(self) -> None:
        left_alone_until = 0.0
        while True:
            context, task, arguments = self._given.get()
            if monotonic() < left_alone_until:
                continue
            try:
                context.run(current_app.send_task, task, args=arguments, retry=False)
            except Exception as error:  # whatever it is: without this thread every mail would wait for the sweep
                left_alone_until = monotonic() + LEFT_ALONE
                logger.warning("the broker does not answer, the sweep will deliver: %s", error)


_announcer = Announcer()


def _begin_anew() -> None:
    """In a process that was forked off: threads do not come along, and locks may be held by one that did not."""
    global _announcer
    _announcer = Announcer()


os.register_at_fork(after_in_child=_begin_anew)
