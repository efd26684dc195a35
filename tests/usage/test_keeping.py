"""Reports that are kept when a month is over: once, with the figures of then, told to those they are for."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from bookings.models import Reservation
from notifications.models import Notification
from notifications.types import letter_for
from tests.conftest import wall
from usage.keeping import keep_reports
from usage.measures import HOUR
from usage.models import KeptReport

APRIL = wall("2027-04-01 05:00")

pytestmark = pytest.mark.django_db


@pytest.fixture
def march(make_reservation, second_printer, facility_manager, org_manager, teacher, summa):
    """Two organisations in March; one of them has a manager."""
    make_reservation("09:00", "11:30")
    make_reservation("09:00", "13:00", second_printer, booker=teacher, organisation=summa)
    Notification.objects.all().delete()


def told():
    return sorted(Notification.objects.filter(kind="usage_report").values_list("recipient__name", "key"))


def test_the_facility_and_each_organisation_that_booked_have_theirs_once(march, kempen, verhagen):
    assert keep_reports(now=APRIL) == 3
    kept = {str(k.organisation or ""): k for k in KeptReport.objects.all()}
    assert {name: (k.reservations, k.booked) for name, k in kept.items()} == {
        "": (2, 6.5 * HOUR),
        "Verhagen Fijnmechanica": (1, 2.5 * HOUR),
        "Summa College": (1, 4 * HOUR),
    }
    assert told() == [("Manager", "usage/2027-03/all"), ("Orgmanager", f"usage/2027-03/{verhagen.pk}")]
    assert keep_reports(now=APRIL) == 0
    assert len(told()) == 2


def test_the_file_stays_as_it_was_made_and_its_totals_are_the_sum_of_its_rows(march):
    keep_reports(now=APRIL)
    Reservation.objects.update(state="cancelled")
    keep_reports(now=APRIL)
    whole = KeptReport.objects.get(organisation=None)
    book = openpyxl.load_workbook(BytesIO(whole.workbook("en")), data_only=True)
    rows = list(book["Reservations"].iter_rows(min_row=2, values_only=True))
    totals = [row for row in book["Totals"].iter_rows(values_only=True) if row[0] == "Total"]
    assert sum(row[-1] for row in rows) == 6.5
    assert {row[2] for row in totals} == {6.5}
    assert openpyxl.load_workbook(BytesIO(whole.workbook("nl"))).sheetnames[0] == "Totalen"


def test_a_month_that_is_not_over_is_not_kept(march):
    with pytest.raises(ValueError, match="2027-03 is not over"):
        keep_reports(now=wall("2027-03-31 23:59"), month=date(2027, 3, 1))
    with pytest.raises(CommandError, match="not over"):
        call_command("keep_usage_reports", month=date(2999, 3, 1))


def test_the_letter_says_the_figures_and_leads_to_the_page(march):
    keep_reports(now=APRIL)
    manager, own = Notification.objects.filter(kind="usage_report").order_by("recipient__name")
    letter = letter_for(manager, now=APRIL)
    assert letter.subject == "Usage report of BIC Atrium, March 2027"
    assert letter.opening == "2 reservations, 6.5 hours booked."
    assert letter.more[:2] == ("6.5 hours of these are economic.", "460.0 hours could be booked.")
    letter = letter_for(own, now=APRIL)
    assert letter.address.endswith("/usage/?month=2027-03&organisation=verhagen")
    assert not any("could be booked" in text for text in letter.more)
    with translation.override("nl"):
        assert letter_for(own, now=APRIL).opening == "1 reservering, 2,5 uur gereserveerd."


def test_the_page_offers_the_kept_file_to_those_it_is_for(march, client, monkeypatch, org_manager, facility_manager):
    keep_reports(now=APRIL)
    monkeypatch.setattr(timezone, "now", lambda: APRIL)
    own = KeptReport.objects.get(organisation__slug="verhagen")
    client.force_login(org_manager)
    said = client.get("/usage/?month=2027-03").content.decode()
    assert f"/usage/kept/{own.pk}.xlsx" in said
    assert "Stored report of March 2027, made on 1 April 2027:" in said
    assert client.get(f"/usage/kept/{own.pk}.xlsx").content == own.workbook("en")
    for other in KeptReport.objects.exclude(pk=own.pk):
        assert client.get(f"/usage/kept/{other.pk}.xlsx").status_code == 404
    client.force_login(facility_manager)
    for any_of_them in KeptReport.objects.all():
        assert client.get(f"/usage/kept/{any_of_them.pk}.xlsx").status_code == 200


def test_opening_the_notification_leads_to_the_report(march, client, monkeypatch, org_manager):
    keep_reports(now=APRIL)
    monkeypatch.setattr(timezone, "now", lambda: APRIL)
    client.force_login(org_manager)
    notification = Notification.objects.get(recipient=org_manager)
    page = client.get(f"/notices/{notification.pk}/").content.decode()
    assert 'href="/usage/?month=2027-03&amp;organisation=verhagen"' in page
