"""The site behind a real PgBouncer that gives each transaction to whichever connection is free."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from bookings.models import Reservation
from organisations.models import ApiToken
from tests.bookings.services.test_races_over_http import at_once, next_working_days
from tests.deploy import servers

INI = (settings.BASE_DIR / "deploy" / "pgbouncer" / "pgbouncer.ini").read_text()
PEOPLE, ROUNDS = 40, 3


@pytest.fixture
def behind(transactional_db):
    """The URL of this test's database through PgBouncer, with few connections for many who ask."""
    values = connection.settings_dict
    host = values["HOST"] or values["OPTIONS"]["host"]
    password = f" password={values['PASSWORD']}" if values["PASSWORD"] else ""
    database = (
        f"bic = host={host} port={values['PORT'] or 5432} dbname={values['NAME']} user={values['USER']}{password}"
    )
    ini = INI.replace("bic = host=127.0.0.1 port=5432 dbname=bic", database)
    ini = ini.replace("default_pool_size = 20", "default_pool_size = 6")
    assert database in ini
    with servers.pgbouncer(ini, {"bic": "secret"}) as port:
        yield f"postgres://bic:secret@127.0.0.1:{port}/bic"


@pytest.fixture
def site(behind, tmp_path):
    port = servers.free_port()
    environment = os.environ | {"DATABASE_URL": behind, "DEBUG": "1", "REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "3", "--threads", "10"]
    address = f"http://127.0.0.1:{port}"
    answers = servers.page_answers(f"{address}/health/ready")
    with servers.running(
        command, answers=answers, log=tmp_path / "log", env=environment, cwd=settings.BASE_DIR, within=90
    ):
        yield address


def test_the_timeouts_hold_and_nothing_is_left_to_the_next(behind):
    """Start-up options are refused there, and what one session sets another would find."""
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(behind, options="-c lock_timeout=15s")
    with psycopg.connect(behind) as asking:
        for name, value in (("lock_timeout", "15s"), ("idle_in_transaction_session_timeout", "1min")):
            assert asking.execute(f"SHOW {name}").fetchone() == (value,)


def test_of_forty_who_ask_for_one_hour_one_gets_it(site, engineer, other_engineer, purpose, printer):
    people = [(ApiToken.issue(user=engineer)[1], "verhagen"), (ApiToken.issue(user=other_engineer)[1], "kempen")]

    def body(number, day):
        start, end = (day.replace(hour=hour).isoformat() for hour in (9, 10))
        requested_slots = [{"equipment": "FDM-01", "start": start, "end": end}]
        return {
            "organisation": people[number % 2][1],
            "purpose": purpose.code,
            "title": "",
            "reservations": requested_slots,
        }

    for day in next_working_days(ROUNDS):
        calls = [(f"{site}/api/v1/bookings", people[n % 2][0], body(n, day)) for n in range(PEOPLE)]
        assert at_once(calls) == {(201, ""): 1, (409, "clash"): PEOPLE - 1}
    assert Reservation.objects.holding().count() == ROUNDS


def test_commands_and_migrations_pass_through(behind):
    environment = os.environ | {"DATABASE_URL": behind, "DEBUG": "1", "REDIS_URL": settings.REDIS_URL}
    for command in (["migrate", "--noinput"], ["createcachetable"], ["keep_usage_reports"], ["dumpdata", "equipment"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command], capture_output=True, text=True, env=environment,
            cwd=settings.BASE_DIR, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
