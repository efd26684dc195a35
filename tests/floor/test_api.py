"""Over the API: supervisors, rules set aside, requests decided about, and hours that are left."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from bookings.models import Booking, Override, Quota, Reservation
from equipment.models import Certificate, CertificateKind
from organisations.models import TECHNICIANS, Membership
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
def manager(facility_manager):
    return Caller(facility_manager)


def asked(start="09:00", end="11:00", **changes):
    when = {"start": wall(start).isoformat(), "end": wall(end).isoformat()}
    return {
        "organisation": "verhagen",
        "purpose": "trial-production",
        "reservations": [{"equipment": "FDM-01"} | when],
    } | changes


def codes(response):
    return [each["code"] for each in problem(response, 409)["refusals"]]


# ---- Supervisors


@pytest.fixture
def certified_manager(printer_type, org_manager, facility_manager):
    kind = CertificateKind.objects.create(name="Instructie FDM", slug="fdm")
    kind.required_for.add(printer_type)
    Certificate.objects.create(
        user=org_manager,
        kind=kind,
        granted_on=date(2027, 1, 4),
        valid_until=date(2028, 1, 4),
        granted_by=facility_manager,
    )
    return org_manager


def test_a_supervisor_covers_the_booker(caller, printer, certified_manager):
    assert codes(caller.post("bookings", asked())) == ["not_certified"]
    response = caller.post("bookings", asked(supervisor="Orgmanager@Example.org"))
    assert response.status_code == 201
    booking = Booking.objects.get()
    assert booking.supervisor == certified_manager
    assert caller.get(f"bookings/{booking.reference}").json()["supervisor"] == "Orgmanager"


def test_a_supervisor_of_others_and_one_who_does_not_exist_are_told_the_same(caller, printer, other_engineer):
    told = []
    for email in (other_engineer.email, "nobody@example.org"):
        document = problem(caller.post("bookings", asked(supervisor=email)), 422)
        assert fields(document) == ["supervisor"]
        told.append(document["detail"].replace(email, "…"))
    assert told[0] == told[1]


def test_a_supervisor_is_not_found_by_way_of_an_organisation_of_others(caller, printer, other_engineer):
    theirs, none = (
        problem(caller.post("bookings", asked(supervisor=other_engineer.email, organisation=slug)), 422)
        for slug in ("kempen", "nobody")
    )
    assert theirs == none


# ---- Rules set aside


def test_a_facility_manager_sets_a_rule_aside_with_a_reason(manager, printer, facility_manager, verhagen):
    Membership.objects.create(user=facility_manager, organisation=verhagen)
    body = asked("20:00", "21:00")
    assert codes(manager.post("bookings", body)) == ["outside_opening_hours"]
    override = {"reason": "Open evening", "codes": ["outside_opening_hours"]}
    assert manager.post("bookings", body | {"override": override}).status_code == 201
    assert [(o.code, o.reason, o.by) for o in Override.objects.all()] == [
        ("outside_opening_hours", "Open evening", facility_manager)
    ]


def test_only_the_codes_that_are_named_are_set_aside(manager, printer, verhagen):
    override = {"reason": "Open evening", "codes": ["not_member"]}
    assert codes(manager.post("bookings", asked("20:00", "21:00", override=override))) == ["outside_opening_hours"]
    assert manager.post("bookings", asked("20:00", "21:00", override={"reason": "All"})).status_code == 201
    assert set(Override.objects.values_list("code", flat=True)) == {"not_member", "outside_opening_hours"}


def test_a_clash_is_never_set_aside(manager, make_reservation):
    make_reservation()
    assert codes(manager.post("bookings", asked(override={"reason": "Mine"}))) == ["clash"]


@pytest.mark.parametrize("groups", [[], [TECHNICIANS]])
def test_others_may_not_set_rules_aside(caller, engineer, make_reservation, groups):
    engineer.groups.set(Group.objects.filter(name__in=groups))
    override = {"reason": "I want it"}
    assert "facility manager" in problem(caller.post("bookings", asked(override=override)), 403)["detail"]
    moved = {"end": wall("20:00").isoformat(), "override": override}
    problem(caller.patch(f"reservations/{make_reservation().pk}", moved), 403)
    assert Reservation.objects.count() == 1


@pytest.mark.parametrize(
    ("override", "wrong"),
    [
        ({}, "override.reason"),
        ({"reason": "  "}, "override.reason"),
        ({"reason": "x" * 251}, "override.reason"),
        ({"reason": "a\0b"}, "override.reason"),
        ({"reason": "why", "codes": []}, "override.codes"),
        ({"reason": "why", "codes": ["clash"]}, "override.codes[0]"),
        ({"reason": "why", "code": "off_grid"}, "override.code"),
    ],
)
def test_an_override_that_is_not_right_is_told(manager, printer, override, wrong):
    assert fields(problem(manager.post("bookings", asked(override=override)), 422)) == [wrong]


def test_a_move_sets_a_rule_aside_as_well(manager, make_reservation):
    reservation = make_reservation()
    moved = {"start": wall("20:00").isoformat(), "end": wall("21:00").isoformat()}
    assert codes(manager.patch(f"reservations/{reservation.pk}", moved)) == ["outside_opening_hours"]
    moved["override"] = {"reason": "Open evening"}
    assert manager.patch(f"reservations/{reservation.pk}", moved).status_code == 200
    assert reservation.overrides.get().code == "outside_opening_hours"


def test_a_dry_run_of_a_move_tells_the_same_and_changes_nothing(caller, make_reservation):
    reservation = make_reservation()
    moved = {"start": wall("13:00").isoformat(), "end": wall("15:00").isoformat()}
    told = caller.patch(f"reservations/{reservation.pk}?dry_run=true", moved).json()
    assert (told["id"], told["start"]) == (reservation.pk, "2027-03-01T13:00:00+01:00")
    assert Reservation.objects.get().start == wall("09:00")
    refused = {"end": wall("23:00").isoformat()}
    assert "outside_opening_hours" in codes(caller.patch(f"reservations/{reservation.pk}?dry_run=true", refused))


# ---- Requests


@pytest.fixture
def request_made(caller, printer, printer_type):
    """The id of a reservation that awaits a facility manager."""
    printer_type.approval = "manager"
    printer_type.save()
    (reservation,) = caller.post("bookings", asked()).json()["reservations"]
    assert reservation["state"] == "requested"
    return reservation["id"]


def test_a_request_is_approved_once(manager, request_made):
    response = manager.post(f"reservations/{request_made}/approve")
    assert (response.status_code, response.json()["state"]) == (200, "confirmed")
    assert codes(manager.post(f"reservations/{request_made}/approve")) == ["wrong_state"]
    assert codes(manager.post(f"reservations/{request_made}/decline", {"reason": "Late"})) == ["wrong_state"]


def test_a_request_is_declined_with_a_reason_that_its_booker_reads(caller, manager, request_made):
    response = manager.post(f"reservations/{request_made}/decline", {"reason": " Open day "})
    assert (response.status_code, response.json()["state"]) == (200, "declined")
    (booking,) = caller.get("bookings").json()
    assert booking["reservations"][0]["decision_reason"] == "Open day"
    assert caller.post("bookings", asked()).status_code == 201


@pytest.mark.parametrize(
    ("body", "wrong"),
    [({}, "reason"), ({"reason": "  "}, "reason"), ({"reason": "x" * 251}, "reason"), ({"reason": "a\0b"}, "reason"),
     ({"reason": "x", "why": "y"}, "why")],
)  # fmt: skip
def test_declining_needs_a_reason(manager, request_made, body, wrong):
    assert fields(problem(manager.post(f"reservations/{request_made}/decline", body), 422)) == [wrong]
    assert Reservation.objects.get().state == "requested"


def test_who_sees_a_request_without_being_a_facility_manager_is_told_who_decides(caller, request_made, teacher):
    teacher.groups.add(Group.objects.get(name=TECHNICIANS))
    for person in (caller, Caller(teacher)):
        assert "facility manager" in problem(person.post(f"reservations/{request_made}/approve"), 403)["detail"]
        problem(person.post(f"reservations/{request_made}/decline", {"reason": "No"}), 403)


def test_somebody_else_s_request_is_not_found(request_made, other_engineer):
    problem(Caller(other_engineer).post(f"reservations/{request_made}/approve"), 404)
    problem(Caller(other_engineer).post(f"reservations/{request_made}/decline", {"reason": "No"}), 404)


# ---- Hours that are left


@pytest.fixture
def quota(verhagen):
    return Quota.objects.create(organisation=verhagen, span="month", hours=Decimal("7.5"))


def test_a_quota_is_told_with_what_counts_this_month_and_the_next(caller, quota, make_reservation):
    make_reservation("09:00", "11:00")
    assert caller.get("quotas", organisation="verhagen").json() == [
        {
            "quota": "7.5 hours per month, all machines",
            "per": "month",
            "scope": "all machines",
            "fieldlab": None,
            "type": None,
            "hours": 7.5,
            "window": ["2027-02-01T00:00:00+01:00", "2027-03-01T00:00:00+01:00"],
            "used": 0,
            "left": 7.5,
            "next": {
                "window": ["2027-03-01T00:00:00+01:00", "2027-04-01T00:00:00+02:00"],
                "used": 2,
                "left": 5.5,
            },
        }
    ]


def test_a_quota_on_a_fieldlab_or_a_type_names_it(caller, quota, verhagen, fieldlab, printer_type):
    Quota.objects.create(organisation=verhagen, span="week", hours=3, fieldlab=fieldlab)
    Quota.objects.create(organisation=verhagen, span="quarter", hours=4, equipment_type=printer_type)
    told = caller.get("quotas", organisation="verhagen").json()
    assert [(each["per"], each["fieldlab"], each["type"]) for each in told] == [
        ("month", None, None),
        ("week", "mm3d", None),
        ("quarter", None, "ultimaker-s5"),
    ]


def test_quotas_of_others_and_of_none_are_told_the_same(quota, other_engineer, facility_manager):
    stranger = Caller(other_engineer)
    theirs = problem(stranger.get("quotas", organisation="verhagen"), 404)
    assert theirs == problem(stranger.get("quotas", organisation="nobody"), 404)
    assert stranger.get("quotas", organisation="kempen").json() == []
    assert len(Caller(facility_manager).get("quotas", organisation="verhagen").json()) == 1


def test_the_statements_do_not_grow_with_the_quotas(caller, quota, verhagen, fieldlab, django_assert_num_queries):
    caller.get("me")  # writes the token's last use
    for _count in range(2):
        with django_assert_num_queries(5):  # the token, the roles, the organisation, its quotas, what counts
            caller.get("quotas", organisation="verhagen")
        Quota.objects.create(organisation=verhagen, span="week", hours=3, fieldlab=fieldlab)
