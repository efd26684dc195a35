"""The house rules say what the rule book and the policies say, to everybody."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.html import escape

from bookings.models import Economic, Purpose
from bookings.rules.book import BOOKING_RULES, RESERVATION_RULES
from bookings.views.house_rules import policy_lines, purpose_lines
from equipment.models import CertificateKind, Equipment
from tests.conftest import NOW

RULES = [*BOOKING_RULES, *RESERVATION_RULES]


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def page(client, db):
    def read(language="en") -> str:
        return client.get("/house-rules/", headers={"accept-language": language}).content.decode()

    return read


def lines_of(machines):
    return {(line.type.slug, *(m.code for m in line.machines)): dict(line.points) for line in policy_lines(machines)}


def all_machines():
    return Equipment.objects.with_type().order_by("code").prefetch_related("type__required_certificates")


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_rule_is_said_in_one_sentence(rule, language):
    with translation.override(language):
        said = str(rule.statement)
    assert said[0].isupper()
    assert said.endswith(".")
    assert ". " not in said


def test_the_page_says_every_rule_also_to_who_is_not_signed_in(page):
    said = page()
    for rule in RULES:
        assert escape(str(rule.statement)) in said
    assert said.count(">always</span>") == sum(rule.override is None for rule in RULES)
    assert "/house-rules/" in said


def test_the_page_speaks_dutch(page, printer):
    said = page("nl")
    assert "Huisregels" in said
    assert "8 uur" in said


def test_a_type_stands_with_its_policy(printer, second_printer, printer_type):
    CertificateKind.objects.create(name="Instructie", name_en="Instruction", slug="i").required_for.add(printer_type)
    printer_type.operator_needed, printer_type.approval, printer_type.last_start = True, "manager", time(16)
    printer_type.notice_period = timedelta(hours=24)
    printer_type.save()
    [(key, points)] = lines_of(all_machines()).items()
    assert key == ("ultimaker-s5", "FDM-01", "FDM-02")
    assert points == {
        "Shortest": "30 minutes",
        "Longest": "8 hours",
        "Book at the latest": "1 day",
        "Book at the earliest": "365 days",
        "Preparation": "15 minutes",
        "Clean-up": "15 minutes",
        "Last start": "16:00",
        "Runs unattended": "",
        "Approved by": "facility manager",
        "Certificates": "Instruction",
        "Operator": "comes with it",
        "Upcoming per organisation": "",
        "Free to cancel until": "1 day before",
    }


def test_a_machine_that_differs_from_its_type_stands_by_itself(printer, make_equipment):
    make_equipment("FDM-09", longest=timedelta(hours=72))
    lines = lines_of(all_machines())
    assert lines["ultimaker-s5", "FDM-01"]["Longest"] == "8 hours"
    assert lines["ultimaker-s5", "FDM-09"]["Longest"] == "3 days"


def test_retired_machines_are_left_out(page, make_equipment):
    make_equipment("FDM-01")
    make_equipment("FDM-02", state="retired")
    said = page()
    assert "FDM-01" in said
    assert "FDM-02" not in said


def test_purposes_count_as_the_ruling_of_today_says(db):
    trial = Purpose.objects.get(code="trial-production")
    trial.rulings.create(valid_from=date(2027, 3, 1), economic=Economic.NON_ECONOMIC)
    Purpose.objects.filter(code="unknown").update(offered_until=date(2027, 2, 24))
    said = {line.purpose.code: line for line in purpose_lines(date(2027, 2, 24))}
    assert said["trial-production"].counts_as == Economic.ECONOMIC
    assert said["education"].counts_as == Economic.NON_ECONOMIC
    assert said["internal"].offered_to == ["internal"]
    assert "unknown" not in said
    assert purpose_lines(date(2027, 3, 1))[4].counts_as == Economic.NON_ECONOMIC


def test_the_page_costs_the_same_statements_with_one_machine_and_with_three(client, make_equipment):
    counted = []
    for _number in range(3):
        make_equipment()
        with CaptureQueriesContext(connection) as statements:
            client.get("/house-rules/")
        counted.append(len(statements))
    assert len(set(counted)) == 1
