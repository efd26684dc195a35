from datetime import time, timedelta

import pytest

from equipment.api import policy_out
from equipment.models import EquipmentState, EquipmentType
from equipment.policy import Approval, Policy
from tests.api_caller import Caller, make_machine, make_person, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    return Caller(make_person("eva@example.org"))


def codes(response):
    return [machine["code"] for machine in response.json()]


def test_the_list_tells_what_a_machine_is_and_where(caller):
    make_machine(place="Hal 2")
    assert caller.get("equipment").json() == [
        {
            "code": "FDM-01",
            "name": "FDM-01 of the lab",
            "type": "ultimaker-s5",
            "type_name": "Ultimaker-S5",
            "process": "fdm",
            "fieldlab": "multi-material-3d",
            "fieldlab_name": "Multi-Material-3D",
            "place": "Hal 2",
            "state": "in_service",
        }
    ]


def test_the_list_leaves_out_what_is_retired(caller):
    make_machine("FDM-01", state=EquipmentState.RETIRED)
    make_machine("FDM-02")
    assert codes(caller.get("equipment")) == ["FDM-02"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["CNC-01", "FDM-01", "FDM-02"]),
        ({"fieldlab": "practicum"}, ["CNC-01"]),
        ({"type": "ultimaker-s5"}, ["FDM-01", "FDM-02"]),
        ({"type": "ultimaker-s5", "fieldlab": "practicum"}, []),
        ({"type": "nothing"}, []),
        ({"q": "fdm-02"}, ["FDM-02"]),
        ({"q": "ULTIMAKER lab"}, ["FDM-01", "FDM-02"]),
        ({"q": "ultimaker practicum"}, []),
        ({"q": "tough pla"}, ["FDM-01", "FDM-02"]),
        ({"q": "100%"}, []),
    ],
)
def test_the_list_can_be_narrowed(caller, asked, found):
    make_machine("FDM-01")
    make_machine("FDM-02")
    make_machine("CNC-01", type="dmu-50", fieldlab="practicum")
    EquipmentType.objects.filter(slug="ultimaker-s5").update(materials=["Tough PLA", "PETG"])
    assert sorted(codes(caller.get("equipment", **asked))) == found


def test_a_search_with_a_sign_that_no_text_holds_is_told(caller):
    assert "cannot be read" in problem(caller.get("equipment", q="a\0b"), 400)["detail"]


def test_the_list_takes_the_same_number_of_statements_for_three_machines_as_for_one(caller, django_assert_num_queries):
    make_machine("FDM-01")
    caller.get("equipment")  # writes the token's last use
    with django_assert_num_queries(2):
        caller.get("equipment")
    make_machine("FDM-02")
    make_machine("CNC-01", type="dmu-50", fieldlab="practicum")
    with django_assert_num_queries(2):
        caller.get("equipment")


def test_a_policy_is_told_in_minutes_and_days():
    policy = Policy(
        grid_minutes=30,
        shortest=timedelta(hours=1),
        longest=timedelta(hours=72),
        notice_period=timedelta(days=1),
        horizon=timedelta(days=180),
        set_up=timedelta(minutes=15),
        clean_up=timedelta(hours=6),
        last_start=time(16, 30),
        unattended=True,
        approval=Approval.MANAGER,
        operator_needed=True,
        open_reservation_limit=3,
        free_cancellation_term=timedelta(days=5),
        check_in_grace=timedelta(minutes=30),
    )
    assert policy_out(policy).model_dump() == {
        "grid_minutes": 30,
        "shortest_minutes": 60,
        "longest_minutes": 72 * 60,
        "notice_minutes": 24 * 60,
        "horizon_days": 180,
        "set_up_minutes": 15,
        "clean_up_minutes": 360,
        "last_start": "16:30",
        "unattended": True,
        "approval": "manager",
        "operator_needed": True,
        "open_reservation_limit": 3,
        "free_cancellation_minutes": 5 * 24 * 60,
        "check_in_grace_minutes": 30,
    }


def test_a_policy_without_limits_says_null():
    told = policy_out(Policy(longest=None, last_start=None, open_reservation_limit=None))
    assert (told.longest_minutes, told.last_start, told.open_reservation_limit) == (None, None, None)
