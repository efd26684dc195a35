"""The report on a page and as a file: who may read what, and that the file adds up."""

from datetime import datetime
from io import BytesIO

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from organisations.models import AUDITORS
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def read(client):
    def read_as(user, query="month=2027-03", path="/usage/"):
        client.force_login(user)
        return client.get(f"{path}?{query}")

    return read_as


@pytest.fixture
def auditor(stranger_of_all):
    stranger_of_all.groups.add(Group.objects.get(name=AUDITORS))
    return stranger_of_all


@pytest.fixture
def stranger_of_all(django_user_model, db):
    return django_user_model.objects.create_user("nobody@example.org", "x", name="Nobody", language="en")


def test_a_facility_manager_and_an_auditor_read_all(read, facility_manager, auditor, make_reservation):
    make_reservation("09:00", "11:30")
    for user in (facility_manager, auditor):
        said = read(user).content.decode()
        assert "the whole facility" in said
        assert "2.5" in said
        assert "Verhagen Fijnmechanica" in said


def test_a_manager_reads_the_own_organisation_and_no_other(
    read, org_manager, make_reservation, teacher, summa, second_printer
):
    make_reservation("09:00", "11:30")
    make_reservation("09:00", "13:00", second_printer, booker=teacher, organisation=summa)
    said = read(org_manager).content.decode()
    assert "2.5" in said
    assert "Summa" not in said
    assert read(org_manager, "month=2027-03&organisation=summa").status_code == 404
    assert read(org_manager, "month=2027-03&organisation=summa", "/usage/report.xlsx").status_code == 404


def test_a_member_is_told_who_reads_it(read, engineer, stranger_of_all):
    for user in (engineer, stranger_of_all):
        assert read(user).status_code == 403
        assert read(user, path="/usage/report.xlsx").status_code == 403


@pytest.mark.parametrize("month", ["", "2027-13", "soon", "0001-01", "9999-12"])
def test_a_month_that_is_none_shows_one_that_is(read, facility_manager, printer, month):
    assert read(facility_manager, f"month={month}").status_code == 200


def test_the_totals_of_the_file_are_the_sum_of_its_rows(read, facility_manager, make_reservation, second_printer):
    make_reservation("09:00", "11:30")
    make_reservation("09:00", "13:00", second_printer)
    answer = read(facility_manager, path="/usage/report.xlsx")
    assert 'filename="usage-2027-03-bic-atrium-en.xlsx"' in answer["Content-Disposition"]
    book = openpyxl.load_workbook(BytesIO(answer.content), data_only=True)
    rows = list(book["Reservations"].iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows] == ["FDM-01", "FDM-02"]
    assert rows[0][7] == wall("09:00").replace(tzinfo=None) == datetime(2027, 3, 1, 9)  # noqa: DTZ001 - a cell has no zone
    totals = [row[2] for row in book["Totals"].iter_rows(values_only=True) if row[0] == "Total"]
    assert totals == [sum(row[9] for row in rows)] * 6 == [6.5] * 6
    formulas = openpyxl.load_workbook(BytesIO(answer.content))["Totals"]
    assert next(r[2] for r in formulas.iter_rows(values_only=True) if r[0] == "Total").startswith("=SUM(")
    assert "Definitions" in book.sheetnames


def test_a_name_that_looks_like_a_formula_stays_a_name(read, facility_manager, make_reservation, verhagen):
    verhagen.name = '=HYPERLINK("http://example.org")'
    verhagen.save()
    make_reservation()
    answer = read(facility_manager, path="/usage/report.xlsx")
    cells = openpyxl.load_workbook(BytesIO(answer.content))["Reservations"]
    assert cells["D2"].data_type == "s"


def test_the_page_of_an_organisation_leads_its_manager_to_the_report(client, org_manager, engineer, verhagen):
    for user, leads in ((org_manager, True), (engineer, False)):
        client.force_login(user)
        assert (b"/usage/?organisation=verhagen" in client.get("/organisations/verhagen/").content) == leads
