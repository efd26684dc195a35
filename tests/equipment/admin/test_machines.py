"""The pages about machines, and who may open any page of supply."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from equipment.models import Equipment
from organisations.models import TECHNICIANS

PAGES = [
    *(f"equipment_{model}" for model in ("fieldlab", "equipmenttype", "equipment")),
    *(f"schedule_{model}" for model in ("calendar", "event", "occurrence")),
]


@pytest.fixture
def as_manager(client, facility_manager):
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    return client


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["changelist", "add"])
def test_a_facility_manager_opens_every_page(as_manager, printer, page, kind):
    assert as_manager.get(reverse(f"admin:{page}_{kind}")).status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["changelist", "add"])
def test_others_with_access_to_the_set_up_pages_open_none_of_these(client, engineer, page, kind):
    engineer.is_staff = True
    engineer.save()
    engineer.groups.add(Group.objects.get(name=TECHNICIANS))
    client.force_login(engineer)
    assert client.get(reverse(f"admin:{page}_{kind}")).status_code == 403


def test_the_recurrence_pages_of_the_library_are_gone(as_manager):
    assert as_manager.get("/admin/schedule/rule/").status_code == 404


def test_a_machine_page_says_what_its_type_says(as_manager, printer):
    shown = as_manager.get(reverse("admin:equipment_equipment_change", args=[printer.pk])).content.decode()
    assert "The type says: 30 minutes" in shown
    assert "as the type says" in shown


def test_a_machine_is_never_deleted(as_manager, printer):
    address = reverse("admin:equipment_equipment_delete", args=[printer.pk])
    assert as_manager.post(address, {"post": "yes"}).status_code == 403
    assert Equipment.objects.filter(pk=printer.pk).exists()


def test_a_machine_page_leads_to_reporting_an_outage(as_manager, printer):
    response = as_manager.get(f"/admin/equipment/equipment/{printer.pk}/outage/", follow=True)
    assert response.status_code == 200
    assert f'<option value="{printer.pk}" selected>' in response.content.decode()


def test_an_empty_override_is_as_the_type_says(as_manager, printer):
    machine = {"code": printer.code, "name": "Renamed", "type": printer.type_id, "state": "in_service"}
    machine |= {"fieldlab": printer.fieldlab_id, "unattended": "unknown", "operator_needed": "true"}
    as_manager.post(reverse("admin:equipment_equipment_change", args=[printer.pk]), machine)
    printer.refresh_from_db()
    assert (printer.name, printer.unattended, printer.operator_needed) == ("Renamed", None, True)
    assert printer.policy.shortest == printer.type.shortest
