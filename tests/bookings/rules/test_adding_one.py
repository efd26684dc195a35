"""A rule is one function: all that it means elsewhere stands in its decorator."""

import ast
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings import lifecycle
from bookings.models import Issue
from bookings.rules.book import BOOKING_RULES, NO_UNIT_FREE, RESERVATION_RULES, Trigger, rule
from core.refusals import Cure, Refused
from equipment.availability import add_outage
from tests.conftest import NOW, wall

ROOT = Path(__file__).resolve().parents[3]
APPS = ("bookings", "core", "equipment", "floor", "organisations", "usage")
# A state or a guard of the lifecycle that does not allow it, and others who changed the same again and again: what is
# refused beside the rules of the book.
OF_SERVICES = {NO_UNIT_FREE, "overtaken"} | lifecycle.CODES


@pytest.fixture
def too_late_in_the_day():
    """Nothing may end after five o'clock: a rule that only this test has."""

    @rule(
        "too_late",
        says="It ends by five o'clock.",
        field="end",
        cure=Cure.TIME,
        recheck=Trigger.CALENDAR,
        issue="ends after five o'clock",
    )
    def ends_by_five(candidate, context):
        return "We close the doors at five." if candidate.end > wall("17:00") else None

    yield
    RESERVATION_RULES.pop()


def test_the_form_says_it_at_its_field(too_late_in_the_day, client, engineer, printer, purpose, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    client.force_login(engineer)
    sent = {"organisation": "verhagen", "purpose": purpose.code, "day": "2027-03-01", "start": "16:00", "end": "17:30"}
    page = client.post("/book/?equipment=FDM-01", {**sent, "token": "one"})
    assert page.context["form"].errors["end"] == ["We close the doors at five."]


def test_another_time_is_offered_that_keeps_it(too_late_in_the_day, make_reservation):
    with pytest.raises(Refused) as caught:
        make_reservation("16:00", "17:30")
    [refusal] = caught.value.refusals
    assert (refusal.code, refusal.cure) == ("too_late", Cure.TIME)
    assert refusal.alternatives
    assert all(each.end <= wall("17:00") for each in refusal.alternatives if each.end.date() == wall("17:00").date())


def test_a_reservation_that_no_longer_keeps_it_is_marked(make_reservation, printer, request, client, facility_manager):
    kept_until_now = make_reservation("16:00", "17:30")
    request.getfixturevalue("too_late_in_the_day")
    add_outage(printer, start=wall("2027-03-09 10:00"), end=wall("2027-03-09 11:00"), title="Nozzle", now=NOW)
    issue = Issue.objects.get()
    assert (issue.reservation_id, issue.code) == (kept_until_now.pk, "too_late")
    client.force_login(facility_manager)
    page = client.get(reverse("booking", args=[kept_until_now.booking.reference])).content.decode()
    assert "ends after five o&#x27;clock" in page


def test_the_house_rules_say_it(too_late_in_the_day, client, db):
    assert "It ends by five o&#x27;clock." in client.get(reverse("house_rules")).content.decode()


def test_every_code_that_is_refused_with_comes_from_the_book():
    known = {each.code for each in (*BOOKING_RULES, *RESERVATION_RULES)} | OF_SERVICES
    said = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Refusal", "refusal_of", "Guard"):
                    for argument in node.args[:2]:
                        if isinstance(argument, ast.Constant) and argument.value:
                            said[argument.value] = path.name
    assert len(said) >= 4
    assert {code: file for code, file in said.items() if code not in known} == {}
