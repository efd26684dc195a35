"""The same fight over HTTP: forty people, several worker processes, one hour."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from bookings.models import Reservation
from core.clock import ZONE
from organisations.models import ApiToken

PEOPLE = 40
ROUNDS = 20


def url_of_test_database() -> str:
    """The address under which another process finds the database of this test run."""
    values = connection.settings_dict
    host = values["HOST"] or values["OPTIONS"].get("host", "")
    login = quote(values["USER"]) + (f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else "")
    place = f"?host={quote(host, safe='')}" if host.startswith("/") else ""
    address = "" if place else f"{host}:{values['PORT'] or 5432}"
    return f"postgresql://{login}@{address}/{values['NAME']}{place}"


@pytest.fixture
def workers(transactional_db):
    """The address of the site as it runs for real: gunicorn with four processes of ten threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": url_of_test_database(),
        "DATABASE_POOL": "12",
        "DEBUG": "1",
        "API_REQUESTS_PER_TOKEN": "0",  # forty people with two tokens
        "API_REQUESTS_PER_PERSON": "0",
        "REDIS_URL": settings.REDIS_URL or "redis://127.0.0.1:1/0",
    }
    command = [sys.executable, "-m", "gunicorn", "bic.wsgi", "--workers=4", "--threads=10", f"--bind=127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--log-level=error"], env=environment, cwd=settings.BASE_DIR)
    try:
        _wait_until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}/api/v1/"
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers(port: int, process: subprocess.Popen) -> None:
    for _try in range(600):
        assert process.poll() is None, "the server ended before it answered"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def call(address: str, secret: str, body: dict, method: str = "POST") -> tuple[int, str]:
    """Status, and the codes of the refusals."""
    request = urllib.request.Request(address, json.dumps(body).encode(), method=method)
    request.add_header("Authorization", f"Bearer {secret}")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        return error.code, ",".join(sorted({r["code"] for r in problem.get("refusals", [])}))


def at_once(calls: list[tuple]) -> Counter:
    barrier = Barrier(len(calls))

    def run(arguments):
        barrier.wait()
        return call(*arguments)

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def next_working_days(count: int) -> list:
    today = timezone.now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    days = (today + timedelta(days=n) for n in range(1, 60))
    return [day for day in days if day.weekday() < 5][:count]


def test_of_forty_who_ask_over_http_one_gets_it(workers, engineer, other_engineer, purpose, printer, second_printer):
    people = [
        (ApiToken.issue(user=engineer)[1], "verhagen"),
        (ApiToken.issue(user=other_engineer)[1], "kempen"),
    ]

    def body(n: int, day, codes: tuple[str, ...]) -> dict:
        start, end = (day.replace(hour=hour).isoformat() for hour in (9, 10))
        requested_slots = [{"equipment": code, "start": start, "end": end} for code in codes]
        return {
            "organisation": people[n % 2][1],
            "purpose": purpose.code,
            "title": f"{n}",
            "reservations": requested_slots,
        }

    mirror = (("FDM-01", "FDM-02"), ("FDM-02", "FDM-01"))
    for number, day in enumerate(next_working_days(ROUNDS)):
        codes = [mirror[n % 2] if number % 2 else ("FDM-01",) for n in range(PEOPLE)]
        outcomes = at_once([(f"{workers}bookings", people[n % 2][0], body(n, day, codes[n])) for n in range(PEOPLE)])
        assert outcomes == {(201, ""): 1, (409, "clash"): PEOPLE - 1}
    assert Reservation.objects.holding().count() == ROUNDS + ROUNDS // 2
