"""The search over the API: by what a machine can do, and only what the caller can book."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from equipment.availability import new_calendar, weekly_hours
from equipment.models import Certificate, CertificateKind, EquipmentType
from tests.api_caller import Caller, make_machine, make_organisation, make_person, next_monday, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_organisation("kempen")


@pytest.fixture
def caller(company):
    return Caller(make_person("eva@example.org", company))


def slots(caller, **asked):
    response = caller.get("free-slots", **asked)
    assert response.status_code == 200, response.content
    return response.json()


def test_free_slots_by_ability_are_of_any_machines_that_are_able(caller):
    make_machine("FDM-01")
    make_machine("FDM-90", type="bigrep", fieldlab="hall")
    EquipmentType.objects.filter(slug="bigrep").update(height_mm=500, materials=["PETG"])
    assert sorted(slots(caller, process="fdm", units=2)[0]["equipment"]) == ["FDM-01", "FDM-90"]
    for ability in ({"height_mm": 400}, {"material": "PETG"}, {"fieldlab": "hall"}):
        assert {tuple(slot["equipment"]) for slot in slots(caller, process="fdm", **ability)} == {("FDM-90",)}
    assert slots(caller, process="fdm", height_mm=501) == []
    assert slots(caller, process="lpbf") == []


@pytest.mark.parametrize("requested_slot", [{"process": "fdm"}, {"type": "ultimaker-s5"}, {"equipment": "FDM-01"}])
def test_every_slot_can_be_booked_by_who_asked(caller, requested_slot):
    make_machine("FDM-01", notice_period=timedelta(days=2), set_up=timedelta(minutes=30))
    make_machine("FDM-02", horizon=timedelta(days=3))
    found = slots(caller, minutes=480, **requested_slot)
    assert len(found) == 10
    for slot in found:
        reservation = requested_slot | {"start": slot["start"], "end": slot["end"]}
        body = {"organisation": "kempen", "purpose": "trial-production", "reservations": [reservation]}
        assert caller.post("bookings?dry_run=true", body).status_code == 200


def test_without_the_certificate_there_is_nothing_unless_somebody_supervises(caller, company):
    machine = make_machine()
    kind = CertificateKind.objects.create(name="Instructie", name_en="Instruction", slug="fdm")
    kind.required_for.add(machine.type)
    told = caller.get("equipment/FDM-01").json()
    assert told["certificates"] == [{"slug": "fdm", "name": "Instruction", "held": False}]
    assert told["next_free"] is None
    assert slots(caller, equipment="FDM-01") == []
    teacher = make_person("teacher@example.org", company)
    today = timezone.localdate()
    days = {"granted_on": today, "valid_until": today + timedelta(days=60)}
    Certificate.objects.create(user=teacher, kind=kind, granted_by=teacher, **days)
    assert slots(caller, equipment="FDM-01", supervisor="teacher@example.org")
    theirs = Caller(teacher).get("equipment/FDM-01").json()
    assert theirs["certificates"][0]["held"] is True
    assert theirs["next_free"]


def test_the_organisation_is_the_caller_s_only_one_or_the_one_that_is_named(caller, company):
    make_machine()
    company.suspended_at = timezone.now()
    company.save()
    assert slots(caller, equipment="FDM-01") == []
    both = Caller(make_person("both@example.org", company, make_organisation("strijp")))
    assert slots(both, equipment="FDM-01", organisation="strijp")
    assert slots(both, equipment="FDM-01", organisation="kempen") == []
    assert slots(both, equipment="FDM-01")  # for nobody in particular
    assert both.get("equipment/FDM-01", organisation="kempen").json()["next_free"] is None


def test_a_supervisor_goes_with_an_organisation(company):
    make_machine()
    alone = Caller(make_person("alone@example.org"))
    document = problem(alone.get("free-slots", equipment="FDM-01", supervisor="eva@example.org"), 422)
    assert "organisation" in document["detail"]


@pytest.mark.parametrize("address", ["free-slots?equipment=FDM-01&", "equipment/FDM-01?"])
def test_an_organisation_of_others_and_none_are_told_the_same(caller, address):
    make_machine()
    make_organisation("dommel")
    theirs, none = (
        problem(caller.get(f"{address}organisation={slug}"), 422)["detail"].replace(slug, "…")
        for slug in ("dommel", "nobody")
    )
    assert theirs == none


def test_nights_can_be_left_out(caller):
    hours = new_calendar("Hours")
    since = next_monday().date()
    weekly_hours(hours, weekdays=range(7), opens=time(8), closes=time(18), since=since, now=timezone.now())
    make_machine(opening_hours=hours, unattended=True)
    window = {"from": next_monday(8).isoformat(), "until": next_monday(8, days=3).isoformat()}
    assert slots(caller, equipment="FDM-01", minutes=12 * 60, **window)
    assert slots(caller, equipment="FDM-01", minutes=12 * 60, nights="false", **window) == []


def test_a_machine_tells_on_what_its_results_are_finished(caller):
    make_machine()
    make_machine("POST-01", type="saw")
    assert caller.get("equipment/FDM-01").json()["finished_on"] is None
    saw = EquipmentType.objects.get(slug="saw")
    EquipmentType.objects.filter(slug="ultimaker-s5").update(finished_on=saw, finishing_time=timedelta(hours=1))
    told = caller.get("equipment/FDM-01").json()["finished_on"]
    assert told == {"type": "saw", "type_name": "Saw", "minutes": 60}
