from datetime import timedelta

import pytest

from bookings.models import Booking, Purpose, PurposeRuling, Reservation
from equipment.models import Equipment, EquipmentState, EquipmentType
from organisations.models import TECHNICIANS, OrganisationClass
from tests.api_caller import Caller, fields, make_machine, make_organisation, make_person, next_monday, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_organisation("kempen")


@pytest.fixture
def caller(company):
    return Caller(make_person("eva@example.org", company))


@pytest.fixture
def reserve(company):
    """Takes a machine for somebody of another company, by the row itself: who may book is not at issue here."""
    other = make_organisation("dommel")
    booker = make_person("rival@example.org", other)

    def make(machine, start, end):
        booking = Booking.objects.create(
            organisation=other,
            booker=booker,
            purpose=Purpose.objects.get(code="trial-production"),
            title="a secret of Dommel",
            created_at=start,
        )
        return Reservation.objects.create(
            booking=booking,
            equipment=machine,
            period=(start, end),
            occupied=(start - machine.policy.set_up, end + machine.policy.clean_up),
            state="confirmed",
            economic="economic",
            organisation_class=other.organisation_class,
        )

    return make


# ---- Purposes


def test_purposes_are_those_of_the_class_of_organisation(caller):
    purposes = {each["code"]: each for each in caller.get("purposes", organisation="kempen").json()}
    assert "education" not in purposes
    assert purposes["trial-production"] == {
        "code": "trial-production",
        "name": "Trial production or hire of a machine",
        "economic": True,
    }
    assert purposes["joint-research"]["economic"] is False
    assert purposes["unknown"]["economic"] is True


def test_purposes_of_a_school_hold_education():
    school = make_organisation("summa", OrganisationClass.MBO)
    teacher = Caller(make_person("teacher@example.org", school))
    purposes = {each["code"]: each["economic"] for each in teacher.get("purposes", organisation="summa").json()}
    assert purposes["education"] is False


def test_a_purpose_counts_by_its_ruling_of_today(caller):
    purpose = Purpose.objects.get(code="joint-research")
    today = next_monday().date() - timedelta(days=30)
    PurposeRuling.objects.create(purpose=purpose, valid_from=today, economic="economic")
    PurposeRuling.objects.create(purpose=purpose, valid_from=today + timedelta(days=365), economic="non_economic")
    told = {each["code"]: each["economic"] for each in caller.get("purposes", organisation="kempen").json()}
    assert told["joint-research"] is True


def test_purposes_of_an_organisation_of_others_and_of_none_are_told_the_same(caller):
    make_organisation("dommel")
    theirs = problem(caller.get("purposes", organisation="dommel"), 404)
    assert theirs == problem(caller.get("purposes", organisation="nobody"), 404)


def test_purposes_need_an_organisation(caller):
    assert fields(problem(caller.get("purposes"), 422)) == ["organisation"]


def test_facility_staff_see_the_purposes_of_every_organisation(company):
    technician = Caller(make_person("technician@example.org", groups=[TECHNICIANS]))
    assert technician.get("purposes", organisation="kempen").status_code == 200


# ---- One machine


def test_a_machine_is_told_with_policy_abilities_and_next_free_time(caller):
    make_machine()
    EquipmentType.objects.update(
        width_mm=330, materials=["PLA"], shortest=timedelta(hours=1), payload_kg="12.50", description_en="Printer"
    )
    told = caller.get("equipment/FDM-01").json()
    assert told["code"] == "FDM-01"
    assert told["type"] == "ultimaker-s5"
    assert told["description"] == "Printer"
    assert told["policy"]["shortest_minutes"] == 60
    assert told["abilities"] | {"width_mm": 330, "materials": ["PLA"], "payload_kg": 12.5} == told["abilities"]
    assert set(told["next_free"]) == {"start", "end"}


def test_a_machine_s_own_policy_is_told(caller):
    make_machine(set_up=timedelta(minutes=45))
    assert caller.get("equipment/FDM-01").json()["policy"]["set_up_minutes"] == 45


