"""`python -m bic.chaos [--notices 10000] [--seed 1]`; 0 where all arrived as they should, 1 where not."""

import argparse
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bic.chaos.havoc import WORKERS, Fleet, Havoc
from bic.chaos.mail_server import CountingServer
from bic.embedded import DATA, PostgreSQL, Redis
from bic.throw_away import remove

ENDS_WITHIN = 30 * 60
TOLD_EVERY = 10


@contextmanager
def servers() -> Iterator[tuple[PostgreSQL, Redis, Path]]:
    """Both durable, with empty data, gone afterwards."""
    kept = DATA / "test"
    kept.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=kept))
    folder.chmod(0o711)
    database, broker = PostgreSQL(folder), Redis(folder)
    try:
        database.start()
        broker.start()
        yield database, broker, folder
    finally:
        broker.stop_if_last()
        database.stop_if_last()
        remove(folder)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--seed", type=int, default=1, help="the same seed breaks things in the same order")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends as well
    from aiosmtpd.controller import Controller

    handler = CountingServer()
    controller = Controller(handler, hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        with servers() as (database, broker, folder):
            os.environ |= {
                "DATABASE_URL": database.url,
                "REDIS_URL": broker.url,
                "EMAIL_URL": f"smtp://127.0.0.1:{controller.port}",
                "DJANGO_SETTINGS_MODULE": "bic.settings",
                "DEBUG": "1",
                "DATABASE_POOL": "2",
            }
            return _run(asked, handler, database, broker, folder)
    finally:
        controller.stop()


def _run(asked: argparse.Namespace, handler: CountingServer, database: PostgreSQL, broker: Redis, folder: Path) -> int:
    import django

    django.setup()
    logging.getLogger("mail.log").setLevel("ERROR")
    from django.core.management import call_command
    from django.db import Error, connections

    from bic.chaos.load import ended, put_in_the_outbox, wake_for

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    ids = put_in_the_outbox(asked.notices)
    # Half of them a worker is woken for, as after a commit; those wakes are lost when the broker comes back empty.
    wake_for(ids[: len(ids) // 2])
    close_pool: Callable[[], None] = connections["default"].close_pool  # type: ignore[attr-defined]
    close_pool()
    print(f"{len(ids):,} notices are due; {asked.workers} workers, 2 beats", flush=True)
    fleet = Fleet(dict(os.environ), folder, asked.workers)
    began, told = time.monotonic(), 0.0
    finished: dict[str, int] = {}
    try:
        with Havoc(fleet, database, broker, asked.seed) as havoc:
            while time.monotonic() - began < ENDS_WITHIN:
                time.sleep(1)
                with suppress(Error):  # it may be away just now
                    finished = ended()
                connections.close_all()
                close_pool()
                if sum(finished.values()) >= len(ids):
                    break
                if time.monotonic() - told > TOLD_EVERY:
                    told = time.monotonic()
                    print(f"{told - began:5.0f} s  {finished}  {dict(havoc.done)}", flush=True)
    finally:
        fleet.end()
    return _verdict(handler, finished, len(ids), havoc, asked.workers, time.monotonic() - began)


def _verdict(
    handler: CountingServer, finished: dict[str, int], count: int, havoc: Havoc, workers: int, seconds: float
) -> int:
    missing = count - len(handler.taken)
    twice = {address: n for address, n in handler.taken.items() if n > 1}
    other_ids = [address for address, ids in handler.message_ids.items() if len(ids) > 1]
    # Whoever is killed has one message in hand; when the database goes, so has every worker.
    explained = havoc.done["workers killed"] + havoc.done["database restarted"] * workers
    print(
        f"\n{seconds:.0f} s, {count / seconds:.0f} notices a second\n"
        f"broken: {dict(havoc.done)}, {sum(handler.refused.values()):,} messages refused\n"
        f"in the outbox: {finished}\n"
        f"arrived: {len(handler.taken):,} of {count:,}; missing: {missing}\n"
        f"came more than once: {len(twice)} (at most {max(handler.taken.values(), default=0)} times, "
        f"{len(other_ids)} of them under another Message-ID); {explained} could be explained"
    )
    good = not missing and not other_ids and sum(n - 1 for n in twice.values()) <= explained
    print("All arrived." if good and finished.get("sent") == count else "NOT as it should be.")
    return 0 if good and finished.get("sent") == count else 1


def _free_port() -> int:
    from socket import socket

    with socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
