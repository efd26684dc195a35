"""Databases of the bench's own, beside the configured one, filled with the demo's machines and many reservations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from bench.outbox import add_old_notifications
from demo.people import make_organisations, make_people
from demo.scale import add_reservations
from equipment.catalogue import apply_catalogue, read_catalogue
from equipment.certificates.services import grant
from equipment.models import CertificateKind

BOOKER, TECHNICIAN = "engineer@example.org", "technician@example.org"


@contextmanager
def bench_databases(names: list[str]) -> Iterator[Callable[[str], None]]:
    """Empty databases of these names; yields what makes Django use one of them. All are dropped at the end."""
    configured = connection.settings_dict["NAME"]
    for name in names:
        _drop(name)
        _execute(f'CREATE DATABASE "{name}"')
    try:
        yield use
    finally:
        use(configured)
        for name in names:
            _drop(name)


def use(name: str) -> None:
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


def fill(count: int, catalogue: Path, *, now: datetime, progress: Callable[[int, int], None]) -> int:
    """Tables, machines, people, `count` reservations and as many notifications that were sent, in the database in use;
    how many reservations there are."""
    call_command("migrate", verbosity=0)
    apply_catalogue(read_catalogue(catalogue.read_text(encoding="utf-8")), now=now)
    people = make_people(make_organisations(), password="nobody signs in here")
    for kind in CertificateKind.objects.all():
        grant(user=people[BOOKER], kind=kind, by=people[TECHNICIAN], now=now)
    added = add_reservations(count, now=now, progress=progress)
    add_old_notifications(count, now=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return added


def _drop(name: str) -> None:
    _execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
