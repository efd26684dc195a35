"""The site as it runs for real, over a PostgreSQL that is stopped and started beneath it."""

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse

import pytest
from django.conf import settings

from bic.devserver.embedded import PostgreSQL

THREADS = 8
QUICKLY = 8  # seconds; the pool gives up after three, and the machine may be busy


class Site:
    """Asks over HTTP as somebody with a session, which is looked up in the database on every page."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str) -> tuple[HTTPResponse, str, float]:
        """The answer, its text, and how many seconds it took."""
        began = time.monotonic()
        asking = HTTPConnection("127.0.0.1", self.port, timeout=60)
        asking.request("GET", path, headers={"Cookie": "sessionid=nobodyknowsthissession"})
        answer = asking.getresponse()
        text = answer.read().decode()
        asking.close()
        return answer, text, time.monotonic() - began

    def statuses(self, path: str, times: int) -> set[int]:
        """Of so many who ask at once."""
        with ThreadPoolExecutor(times) as pool:
            return {answer.status for answer, _text, _seconds in pool.map(self.get, [path] * times)}


@pytest.fixture
def database(folder):
    server = PostgreSQL(folder)
    server.start()
    yield server
    server.stop_if_last()


@pytest.fixture
def site(database):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"DATABASE_URL": database.url, "DEBUG": "1", "REDIS_URL": "redis://127.0.0.1:1/0"}
    manage = [sys.executable, "manage.py", "migrate", "sessions", "--verbosity=0"]
    subprocess.run(manage, env=environment, cwd=settings.BASE_DIR, check=True)
    server = [sys.executable, "-m", "gunicorn", "bic.wsgi", "--workers=1", f"--threads={THREADS}"]
    command = [*server, f"--bind=127.0.0.1:{port}", "--log-level=error"]
    process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    try:
        yield _once_it_answers(Site(port), process)
    finally:
        process.terminate()
        process.wait(30)


def _once_it_answers(site: Site, process: subprocess.Popen) -> Site:
    for _try in range(600):
        assert process.poll() is None, "the server ended before it answered"
        try:
            site.get("/health/live")
        except OSError:
            time.sleep(0.1)
        else:
            return site
    raise AssertionError("the server did not answer")


def test_while_it_is_away_everybody_is_told_quickly_and_afterwards_nobody_notices(site, database):
    assert site.statuses("/floor/", 2 * THREADS) == {302}  # to the sign-in; several connections wait in the pool now
    database.shut_down()

    answer, text, seconds = site.get("/floor/")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "no-store" in answer.headers["Cache-Control"]
    assert "We zijn even niet bereikbaar" in text
    assert "We cannot be reached just now" in text
    assert seconds < QUICKLY

    answer, text, seconds = site.get("/api/v1/me")
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert seconds < QUICKLY

    assert site.get("/health/live")[0].status == 200
    answer, text, seconds = site.get("/health/ready")
    assert answer.status == 503
    assert '"database": "down"' in text
    assert seconds < QUICKLY

    database.launch()
    assert site.statuses("/floor/", 2 * THREADS) == {302}
    assert '"database": "up"' in site.get("/health/ready")[1]


def test_connections_that_a_restart_left_dead_are_found_before_anybody_gets_one(site, database):
    """One after the other, so that the first request meets all that died."""
    assert site.statuses("/floor/", 4 * THREADS) == {302}
    database.shut_down()
    database.launch()
    for _time in range(THREADS):
        assert site.get("/floor/")[0].status == 302
