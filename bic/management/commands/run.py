"""`manage.py run`, which `make run` calls: the whole system in one terminal, with the demo Atrium in it or, with
DEMO=0, an empty facility and its first manager."""

import io
import ipaddress
import os
import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from bic.devserver import embedded
from bic.devserver.supervisor import CannotRun, OnlyRun, Supervisor, children, listen


class Command(BaseCommand):
    help = (
        "Migrate, fill an empty database with the demo Atrium (DEMO=0: with a first manager), and run web, worker and "
        "beat until Ctrl-C."
    )
    requires_system_checks = []

    def handle(self, **options):
        host = os.environ.get("HOST") or "127.0.0.1"
        address = f"http://{f'[{host}]' if ':' in host else host}:{_port()}"
        try:
            claim = OnlyRun(settings.BASE_DIR / ".data")
            listening = listen(host, _port())
        except CannotRun as refused:
            raise CommandError(str(refused)) from None
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        try:
            people = people_to_sign_in_as(demo=settings.DEMO)
        finally:
            connection.close_pool()
        words = f"\nReady at {address} (Ctrl-C ends it; the data stays)\n{people}{_warning(host)}"
        supervisor = Supervisor(
            children(),
            address=address,
            claim=claim,
            env=_environment(host, address),
            cwd=settings.BASE_DIR,
            servers=embedded.servers_in_use(),
        )
        code = supervisor.run(listening, when_ready=words)
        self.stdout.write("Ended; the data is kept.")
        sys.exit(code)


def _environment(host: str, address: str) -> dict[str, str]:
    """What the children are told."""
    return os.environ | {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or embedded.database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SITE_URL": os.environ.get("SITE_URL") or address,
        "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS") or _allowed_hosts(host),
        "SEEN_BY_OTHERS": "0" if _is_local(host) else "1",
        "PYTHONUNBUFFERED": "1",
    }


def _port() -> int:
    written = os.environ.get("PORT") or "8000"
    if not written.isdigit() or not 0 < int(written) < 65536:
        raise CommandError(f"PORT={written} is no port: give a number from 1 to 65535, as in PORT=8001 make run.")
    return int(written)


def people_to_sign_in_as(*, demo: bool) -> str:
    """Fills an empty database, with the demonstration or with a first manager, and tells of its people. Raises
    CommandError where it holds the other of the two."""
    told = io.StringIO()
    if demo:
        try:
            call_command("demo_data", stdout=told)
        except CommandError as refused:
            raise CommandError(f"{refused} To run the facility: make run DEMO=0") from None
        call_command("keep_usage_reports", stdout=io.StringIO())  # of last month, so that there is one to see
    elif call_command("demo_data", is_there=True, stdout=io.StringIO()) == "yes":
        raise CommandError(
            "This database holds the demonstration, and a facility wants one to itself. To see the demonstration: "
            "make run. To begin a facility: remove .data, or name another database in DATABASE_URL."
        )
    else:
        call_command("first_manager", os.environ.get("FIRST_MANAGER") or "manager@localhost", stdout=told)
    return told.getvalue()


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _allowed_hosts(host: str) -> str:
    """Where HOST opens it to the network, its names there are not known here."""
    return "localhost,127.0.0.1,[::1]" if _is_local(host) else "*"


def _warning(host: str) -> str:
    open_to_all = (
        "This is a DEMONSTRATION, and others on the network can reach it: whoever knows its password sees and changes\n"
        "everything, mails included. Fine to show it, not for real bookings (see docs/running.md).\n"
    )
    return "" if _is_local(host) or not settings.DEBUG else open_to_all
