"""`python -m bench.chaos [--notifications 10000] [--seed 1]`; 0 where all arrived as they should, 1 where not."""

import argparse
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.chaos.havoc import WORKERS, Fleet, Havoc
from bench.chaos.mail_server import CountingServer
from bic.devserver.embedded import DATA, PostgreSQL, Redis
from bic.devserver.throw_away import remove

if TYPE_CHECKING:
    from bench.chaos.people import People

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
    parser.add_argument("--notifications", type=int, default=10_000)
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
                "DATABASE_POOL": "4",
                # People here send the same again and again, and are one person to the limits.
                "API_REQUESTS_PER_TOKEN": "1000000",
                "API_REQUESTS_PER_PERSON": "1000000",
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
    from django.utils import timezone

    from bench.chaos.load import ended, lost_or_doubled, put_in_the_outbox, token_of_the_booker, wake_for
    from bench.chaos.people import AT_ONCE, People

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    ids = put_in_the_outbox(asked.notifications)
    # Half of them a worker is woken for, as after a commit; those wakes are lost when the broker comes back empty.
    wake_for(ids[: len(ids) // 2])
    port, begin = _free_port(), timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    people = People(port, token_of_the_booker(), begin)
    close_pool: Callable[[], None] = connections["default"].close_pool  # type: ignore[attr-defined]
    close_pool()
    print(f"{len(ids):,} notifications are due; {asked.workers} workers, 2 beats; {AT_ONCE} people book", flush=True)
    fleet = Fleet(dict(os.environ), folder, asked.workers, port)
    began, told = time.monotonic(), 0.0
    finished: dict[str, int] = {}
    try:
        with people, Havoc(fleet, database, broker, asked.seed) as havoc:
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
    wrong = _booked_as_they_saw(people, lost_or_doubled(people.booked))
    return _verdict(handler, finished, len(ids), havoc, asked.workers, time.monotonic() - began) or wrong


def _booked_as_they_saw(people: "People", lost_or_doubled: list[str]) -> int:
    """1 where somebody saw an error of ours, waited in vain, or saw something else than what is in the database."""
    errors = sum(times for status, times in people.saw.items() if status.startswith("5") and status != "503")
    print(
        f"\nbookings: {len(people.booked):,}; lost or doubled: {len(lost_or_doubled)}; "
        f"answers: {dict(sorted(people.saw.items()))}; errors of ours: {errors}; "
        f"never answered: {len(people.unanswered)}"
    )
    return int(bool(lost_or_doubled or errors or people.unanswered or not people.booked))


def _verdict(
    handler: CountingServer, finished: dict[str, int], count: int, havoc: Havoc, workers: int, seconds: float
) -> int:
    missing = count - len(handler.taken)
    twice = {address: n for address, n in handler.taken.items() if n > 1}
    other_ids = [address for address, ids in handler.message_ids.items() if len(ids) > 1]
    # Whoever is killed has one message in hand; when the database goes, so has every worker.
    explained = havoc.done["workers killed"] + havoc.done["database restarted"] * workers
    print(
        f"\n{seconds:.0f} s, {count / seconds:.0f} notifications a second\n"
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
