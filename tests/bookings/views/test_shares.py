"""Hours and certificates: one's own, and those of the organisations one belongs to."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Quota
from bookings.views.shares import certificate_lines
from equipment.models import Certificate, CertificateKind
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


@pytest.fixture
def make_certificate(engineer, facility_manager):
    def make(kind: CertificateKind, until: date, **fields) -> Certificate:
        values = {"user": engineer, "granted_on": date(2026, 1, 1), "granted_by": facility_manager, **fields}
        return Certificate.objects.create(kind=kind, valid_until=until, **values)

    return make


def make_kind(name: str) -> CertificateKind:
    return CertificateKind.objects.create(name=name, slug=name.lower())


def test_a_member_sees_what_is_left_of_the_hours(page, verhagen, make_reservation):
    Quota.objects.create(organisation=verhagen, span="week", hours=Decimal("40.00"))
    make_reservation("09:00", "10:30")
    said = page.get("/shares/").content.decode()
    for expected in (
        "40 hours per ISO week, all machines",
        "week 8, 2027",
        "40 h left",
        "week 9, 2027",
        "38.5 h left",
    ):
        assert expected in said
    assert "1.5 of 40 h booked" in said


def test_the_weight_of_hours_is_said(page, verhagen):
    Quota.objects.create(organisation=verhagen, span="quarter", hours=40, peak_weight=Decimal("1.5"))
    said = page.get("/shares/").content.decode()
    assert "From Monday to Friday 09:00–17:00 an hour counts as 1.5, at other times as 1." in said
    assert "quarter 1 of 2027" in said
    assert "quarter 2 of 2027" in said


def test_hours_of_other_organisations_are_not_there(client, verhagen, other_engineer):
    Quota.objects.create(organisation=verhagen, span="month", hours=40)
    client.force_login(other_engineer)
    said = client.get("/shares/").content.decode()
    assert "Verhagen" not in said
    assert "Kempen Cobotics" in said
    assert "This organisation has no hour limit" in said


def test_who_is_not_signed_in_is_asked_to(client, db):
    assert client.get("/shares/").status_code == 302


def test_one_sees_ones_own_certificates_only(page, make_certificate, facility_manager):
    make_certificate(make_kind("Laser"), date(2027, 12, 1))
    make_certificate(make_kind("Powder"), date(2027, 12, 1), user=facility_manager)
    said = page.get("/shares/").content.decode()
    assert "Laser" in said
    assert "valid through Tuesday 30 November 2027" in said
    assert "Powder" not in said


@pytest.mark.parametrize(
    ("until", "state"),
    [
        (date(2027, 2, 24), "ended"),
        (date(2027, 2, 25), "ends_soon"),
        (date(2027, 3, 26), "ends_soon"),
        (date(2027, 3, 27), "valid"),
    ],
)
def test_a_certificate_that_ends_within_thirty_days_is_marked(make_certificate, until, state):
    [line] = certificate_lines([make_certificate(make_kind("Laser"), until)], today=date(2027, 2, 24))
    assert line.state == state


def test_of_each_kind_the_one_that_lasts_is_told(make_certificate):
    laser, powder = make_kind("Laser"), make_kind("Powder")
    make_certificate(laser, date(2027, 3, 1))
    renewed = make_certificate(laser, date(2028, 3, 1))
    make_certificate(laser, date(2029, 1, 1), withdrawn_at=NOW)
    withdrawn = make_certificate(powder, date(2028, 1, 1), withdrawn_at=NOW, withdrawal_reason="Left it open")
    lines = certificate_lines(Certificate.objects.all(), today=date(2027, 2, 24))
    assert [(line.certificate, line.state) for line in lines] == [(renewed, "valid"), (withdrawn, "withdrawn")]


def test_a_withdrawn_certificate_says_why(page, make_certificate):
    make_certificate(make_kind("Laser"), date(2028, 1, 1), withdrawn_at=NOW, withdrawal_reason="Left it open")
    assert "withdrawn on Wednesday 24 February 2027: Left it open" in page.get("/shares/").content.decode()


def test_the_page_costs_the_same_statements_with_one_and_with_three(page, verhagen, make_certificate, make_reservation):
    counted = []
    for number in range(3):
        Quota.objects.create(organisation=verhagen, span="week", hours=10 + number)
        make_certificate(make_kind(f"Kind{number}"), date(2027, 12, 1))
        make_reservation(f"{9 + 2 * number:02}:00", f"{10 + 2 * number}:00")
        with CaptureQueriesContext(connection) as statements:
            page.get("/shares/")
        counted.append(len(statements))
    assert len(set(counted)) == 1
