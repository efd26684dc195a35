"""Kinds of certificates, operators, and what a type needs of both."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from equipment.availability import new_calendar, outages_of
from equipment.models import Certificate, CertificateKind, EquipmentType, Operator, Process
from organisations.models import TECHNICIANS
from tests.conftest import NOW

PAGES = ["equipment_certificatekind", "equipment_operator"]


@pytest.fixture(autouse=True)
def _pages_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def as_manager(client, facility_manager):
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    return client


@pytest.fixture
def instruction(db) -> CertificateKind:
    return CertificateKind.objects.create(name="Instructie FDM", name_en="FDM instruction", slug="fdm")


@pytest.fixture
def station(db) -> EquipmentType:
    return EquipmentType.objects.create(name="Oven", slug="oven", process=Process.HEAT_TREATMENT)


def page(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("kind", ["changelist", "add"])
def test_a_facility_manager_opens_every_page(as_manager, instruction, name, kind):
    assert as_manager.get(page(f"{name}_{kind}")).status_code == 200


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("kind", ["changelist", "add"])
def test_a_technician_opens_none_of_these(client, engineer, name, kind):
    engineer.is_staff = True
    engineer.save()
    engineer.groups.add(Group.objects.get(name=TECHNICIANS))
    client.force_login(engineer)
    assert client.get(page(f"{name}_{kind}")).status_code == 403


def test_a_kind_of_certificate_is_needed_for_the_types_that_are_ticked(as_manager, printer_type, station):
    form = {"name": "Instructie", "slug": "instructie", "valid_months": "12", "required_for": [printer_type.pk]}
    assert as_manager.post(page("equipment_certificatekind_add"), form).status_code == 302
    assert list(CertificateKind.objects.get().required_for.all()) == [printer_type]


def test_a_kind_lasts_at_least_a_month(as_manager):
    form = {"name": "Instructie", "slug": "instructie", "valid_months": "0"}
    as_manager.post(page("equipment_certificatekind_add"), form)
    assert not CertificateKind.objects.exists()


def test_the_list_counts_who_holds_it_today(as_manager, instruction, engineer, org_manager, facility_manager):
    given = {"kind": instruction, "granted_by": facility_manager, "granted_on": date(2026, 1, 1)}
    for _twice in range(2):
        Certificate.objects.create(user=engineer, valid_until=date(2027, 12, 1), **given)
    Certificate.objects.create(user=org_manager, valid_until=date(2027, 2, 24), **given)
    [kind] = as_manager.get(page("equipment_certificatekind_changelist")).context["cl"].result_list
    assert kind.holders == 1


def test_an_operator_is_named_with_hours_and_what_they_run(as_manager, engineer, printer_type):
    hours = new_calendar("Operators")
    form = {"user": engineer.pk, "types": [printer_type.pk], "hours": hours.pk, "active": "on"}
    assert as_manager.post(page("equipment_operator_add"), form).status_code == 302
    operator = Operator.objects.get()
    assert (operator.user, operator.hours, list(operator.types.all())) == (engineer, hours, [printer_type])


def test_the_outages_of_a_machine_are_nobodys_working_hours(as_manager, printer):
    outages_of(printer)
    field = as_manager.get(page("equipment_operator_add")).context["adminform"].form.fields["hours"]
    assert [calendar.name for calendar in field.queryset] == ["Working hours"]


def test_an_operator_is_made_inactive_not_deleted(as_manager, engineer, printer_type):
    operator = Operator.objects.create(user=engineer)
    operator.types.add(printer_type)
    assert as_manager.post(page("equipment_operator_delete", operator.pk), {"post": "yes"}).status_code == 403
    as_manager.post(page("equipment_operator_change", operator.pk), {"types": [printer_type.pk]})
    operator.refresh_from_db()
    assert not operator.active


# ---- On the page of a type --------------------------------------------------------------------------------------


def type_form(kind: EquipmentType, **changed) -> dict:
    form = {
        "name": kind.name,
        "slug": kind.slug,
        "process": kind.process,
        "grid_minutes": kind.grid_minutes,
        "approval": kind.approval,
        "materials": "",
    }
    durations = ("shortest", "longest", "notice_period", "horizon", "set_up", "clean_up", "free_cancellation_term")
    for name in (*durations, "check_in_grace"):
        form[name] = "" if getattr(kind, name) is None else str(getattr(kind, name))
    return form | changed


def save_type(client, kind: EquipmentType, **changed):
    answer = client.post(page("equipment_equipmenttype_change", kind.pk), type_form(kind, **changed))
    kind.refresh_from_db()
    return answer


def test_the_certificates_a_type_needs_are_ticked(as_manager, printer_type, instruction):
    assert save_type(as_manager, printer_type, required_certificates=[instruction.pk]).status_code == 302
    assert list(printer_type.required_certificates.all()) == [instruction]
    shown = as_manager.get(page("equipment_equipmenttype_change", printer_type.pk))
    assert list(shown.context["adminform"].form.initial["required_certificates"]) == [instruction]
    save_type(as_manager, printer_type)
    assert not printer_type.required_certificates.exists()


def test_a_type_is_made_with_its_certificates(as_manager, printer_type, instruction):
    form = type_form(printer_type, name="Other", slug="other", required_certificates=[instruction.pk])
    assert as_manager.post(page("equipment_equipmenttype_add"), form).status_code == 302
    assert list(EquipmentType.objects.get(slug="other").required_certificates.all()) == [instruction]


def test_results_are_finished_on_a_station_for_a_time(as_manager, printer_type, station):
    save_type(as_manager, printer_type, finished_on=station.pk, finishing_time="2:00:00")
    assert (printer_type.finished_on, printer_type.finishing_time) == (station, timedelta(hours=2))


@pytest.mark.parametrize(
    "half",
    [{"finishing_time": "2:00:00"}, {"finished_on": "station"}, {"finished_on": "station", "finishing_time": "0"}],
)
def test_half_a_finishing_station_is_refused(as_manager, printer_type, station, half):
    form = {name: station.pk if value == "station" else value for name, value in half.items()}
    answer = save_type(as_manager, printer_type, **form)
    assert "or neither" in answer.content.decode()
    assert printer_type.finished_on is None


def test_a_type_does_not_finish_its_own_results(as_manager, printer_type):
    answer = save_type(as_manager, printer_type, finished_on=printer_type.pk, finishing_time="2:00:00")
    assert "cannot finish its own results" in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_list_costs_the_same_statements_with_one_and_with_three(
    as_manager, name, printer_type, engineer, org_manager, teacher
):
    counted = []
    for number, person in enumerate((engineer, org_manager, teacher)):
        Operator.objects.create(user=person).types.add(printer_type)
        CertificateKind.objects.create(name=f"Kind {number}", slug=f"kind-{number}").required_for.add(printer_type)
        with CaptureQueriesContext(connection) as statements:
            as_manager.get(page(f"{name}_changelist"))
        counted.append(len(statements))
    assert len(set(counted)) == 1
