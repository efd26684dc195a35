"""The commands of the docs, typed line by line as somebody would who reads them beside a running demonstration."""

import json
import re
import shlex
import shutil
import urllib.parse
import urllib.request
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import get_commands, load_command_class

from tests.copy_of_the_project import Copy, copy_of_the_project
from tests.docs.reading import PAGES, ROOT, commands

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TYPED = re.compile(r"(?:python manage\.py|(?<![\w/])manage\.py|make manage ARGS=\")[ ]?([a-z_]+)([^`\"#\n|;,)]*)")
# What a command answers with an error stops the page, and is shown.
STRICT = """
set -euo pipefail
curl() { command curl --fail-with-body --silent --show-error "$@" || { echo "FAILED: curl $*" >&2; exit 1; }; echo; }
"""
# A reservation for each thing that the page does with one. That which is on now cannot be booked: it may be night.
PREPARED = """
from datetime import datetime, timedelta
from django.utils import timezone
from bookings.models import Booking, Reservation
from equipment.models import Equipment
now = timezone.now().replace(second=0, microsecond=0)
booking = Booking.objects.get(reference="{reference}")
first = booking.reservations.get()
def made(state, start):
    period = (start, start + timedelta(hours=1))
    return Reservation.objects.create(booking=booking, equipment=machine, period=period, occupied=period, state=state,
        economic=first.economic, organisation_class=first.organisation_class).pk
machine = next(m for m in Equipment.objects.in_service().order_by("code")
    if not m.reservations.holding().overlapping((now - timedelta(days=1), now + timedelta(days=1))).exists())
on = made("confirmed", now - timedelta(minutes=1))
asked = [made("requested", first.start + timedelta(days=days)) for days in (1, 2)]
print("ids", first.pk, on, *asked)
"""


@pytest.fixture(scope="module")
def here():
    """A copy of the project in which the demonstration runs."""
    if not shutil.which("curl"):
        pytest.skip("the commands of the docs use curl, and none was found")
    with copy_of_the_project() as copy, copy.running():
        yield copy


def asked(here: Copy, token: str, path: str, body: dict | None = None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{here.site}/api/v1/{path}", body and json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request, timeout=60))


def a_free_monday(here: Copy, token: str) -> date:
    """On which FDM-01 is free all day, after the story that the demonstration tells."""
    today = datetime.now(AMSTERDAM).date()
    monday = today + timedelta(weeks=6, days=-today.weekday())
    for _week in range(20):
        start, end = (datetime.combine(monday, time(hour), AMSTERDAM).isoformat() for hour in (8, 16))
        window = urllib.parse.urlencode({"from": start, "until": end})
        if asked(here, token, f"equipment/FDM-01/availability?{window}")["free"] == [[start, end]]:
            return monday
        monday += timedelta(weeks=1)
    raise AssertionError("no Monday is free")


def test_the_page_of_the_api(here):
    """Its days and its reservation stand for others: those are put in their place."""
    typed = commands(ROOT / "docs" / "api.md")
    token = here.shell(typed[0] + '; echo "$TOKEN"').stdout.strip()
    monday = a_free_monday(here, token)
    offset = datetime.combine(monday, time(9), AMSTERDAM).isoformat()[-6:]

    def placed(command: str) -> str:
        command = command.replace("http://127.0.0.1:8000", here.site).replace("+01:00", offset)
        return command.replace("2027-03-01", f"{monday}").replace("2027-03-08", f"{monday + timedelta(days=7)}")

    # On the day after, since the page asks for that day itself.
    [body] = re.findall(r"-d '(.*?)'", placed(next(c for c in typed if "Bracket" in c)), re.S)
    body = body.replace(f"{monday}", f"{monday + timedelta(days=1)}")
    reference = asked(here, token, "bookings", json.loads(body))["reference"]
    (here.folder / "prepared.py").write_text(PREPARED.format(reference=reference))
    said = here.shell('make manage ARGS=\'shell -v0 -c "exec(open(\\"prepared.py\\").read())"\'')
    ids = re.search(r"ids (\d+) (\d+) (\d+) (\d+)", said.stdout)
    assert ids, said.stderr
    first, on, approved, declined = ids.groups()
    whose = {"check-in": on, "check-out": on, "approve": approved, "decline": declined}

    def of_the_right_one(command: str) -> str:
        deed = re.search(r"reservations/1/?([\w-]*)", command)
        return command.replace("reservations/1", f"reservations/{whose.get(deed[1], first)}") if deed else command

    script = STRICT + "\n".join(of_the_right_one(placed(command)) for command in typed)
    done = here.shell(script)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert len(typed) >= 18
    assert '"email": "engineer@example.org"' in done.stdout.replace('":"', '": "')


def test_the_page_of_the_catalogue(here):
    typed = commands(ROOT / "docs" / "catalogue.md")
    assert len(typed) == 3
    done = here.shell("set -e\n" + "\n".join(typed))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_other_commands_for_a_machine_of_ones_own(here):
    """Those of README.md and running.md that make runs beside it, but for what asks back or takes minutes."""
    typed = [m for page in PAGES for m in re.findall(r'make manage ARGS="([^"]+)"', page.read_text())]
    assert any(command.startswith("changepassword") for command in typed)
    for command in ("keep_usage_reports --month 2026-10", "try_mail you@example.org"):
        done = here.shell(f'make manage ARGS="{command}"')
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_of_make_that_is_named_is_there(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?<![\w-])make ([a-z]+)(?=[`\s]| [A-Z]+=)", "\n".join(_code(page))))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_manage_that_is_named_takes_what_it_is_given(page):
    for code in _code(page):
        for name, options in TYPED.findall(code):
            app = get_commands()[name]
            command = load_command_class(app, name) if isinstance(app, str) else app
            command.create_parser("manage.py", name).parse_args(
                [option for option in shlex.split(options.replace("…", "")) if option != "\\"]
            )


def _code(page) -> list[str]:
    """Fenced, indented and inside a line."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    rest = re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.M | re.S)
    return [*fenced, *re.findall(r"^    (.+)$", rest, re.M), *re.findall(r"`([^`\n]+)`", rest)]
