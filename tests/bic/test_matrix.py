"""Who gets what at every address: `addresses.txt` says it, for each role; an address without a row fails.

Asked over the whole stack: as a browser with a session and, under `/api/v1/`, as a program with a token. What a request
changed is undone before the next, so that all find the same Atrium.
"""

import json
from functools import cache
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from bic.api.assembly import api
from organisations.models import ApiToken, Organisation, User
from tests.addresses import World, filled, routes
from tests.api_caller import next_monday

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("addresses.txt")
# The columns of the table, in their order.
ROLES = (
    "anonymous", "other", "colleague", "booker", "planner", "manager", "technician", "facility", "auditor",
    "suspended", "deactivated", "revoked",
)  # fmt: skip

START, END = (next_monday(hour, weeks=3).isoformat() for hour in (13, 14))
# What is sent where an empty form would not get as far as the question who may.
FORMS = {
    "requests/<int:pk>/decline/": {"reason": "Open day"},
    "requests/<str:reference>/decline-all/": {"reason": "Open day"},
    "certificates/<int:pk>/withdraw/": {"reason": "Moved on"},
    "bookings/<str:reference>/cancel/": {"reservation": "all"},
    "outbox/again/": {"notification": "all failed"},
}
QUERIES = {
    "book/": "?equipment=FDM-05",
    "floor.json": "?from=2026-11-25&until=2026-11-26",
    "machines/<str:code>/week.json": "?from=2026-11-25&until=2026-11-26",
    "bookings/<str:reference>/cancel/": "?reservation=all",
    "api/v1/purposes": "?organisation=verhagen",
    "api/v1/quotas": "?organisation=verhagen",
    "api/v1/free-slots": "?equipment=FDM-05&organisation=verhagen",
}
BODIES = {
    "api/v1/bookings": {
        "organisation": "verhagen",
        "purpose": "trial-production",
        "reservations": [{"equipment": "FDM-05", "start": START, "end": END}],
    },
    "api/v1/reservations/<int:id>": {"start": START, "end": END},
    "api/v1/reservations/<int:id>/decline": {"reason": "Open day"},
}


@cache
def rows() -> dict[tuple[str, str], list[str]]:
    """What each role is answered, by method and pattern of the address."""
    lines = (line.split() for line in TABLE.read_text().splitlines())
    found = [line for line in lines if line and not line[0].startswith("#")]
    return {(method, route.removeprefix("/")): answers for method, route, *answers in found}


def covered(route: str) -> str:
    """The row that stands for a pattern. A model's list stands for the pages of one object, which ask the same."""
    if route.startswith("admin/(?P<app_label>"):  # names every app
        return "admin/<str:app_label>/"
    parts = route.split("/")
    if parts[0] == "admin" and len(parts) > 4 and parts[3] != "add":
        return "/".join([*parts[:3], ""])
    return route


def test_every_address_has_a_row():
    known = {route for _method, route in rows()}
    missing = {covered(route) for route in routes()} - known
    described = api.get_openapi_schema()["paths"]
    calls = {(method.upper(), path.lstrip("/")) for path, methods in described.items() for method in methods}
    plain = {(method, route.replace("<int:", "{").replace("<slug:", "{").replace(">", "}")) for method, route in rows()}
    absent = sorted(missing) + sorted(f"{method} {path}" for method, path in calls - plain)
    assert not absent, f"Say in {TABLE.name} who gets what at:\n" + "\n".join(absent)


def test_no_row_is_about_an_address_that_is_gone():
    assert not {route for _method, route in rows()} - {covered(route) for route in routes()}


def test_every_row_says_something_of_every_role():
    short = [" ".join(row) for row, answers in rows().items() if len(answers) not in (1, len(ROLES))]
    assert not short


def test_every_method_that_a_page_knows_has_a_row(world):
    """A page says so itself, asked with one that nobody knows."""
    client = Client()
    client.force_login(world.people["facility"])
    wrong = []
    for route in {route for _method, route in rows() if not route.startswith(("admin/", "account/", "api/v1/"))}:
        answer = client.generic("PURGE", filled(route, world.values(route)))
        known = set(answer.headers.get("Allow", "any").split(", ")) - {"HEAD"}
        wrong += [f"{method} /{route}" for method in known if (method, route) not in rows()]
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_answered_as_the_table_says(world, role):
    caller = _Caller(world, role)
    wrong = []
    for (method, route), answers in rows().items():
        expected = answers[ROLES.index(role)] if len(answers) > 1 else answers[0]
        got = caller.answer(method, route)
        if got != expected:
            wrong.append(f"{method} /{route}: {got}, not {expected}")
    assert not wrong, f"{role}:\n" + "\n".join(wrong)


class _Caller:
    """One role, on pages and in the API; `suspended`, `deactivated` and `revoked` are the booker, that it came to."""

    def __init__(self, world: World, role: str) -> None:
        self.world = world
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if role == "anonymous":
            return
        person = world.people.get(role, world.people["booker"])
        token, secret = ApiToken.issue(user=person)
        self.headers = {"Authorization": f"Bearer {secret}"}
        if role == "revoked":
            ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
            return
        self.client.force_login(person)
        if role == "suspended":
            Organisation.objects.filter(slug="verhagen").update(suspended_at=timezone.now())
        elif role == "deactivated":
            User.objects.filter(pk=person.pk).update(is_active=False)

    def answer(self, method: str, route: str) -> str:
        """The status; `in` where one is led to the sign-in."""
        address = filled(route, self.world.values(route)) + QUERIES.get(route, "")
        with transaction.atomic():
            if route.startswith("api/v1/"):
                # A browser's session would do as well; a program has none.
                program = Client(raise_request_exception=False)
                kind = "application/json"
                answer = program.generic(method, address, _json(method, route), kind, headers=self.headers)
            elif method == "GET":
                answer = self.client.get(address)
            else:
                answer = self.client.post(address, FORMS.get(route, {}))
            transaction.set_rollback(True)
        led_to = answer.headers.get("Location", "")
        return "in" if "/login/?" in led_to else str(answer.status_code)


def _json(method: str, route: str) -> str:
    body = BODIES.get(route) if method != "GET" else None
    return json.dumps(body) if body else ""
