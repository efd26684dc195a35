"""Whether this process lives, and whether it can serve: for load balancers, containers and `make run`.

They are answered by the outermost middleware and not by the address list, so that a probe that asks over plain
HTTP, by an IP address, and without a session gets its answer from a site that insists on HTTPS and on its name.
"""

from functools import cache

from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.http import JsonResponse

from bic.database import PATIENCE, connect_apart


def answer_health(get_response):
    """Middleware: `/health/live` and `/health/ready`; every other address is passed on."""

    def middleware(request):
        if request.path_info == "/health/live":
            return live()
        if request.path_info == "/health/ready":
            return ready()
        return get_response(request)

    return middleware


def live() -> JsonResponse:
    """200 as long as the process answers at all: restart it when this fails."""
    return _never_stored({"status": "live"}, 200)


def ready() -> JsonResponse:
    """200 when it can serve; 503 when it cannot, with the parts that are missing.

    Without the broker the site still books: notifications and nightly work wait until it is back. So a broker that is
    down makes the answer "degraded", not 503, which would take a working site off the air.
    """
    database, migrations = _database()
    broker = _broker()
    serves = database == "up" and migrations == "applied"
    status = "not ready" if not serves else "degraded" if broker == "down" else "ready"
    answer = {"status": status, "database": database, "migrations": migrations, "broker": broker}
    return _never_stored(answer, 200 if serves else 503)


def _never_stored(answer: dict, status: int) -> JsonResponse:
    return JsonResponse(answer, status=status, headers={"Cache-Control": "no-store"})


def _database() -> tuple[str, str]:
    """Of the database and of the migrations."""
    import psycopg

    try:
        with connect_apart() as asking:
            rows = asking.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.errors.UndefinedTable:
        return "up", "missing"
    except psycopg.Error:
        return "down", "unknown"
    return "up", "applied" if _last_migrations() <= {(app, name) for app, name in rows} else "missing"


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of every app of this version of the code."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _broker() -> str:
    from kombu import Connection
    from kombu.exceptions import KombuError

    options = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE, "max_retries": 0}
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=PATIENCE, transport_options=options) as asking:
            asking.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE)
    except (OSError, KombuError):
        return "down"
    return "up"