def test_a_retired_machine_has_no_next_free_time(caller):
    make_machine(state=EquipmentState.RETIRED)
    told = caller.get("equipment/FDM-01").json()
    assert told["state"] == "retired"
    assert told["next_free"] is None


@pytest.mark.parametrize("address", ["equipment/FDM-99", "equipment/FDM-99/availability", "equipment/fdm-01"])
def test_an_unknown_machine_is_not_found(caller, address):
    make_machine()
    problem(caller.get(address), 404)


# ---- Availability


def test_availability_tells_what_is_open_occupied_and_free_in_the_window(caller, reserve):
    machine = make_machine(set_up=timedelta(minutes=15), clean_up=timedelta(minutes=30))
    reserve(machine, next_monday(9), next_monday(10))
    window = {"from": next_monday(8).isoformat(), "until": next_monday(12).isoformat()}
    told = caller.get("equipment/FDM-01/availability", **window).json()
    assert told == {
        "open": [[next_monday(8).isoformat(), next_monday(12).isoformat()]],
        "occupied": [[next_monday(8, 45).isoformat(), next_monday(10, 30).isoformat()]],
        "free": [
            [next_monday(8).isoformat(), next_monday(8, 45).isoformat()],
            [next_monday(10, 30).isoformat(), next_monday(12).isoformat()],
        ],
    }


def test_availability_tells_nobody_s_names(caller, reserve):
    reserve(make_machine(), next_monday(9), next_monday(10))
    window = {"from": next_monday(8).isoformat(), "until": next_monday(12).isoformat()}
    text = caller.get("equipment/FDM-01/availability", **window).content.decode().lower()
    assert "dommel" not in text
    assert "rival" not in text


def test_availability_is_of_the_coming_week_when_nothing_is_said(caller):
    make_machine()
    ((start, end),) = caller.get("equipment/FDM-01/availability").json()["open"]
    assert start < end


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        ("2027-03-01T09:00:00", "2027-03-02T09:00:00Z", "from"),
        ("2027-03-01", "2027-03-02T09:00:00Z", "from"),
        ("1806570000", "2027-03-02T09:00:00Z", "from"),
        ("2027-03-01T09:00:00Z", "tomorrow", "until"),
        ("2027-03-01T09:00:00Z", "2027-03-01T09:00:00Z", "until"),
        ("2027-03-02T09:00:00Z", "2027-03-01T09:00:00Z", "until"),
        ("2027-03-01T09:00:00Z", "2028-03-02T09:00:01Z", "until"),
        ("0001-01-01T00:00:00+14:00", "2027-03-01T09:00:00Z", "from"),
        ("9999-12-31T23:59:59-12:00", "2027-03-01T09:00:00Z", "from"),
        ("9999-12-30T00:00:00Z", "", "until"),
    ],
)
@pytest.mark.parametrize("address", ["equipment/FDM-01/availability?", "free-slots?equipment=FDM-01&"])
def test_a_window_that_is_not_right_is_told(caller, address, since, until, field):
    make_machine()
    response = caller.get(f"{address}from={since.replace('+', '%2B')}&until={until}")
    assert fields(problem(response, 422)) == [field]


def test_a_naive_time_is_answered_with_how_to_write_it(caller):
    make_machine()
    document = problem(caller.get("equipment/FDM-01/availability", **{"from": "2027-03-01T09:00:00"}), 422)
    assert "2027-03-01T09:00:00+01:00" in document["errors"][0]["message"]


def test_a_window_at_either_end_of_the_calendar_is_no_error(caller):
    make_machine()
    for since, until in [
        ("9999-12-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-02-01T00:00:00Z"),
    ]:
        for address in ("equipment/FDM-01/availability?", "free-slots?equipment=FDM-01&"):
            assert caller.get(f"{address}from={since}&until={until}").status_code == 200


def test_a_plus_sign_lost_in_an_address_is_understood(caller):
    make_machine()
    start = next_monday(8).isoformat()
    response = caller.client.get(
        f"/api/v1/equipment/FDM-01/availability?from={start}&until={next_monday(9).isoformat()}",
        headers=caller.headers,
    )
    assert response.json()["open"][0][0] == start


