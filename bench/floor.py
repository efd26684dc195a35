"""The floor as a browser gets it: sixty machines, a week, two thousand reservations."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from gzip import compress
from shutil import which
from socket import create_connection, socket
from statistics import median
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.test import Client

from bench.bare import Bare
from bench.databases import BOOKER
from bookings.models import Purpose, Reservation
from bookings.scheduling.placement import RequestedSlot
from core.clock import ZONE
from equipment.models import Equipment
from organisations.models import User

RESERVATIONS, MACHINES = 2_000, 60
ROUNDS = 20
LOADS = 7
STARTS_WITHIN = 60
CHROMIUM = os.environ.get("CHROMIUM") or which("chromium") or which("chromium-browser") or which("google-chrome")
# Of the page itself: what the network sends, when the script has taken the lanes over, and what held up the thread.
WATCH_LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.longTasks.push(one.duration); })
  .observe({ type: "longtask", buffered: true });
"""


@dataclass(frozen=True)
class FloorMeasured:
    """Milliseconds, medians. `usable` and `longest_task` are None where no Chromium was found; `longest_task` is the
    worst of all loads, 0 where none took 50 ms."""

    reservations: int
    machines: int
    bytes: int
    zipped: int
    server: float
    bare: float
    usable: float | None
    longest_task: float | None


def measure_floor(*, now: datetime) -> FloorMeasured:
    """On the database in use, in a week that is filled for it."""
    user = User.objects.get(email=BOOKER)
    machines = list(Equipment.objects.in_service().order_by("pk")[:MACHINES])
    monday = _fill_a_week(user, machines, now)
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    path = f"/floor/?view=week&date={monday:%Y-%m-%d}"
    bare = Bare()
    server, bare_times, page = [], [], b""
    for _round in range(ROUNDS):
        began = perf_counter()
        answer = client.get(path)
        server.append((perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        page = answer.content
        began = perf_counter()
        bare.week(machines, monday)
        bare_times.append((perf_counter() - began) * 1000)
    bare.close()
    usable, longest = _in_a_browser(path, client.cookies[settings.SESSION_COOKIE_NAME].value)
    week = Reservation.objects.overlapping((monday, monday + timedelta(days=7))).count()
    return FloorMeasured(
        week, len(machines), len(page), len(compress(page)), median(server), median(bare_times), usable, longest
    )


def _fill_a_week(user: User, machines: list[Equipment], now: datetime) -> datetime:
    """The Monday of a week far ahead, with so many reservations of two hours in it and no others."""
    today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=300 - today.weekday())
    Reservation.objects.overlapping((monday, monday + timedelta(days=7))).delete()
    each = -(-RESERVATIONS // len(machines))
    slots = [monday + timedelta(hours=4 * number + 1) for number in range(each)]
    requested_slots = [
        RequestedSlot(start, start + timedelta(hours=2), machine) for machine in machines for start in slots
    ]
    purpose = Purpose.objects.get(code="trial-production")
    bare = Bare()
    bare.insert(user, user.memberships.get().organisation, purpose, requested_slots[:RESERVATIONS], now)
    bare.close()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_reservation")
    return monday


def _in_a_browser(path: str, session: str) -> tuple[float | None, float | None]:
    if not CHROMIUM:
        return None, None
    from playwright.sync_api import sync_playwright

    usable, longest = [], 0.0
    with _served() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
        context.add_init_script(WATCH_LONG_TASKS)
        for _load in range(LOADS):
            page = context.new_page()
            page.goto(f"{address}{path}", wait_until="load")
            page.wait_for_function("performance.getEntriesByName('floor usable').length > 0")
            usable.append(page.evaluate("performance.getEntriesByName('floor usable')[0].startTime"))
            longest = max([longest, *page.evaluate("window.longTasks")])
            page.close()
        chromium.close()
    return median(usable), longest


@contextmanager
def _served() -> Iterator[str]:
    """The site on the database in use, in a process of its own."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = connection.settings_dict
    env = os.environ | {"DEBUG": "1", "DATABASE_URL": _url(database)}
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    process = subprocess.Popen(
        command, env=env, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _url(database: dict) -> str:
    """In one line what Django has in many."""
    from urllib.parse import quote, urlencode

    who = quote(database["USER"])
    if database["PASSWORD"]:
        who += f":{quote(database['PASSWORD'])}"
    if str(database["HOST"]).startswith("/") or not database["HOST"]:
        host = database["HOST"] or database["OPTIONS"].get("host", "")
        return f"postgres://{who}@/{database['NAME']}?{urlencode({'host': host})}"
    return f"postgres://{who}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
