"""Every page, asked with what no person would write, in its address and each parameter and field that it reads: never
a 500. Which parameters those are is found out by watching, so that a new one is tried by itself.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.signals import got_request_exception
from django.db import transaction
from django.forms import DateField
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from equipment.models import CertificateKind
from organisations.models import Membership, Role
from tests.addresses import World, arguments, filled, routes
from tests.api_caller import next_monday

pytestmark = pytest.mark.django_db

HUGE = "9" * 30
FIRST, LAST = "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"
# Each is tried in each parameter by itself, with good values in all others...
NASTY = ("9999-12-31", LAST, HUGE, "-1")
# ... and these in all of them at once.
NASTY_TOGETHER = (
    *NASTY, FIRST, f"{FIRST}/{LAST}/FDM-01", "0001-01-01", "0001-W01", "9999-W53", "0001-01", "9999-12", "0",
    "9" * 5000,    "1e400", "nan", "٣", "", "[]", "\x1f", "x" * 3000, "\u202e\U0001f600'\"<%",
)  # fmt: skip
# In a part of an address; what the address itself does not let through is a 404.
NASTY_PARTS = ("0", HUGE, "9" * 5000, "-1", "x" * 300, "%F0%9F%98%80", "%ED%A0%80", "%22%3C", "..", str(UUID(int=0)))
WINDOWS = (("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"), (LAST.replace(":59+", ":58+"), LAST))

# One good value for what is read, so that the page gets to its work.
GOOD = {
    "day": f"{next_monday():%Y-%m-%d}", "start": "13:00", "end": "14:00", "since": f"{next_monday():%Y-%m-%d}",
    "organisation": "verhagen", "purpose": "trial-production", "equipment": "FDM-05", "process": "fdm", "token": "t",
    "revision": "0", "reason": "Because", "title": "Housing", "person": "booker@example.org",
    "name": "script", "of": "mine", "notification": "all failed", "language": "en", "next": "/", "reservation": "all",
    "show": "all", "email": "booker@example.org", "login": "x@example.org", "password": "x", "month": "2026-10",
    "view": "week", "date": "2026-11-25", "week": "2026-W48", "when": "past", "whose": "all",
    "from": "2026-11-25T09:00:00+01:00", "until": "2026-11-25T10:00:00+01:00", "quiet_from": "22:00",
    "quiet_until": "07:00",
}  # fmt: skip

# Not the pages' own: openapi.json says what those take, and schemathesis tries it.
ELSEWHERE = ("api/v1/",)


class Fuzz:
    """Asks as one person, undoes what came of it, and keeps what failed."""

    def __init__(self, world: World, read: set[str]) -> None:
        self.world, self.read = world, read
        self.client = Client(raise_request_exception=False)
        self.client.force_login(world.people["facility"])
        self.session = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        self.asked, self.failed = 0, []
        self.good = GOOD | {"kind": str(CertificateKind.objects.get().pk)}

    def ask(self, method: str, address: str, values: dict[str, str]) -> None:
        """An address and what goes along: in it, or in the body."""
        self.asked += 1
        self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session  # also after a page that signs out
        sent = urlencode(values)
        raised: list[str] = []

        def note(**kwargs):
            raised.append(repr(sys.exc_info()[1])[:200])

        got_request_exception.connect(note)
        try:
            with transaction.atomic():
                if method == "GET":
                    answer = self.client.get(f"{address}?{sent}" if sent else address)
                else:
                    form = "application/x-www-form-urlencoded"
                    answer = self.client.post(address, sent, content_type=form)
                transaction.set_rollback(True)
        finally:
            got_request_exception.disconnect(note)
        if answer.status_code >= 500:
            told = {name: value[:40] for name, value in values.items()}
            self.failed.append(f"{answer.status_code} {method} {address[:80]} {told} {raised[-1:]}")

    def parameters(self, method: str, address: str) -> list[str]:
        """What the page reads: found in rounds, since some is read only where something else was given, or was not."""
        self.read.clear()
        self.ask(method, address, {})
        self.ask(method, address, {name: self.good.get(name, "1") for name in self.read})
        self.ask(
            method, address, {"something": "1"} | {name: self.good[name] for name in self.read if name in self.good}
        )
        return sorted(self.read)

    def try_parameters(self, method: str, address: str) -> None:
        names = self.parameters(method, address)
        good = {name: self.good[name] for name in names if name in self.good}
        for name in names:
            for nasty in NASTY:
                self.ask(method, address, good | {name: nasty})
        for nasty in NASTY_TOGETHER if names else ():
            self.ask(method, address, dict.fromkeys(names, nasty))
        if {"from", "until"} <= set(names):
            for first, last in WINDOWS:
                self.ask(method, address, good | {"from": first, "until": last})

    def report(self) -> None:
        assert self.asked > 100
        assert not self.failed, f"{len(self.failed)} of {self.asked}:\n" + "\n".join(self.failed[:40])


@contextmanager
def watching_what_is_read(monkeypatch) -> Iterator[set[str]]:
    """The names asked of any query or form while this lasts."""
    read: set[str] = set()
    ours = ("csrfmiddlewaretoken",)

    def noting(method):
        def noted(self, key, *rest):
            if isinstance(key, str) and key not in ours:
                read.add(key)
            return method(self, key, *rest)

        return noted

    with monkeypatch.context() as patch:
        for name in ("__getitem__", "__contains__", "getlist"):
            patch.setattr(QueryDict, name, noting(getattr(QueryDict, name)))
        patch.setattr(QueryDict, "dict", QueryDict.copy)  # a plain one would not be watched
        yield read


@pytest.fixture
def fuzz(world, verhagen, monkeypatch) -> Iterator[Fuzz]:
    """By a facility manager who books as well: nobody else gets to see and do as much."""
    Membership.objects.create(user=world.people["facility"], organisation=verhagen, role=Role.MANAGER)
    with watching_what_is_read(monkeypatch) as read:
        yield Fuzz(world, read)


def pages() -> list[str]:
    return [route for route in routes() if not route.startswith(("admin/", *ELSEWHERE))]


def test_no_part_of_an_address_breaks_a_page(fuzz):
    for route in pages():
        good = fuzz.world.values(route)
        for _kind, name in arguments(route):
            for nasty in NASTY_PARTS:
                part = nasty if "%" in nasty else quote(nasty)
                fuzz.ask("GET", filled(route, good | {name: part}), {})
                fuzz.ask("POST", filled(route, good | {name: part}), {})
    fuzz.report()


def test_no_parameter_breaks_a_page(fuzz):
    for route in pages():
        fuzz.try_parameters("GET", filled(route, fuzz.world.values(route)))
    fuzz.report()


def test_nothing_filled_in_breaks_a_page(fuzz):
    for route in pages():
        fuzz.try_parameters("POST", filled(route, fuzz.world.values(route)))
    fuzz.report()


def test_no_parameter_breaks_the_lists_of_the_set_up_pages(fuzz):
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name in ("q", "p", "o", "id__exact"):
            for nasty in ("-1", HUGE, "x" * 300):
                fuzz.ask("GET", address, {name: nasty})
    fuzz.report()


def test_nothing_filled_in_breaks_a_form_of_the_set_up_pages(fuzz):
    """What the empty form holds, but for one field at a time."""
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        page = fuzz.client.get(address)
        if page.status_code == 403:  # nobody makes one here
            continue
        assert page.status_code == 200, address
        good = filled_in(page.context)
        for name in good:
            for nasty in ("9999-12-31", HUGE, "x" * 300):
                if "_FORMS" not in name:
                    fuzz.ask("POST", address, good | {name: nasty})
    fuzz.report()


def filled_in(context) -> dict[str, str]:
    """The fields of a form of the set-up pages, with something in those that must be."""
    form = context["adminform"].form
    values = {}
    for bound in form:
        value = bound.value()
        choices = [str(key) for key, _label in getattr(bound.field, "choices", ()) if str(key)]
        if isinstance(bound.field, DateField):
            value = f"{next_monday():%d-%m-%Y}"
        elif value in (None, "", []) and bound.field.required:
            value = choices[0] if choices else "name-1"
        values[bound.html_name] = str(value[0] if isinstance(value, list | tuple) and value else value or "")
        widgets = getattr(bound.field.widget, "widgets", ())
        values |= {f"{bound.html_name}_{number}": "" for number in range(len(widgets))}
    for formset in context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        values |= {f"{prefix}-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    return values