# ---- Free slots


def test_free_slots_come_earliest_first_with_machines(caller, reserve):
    reserve(make_machine("FDM-01"), next_monday(8), next_monday(12))
    make_machine("FDM-02")
    asked = {"type": "ultimaker-s5", "minutes": 120, "limit": 3}
    window = {"from": next_monday(8).isoformat(), "until": next_monday(18).isoformat()}
    slots = caller.get("free-slots", **asked, **window).json()
    assert slots[0] == {
        "start": next_monday(8).isoformat(),
        "end": next_monday(10).isoformat(),
        "equipment": ["FDM-02"],
    }
    assert len(slots) == 3
    assert [slot["start"] for slot in slots] == sorted(slot["start"] for slot in slots)
    together = caller.get("free-slots", **asked, **window, units=2).json()
    assert together[0]["start"] == next_monday(12).isoformat()
    assert sorted(together[0]["equipment"]) == ["FDM-01", "FDM-02"]


def test_free_slots_of_more_machines_than_there_are_is_an_empty_list(caller):
    make_machine()
    assert caller.get("free-slots", type="ultimaker-s5", units=2).json() == []


def test_free_slots_of_what_is_retired_is_an_empty_list(caller):
    make_machine(state=EquipmentState.RETIRED)
    assert caller.get("free-slots", type="ultimaker-s5").json() == []
    assert caller.get("free-slots", equipment="FDM-01").json() == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "type"),
        ({"type": "ultimaker-s5", "equipment": "FDM-01"}, "type"),
        ({"type": "nothing"}, "type"),
        ({"equipment": "FDM-99"}, "equipment"),
        ({"type": "ultimaker-s5", "units": 0}, "units"),
        ({"type": "ultimaker-s5", "units": "two"}, "units"),
        ({"type": "ultimaker-s5", "minutes": -5}, "minutes"),
        ({"type": "ultimaker-s5", "minutes": 10**30}, "minutes"),
        ({"type": "ultimaker-s5", "limit": 1000}, "limit"),
        ({"process": "baking"}, "process"),
        ({"process": "fdm", "type": "ultimaker-s5"}, "type"),
        ({"height_mm": 300}, "process"),
        ({"process": "fdm", "height_mm": 0}, "height_mm"),
        ({"process": "fdm", "payload_kg": "nan"}, "payload_kg"),
        ({"process": "fdm", "fieldlab": "nowhere"}, "fieldlab"),
        ({"process": "fdm", "nights": "some"}, "nights"),
        ({"process": "fdm", "organisation": "nobody"}, "organisation"),
        ({"process": "fdm", "supervisor": "nobody@example.org"}, "supervisor"),
    ],
)
def test_a_search_that_is_not_right_is_told(caller, asked, field):
    make_machine()
    assert fields(problem(caller.get("free-slots", **asked), 422)) == [field]


def test_reading_free_time_takes_the_same_number_of_statements_for_three_machines_as_for_one(
    caller, reserve, django_assert_max_num_queries, django_assert_num_queries
):
    reserve(make_machine("FDM-01"), next_monday(8), next_monday(12))
    caller.get("me")  # writes the token's last use
    for _count in range(2):
        with django_assert_num_queries(5):  # the token, whom it is for twice, the machines, their time
            caller.get("free-slots", type="ultimaker-s5")
        with django_assert_num_queries(6):  # and the roles, which decide what organisations are seen
            caller.get("free-slots", process="fdm", fieldlab="multi-material-3d", organisation="kempen")
        with django_assert_num_queries(3):
            caller.get("equipment/FDM-01/availability")
        with django_assert_num_queries(7):  # the machine itself, and its certificates
            caller.get("equipment/FDM-01")
        for code in ("FDM-02", "FDM-03"):
            if not Equipment.objects.filter(code=code).exists():
                reserve(make_machine(code), next_monday(8), next_monday(12))
