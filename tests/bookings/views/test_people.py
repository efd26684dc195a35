"""A person's own page, and what members and managers see of their organisation."""

from datetime import date

import pytest
from django.utils import timezone

from bookings.models import Quota
from equipment.models import Certificate, CertificateKind
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def test_ones_own_page_tells_roles_hours_and_certificates_about_to_end(client, engineer, verhagen, facility_manager):
    Quota.objects.create(organisation=verhagen, span="week", hours=40)
    kind = CertificateKind.objects.create(name="Metal powder", slug="metal-powder")
    Certificate.objects.create(
        user=engineer, kind=kind, granted_on=date(2026, 3, 1), valid_until=date(2027, 3, 1), granted_by=facility_manager
    )
    client.force_login(engineer)
    said = client.get("/me/").content.decode()
    for expected in ("Verhagen", "40 h left", "Metal powder", "ends soon"):
        assert expected in said


def test_a_token_is_shown_once(client, engineer):
    client.force_login(engineer)
    said = client.post("/me/tokens/", {"name": "Planner"}).content.decode()
    secret = said.split('class="secret">')[1].split("<")[0]
    assert engineer.api_tokens.matching(secret).exists()
    page = client.get("/me/").content.decode()
    assert "Planner" in page
    assert secret not in page


def test_a_manager_sees_people_and_bookings_a_member_whom_to_ask(client, make_reservation, engineer, org_manager):
    make_reservation(title="Housing")
    client.force_login(org_manager)
    said = client.get("/organisations/verhagen/").content.decode()
    assert "Housing" in said
    assert "engineer@example.org" in said
    client.force_login(engineer)
    said = client.get("/organisations/verhagen/").content.decode()
    assert "Housing" not in said
    assert "orgmanager@example.org" in said
    assert "engineer@example.org" not in said


def test_another_organisation_is_not_there_but_for_the_facility(client, verhagen, other_engineer, facility_manager):
    client.force_login(other_engineer)
    assert client.get("/organisations/verhagen/").status_code == 404
    client.force_login(facility_manager)
    assert client.get("/organisations/verhagen/").status_code == 200
    assert "Verhagen" in client.get("/bookings/?whose=verhagen").content.decode()
