"""Booking by what a machine can do, with finishing, and choosing again, over the API."""

from datetime import timedelta

import pytest

from bookings.models import Reservation
from equipment.availability import add_outage
from equipment.models import EquipmentType, Process
from tests.api_caller import Caller, fields, problem
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def caller(engineer):
    return Caller(engineer)


@pytest.fixture
def large(make_equipment):
    kind = EquipmentType.objects.create(
        name="BigRep", slug="bigrep", process=Process.FDM, height_mm=500, materials=["PLA", "PETG"], payload_kg="40"
    )
    return make_equipment("FDM-90", type=kind)


def asked(start="09:00", end="11:00", **requested_slot):
    when = {"start": wall(start).isoformat(), "end": wall(end).isoformat()}
    return {"organisation": "verhagen", "purpose": "trial-production", "reservations": [when | requested_slot]}


def machines(response):
    assert response.status_code == 201, response.content
    return sorted(each["equipment"] for each in response.json()["reservations"])


@pytest.mark.parametrize(
    ("ability", "chosen"),
    [
        ({"height_mm": 400}, ["FDM-90"]),
        ({"material": "PETG"}, ["FDM-90"]),
        ({"payload_kg": 12.5}, ["FDM-90"]),
        ({"units": 2}, ["FDM-01", "FDM-90"]),
    ],
)
def test_an_ability_is_booked_and_the_answer_says_on_which_machines(caller, printer, large, ability, chosen):
    assert machines(caller.post("bookings", asked(process="fdm", **ability))) == chosen


def test_several_abilities_in_one_booking(caller, printer, large, make_equipment):
    mill = EquipmentType.objects.create(name="Mill", slug="mill", process=Process.MILLING)
    make_equipment("CNC-01", type=mill)
    body = asked(process="milling")
    body["reservations"] += asked(process="fdm", height_mm=400)["reservations"]
    body["reservations"] += asked("13:00", "14:00", process="milling")["reservations"]
    assert machines(caller.post("bookings", body)) == ["CNC-01", "CNC-01", "FDM-90"]


def test_too_few_able_machines_say_how_many_are_free(caller, printer, large):
    (refusal,) = problem(caller.post("bookings", asked(process="fdm", height_mm=400, units=2)), 409)["refusals"]
    assert refusal["code"] == "no_unit_free"
    assert refusal["message"].startswith("1 of 2")


def test_what_no_machine_can_do_is_refused(caller, printer):
    (refusal,) = problem(caller.post("bookings", asked(process="lpbf")), 409)["refusals"]
    assert (refusal["code"], refusal["message"]) == ("no_unit_free", "No machine can do this.")


@pytest.mark.parametrize(
    ("requested_slot", "wrong"),
    [
        ({"process": "baking"}, "reservations[0].process"),
        ({"process": "fdm", "type": "ultimaker-s5"}, "reservations[0]"),
        ({"process": "fdm", "equipment": "FDM-01"}, "reservations[0]"),
        ({"height_mm": 300}, "reservations[0]"),
        ({"process": "fdm", "height_mm": 0}, "reservations[0].height_mm"),
        ({"process": "fdm", "height_mm": 10**12}, "reservations[0].height_mm"),
        ({"process": "fdm", "payload_kg": 0}, "reservations[0].payload_kg"),
        ({"process": "fdm", "payload_kg": "heavy"}, "reservations[0].payload_kg"),
        ({"process": "fdm", "material": ""}, "reservations[0].material"),
        ({"process": "fdm", "finish": "perhaps"}, "reservations[0].finish"),
    ],
)
def test_an_ability_that_is_not_right_is_told(caller, printer, requested_slot, wrong):
    assert fields(problem(caller.post("bookings", asked(**requested_slot)), 422)) == [wrong]


def test_a_finishing_station_is_booked_along(caller, printer, printer_type, make_equipment):
    saw = EquipmentType.objects.create(name="Saw", slug="saw", process=Process.CUTTING)
    make_equipment("POST-01", type=saw)
    EquipmentType.objects.filter(pk=printer_type.pk).update(finished_on=saw, finishing_time=timedelta(hours=1))
    told = caller.post("bookings", asked(equipment="FDM-01", finish=True)).json()
    assert [(each["equipment"], each["start"][11:16]) for each in told["reservations"]] == [
        ("FDM-01", "09:00"),
        ("POST-01", "11:15"),
    ]


def test_a_machine_without_a_station_says_so(caller, printer):
    (refusal,) = problem(caller.post("bookings", asked(equipment="FDM-01", finish=True)), 409)["refusals"]
    assert refusal["code"] == "no_unit_free"


# ---- Choosing again


def test_another_machine_is_chosen_when_one_breaks(caller, make_reservation, printer, second_printer):
    reservation = make_reservation()
    add_outage(printer, start=wall("08:00"), end=wall("18:00"), title="Nozzle", now=NOW)
    response = caller.post(f"reservations/{reservation.pk}/rechoose")
    assert response.status_code == 200
    assert (response.json()["equipment"], response.json()["start"]) == ("FDM-02", "2027-03-01T09:00:00+01:00")
    assert Reservation.objects.get().equipment == second_printer


def test_where_no_other_machine_serves_the_refusal_says_when_one_does(caller, make_reservation, second_printer):
    reservation = make_reservation()
    make_reservation("09:00", "11:00", equipment=second_printer)
    document = problem(caller.post(f"reservations/{reservation.pk}/rechoose"), 409)
    assert document["refusals"][0]["code"] == "no_unit_free"
    assert document["refusals"][0]["alternatives"][0]["equipment"] == ["FDM-02"]


def test_choosing_again_is_for_those_who_may_change_it(make_reservation, second_printer, other_engineer, teacher):
    reservation = make_reservation()
    for person in (other_engineer, teacher):
        problem(Caller(person).post(f"reservations/{reservation.pk}/rechoose"), 404)
