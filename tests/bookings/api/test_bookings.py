"""Booking over the API: what goes in, what comes back, and what is told when it cannot be."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Reservation
from bookings.scheduling.placement import RequestedSlot
from equipment.models import EquipmentState
from organisations.models import Organisation
from tests.api_caller import Caller, fields, problem
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """The API reads the clock; here it stands at the moment that the makers book for."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def caller(engineer):
    return Caller(engineer)


def asked(*reservations, **changes):
    """A body for `POST bookings`: a reservation is (start, end), or fields of its own."""
    return {
        "organisation": "verhagen",
        "purpose": "trial-production",
        "title": "Bracket",
        "reservations": [each if isinstance(each, dict) else requested_slot(*each) for each in reservations],
    } | changes


def requested_slot(start="09:00", end="11:00", **changes):
    return {"equipment": "FDM-01", "start": wall(start).isoformat(), "end": wall(end).isoformat()} | changes


def refusals(response):
    return [each["code"] for each in problem(response, 409)["refusals"]]


# ---- What is booked


def test_a_booking_comes_back_with_its_reference_and_its_reservations(caller, printer):
    response = caller.post("bookings", asked(("09:00", "11:00"), people=2))
    assert response.status_code == 201
    booking = Booking.objects.get()
    assert response.json() == {
        "reference": booking.reference,
        "reservations": [
            {
                "id": booking.reservations.get().pk,
                "equipment": "FDM-01",
                "start": "2027-03-01T09:00:00+01:00",
                "end": "2027-03-01T11:00:00+01:00",
                "occupied_start": "2027-03-01T08:45:00+01:00",
                "occupied_end": "2027-03-01T11:15:00+01:00",
                "state": "confirmed",
                "decision_reason": "",
            }
        ],
        "skipped": [],
    }
    assert (booking.title, booking.people, booking.booker.email) == ("Bracket", 2, "engineer@example.org")


def test_a_dry_run_tells_the_same_and_changes_nothing(caller, printer):
    response = caller.post("bookings?dry_run=true", asked(("09:00", "11:00")))
    assert response.status_code == 200
    told = response.json()
    assert told["reference"] is None
    assert told["reservations"][0]["id"] is None
    assert told["reservations"][0]["occupied_end"] == "2027-03-01T11:15:00+01:00"
    assert not Booking.objects.exists()


def test_times_go_in_with_any_offset_and_come_out_with_that_of_the_atrium(caller, printer):
    body = asked({"equipment": "FDM-01", "start": "2027-04-05T07:00:00Z", "end": "2027-04-05T17:00:00+08:00"})
    (reservation,) = caller.post("bookings", body).json()["reservations"]
    assert reservation["start"] == "2027-04-05T09:00:00+02:00"
    assert reservation["end"] == "2027-04-05T11:00:00+02:00"


def test_any_machines_of_a_type_are_chosen_and_named(caller, printer, second_printer):
    body = asked(requested_slot(equipment=None, type="ultimaker-s5", units=2))
    told = caller.post("bookings", body).json()
    assert sorted(each["equipment"] for each in told["reservations"]) == ["FDM-01", "FDM-02"]


def test_all_or_nothing(caller, make_booking):
    make_booking(("09:00", "11:00"))
    assert "clash" in refusals(caller.post("bookings", asked(("09:00", "11:00"), ("13:00", "14:00"))))
    assert Booking.objects.count() == 1


def test_what_can_be_had_where_that_is_asked(caller, make_booking):
    make_booking(("09:00", "11:00"))
    body = asked(("09:00", "11:00"), ("13:00", "14:00"), on_refusal="skip")
    response = caller.post("bookings", body)
    assert response.status_code == 201
    told = response.json()
    assert [each["start"] for each in told["reservations"]] == ["2027-03-01T13:00:00+01:00"]
    assert {each["code"] for each in told["skipped"]} == {"clash"}
    assert {each["start"] for each in told["skipped"]} == {"2027-03-01T09:00:00+01:00"}


def test_a_booking_may_be_made_with_a_session_and_its_csrf_token(client, engineer, printer):
    client.force_login(engineer)
    response = client.post("/api/v1/bookings", asked(("09:00", "11:00")), content_type="application/json")
    assert response.status_code == 201


# ---- What the rules refuse


def test_a_refusal_tells_what_when_and_what_could_be_had(caller, make_booking, second_printer):
    make_booking(("09:00", "11:00"))
    (refusal,) = problem(caller.post("bookings", asked(("09:00", "11:00"))), 409)["refusals"]
    assert set(refusal) == {"code", "message", "equipment", "start", "end", "overridable", "alternatives"}
    assert (refusal["code"], refusal["equipment"], refusal["overridable"]) == ("clash", "FDM-01", False)
    assert refusal["start"] == "2027-03-01T09:00:00+01:00"
    assert refusal["end"] == "2027-03-01T11:00:00+01:00"
    assert refusal["message"]
    assert {
        "start": "2027-03-01T09:00:00+01:00",
        "end": "2027-03-01T11:00:00+01:00",
        "equipment": ["FDM-02"],
    } in refusal["alternatives"]


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("11:00", "09:00", "zero_length"),
        ("11:00", "11:00", "zero_length"),
        ("09:05", "11:00", "off_grid"),
        ("08:15", "17:45", "too_long"),
        ("20:00", "21:00", "outside_opening_hours"),
        ("2027-02-22 09:00", "2027-02-22 11:00", "in_the_past"),
        ("2029-03-01 09:00", "2029-03-01 11:00", "beyond_horizon"),
        ("9999-03-01 09:00", "9999-03-01 11:00", "beyond_horizon"),
        ("9999-12-31 09:00", "9999-12-31 11:00", "beyond_horizon"),
    ],
)
@pytest.mark.parametrize("address", ["bookings", "bookings?dry_run=true"])
def test_a_time_that_the_rules_refuse_is_told_by_its_code(caller, printer, address, start, end, code):
    assert code in refusals(caller.post(address, asked((start, end))))
    assert not Booking.objects.exists()


@pytest.mark.parametrize("what", [{"equipment": "FDM-01"}, {"type": "ultimaker-s5", "units": 1}])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("9999-12-31T23:30:00Z", "9999-12-31T23:59:59Z"),
        ("2027-03-01T08:00:00Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T02:00:00Z"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("unattended", [True, False])
def test_the_ends_of_the_calendar_are_refused_by_the_rules(caller, printer, unattended, what, start, end):
    type(printer).objects.update(unattended=unattended)
    assert refusals(caller.post("bookings", asked({"start": start, "end": end} | what)))


def test_a_retired_machine_is_refused(caller, make_equipment):
    make_equipment("FDM-01", state=EquipmentState.RETIRED)
    assert "equipment_retired" in refusals(caller.post("bookings", asked(("09:00", "11:00"))))


def test_a_booking_needs_a_purpose_that_the_organisation_may_choose(caller, printer):
    assert "needs_purpose" in refusals(caller.post("bookings", asked(("09:00", "11:00"), purpose=None)))
    assert "needs_purpose" in refusals(caller.post("bookings", asked(("09:00", "11:00"), purpose="education")))


def test_messages_are_in_the_language_asked_for(engineer, printer):
    english, dutch = (Caller(engineer, **{"Accept-Language": language}) for language in ("en", "nl"))
    body = asked(("09:05", "11:00"))
    assert english.post("bookings", body)["Content-Language"] == "en"
    assert dutch.post("bookings", body)["Content-Language"] == "nl"


# ---- Somebody else's organisation


def test_an_organisation_of_others_and_none_are_refused_in_the_same_words(caller, printer, kempen):
    theirs = problem(caller.post("bookings", asked(("09:00", "11:00"), organisation="kempen")), 409)
    assert [each["code"] for each in theirs["refusals"]] == ["not_member"]
    assert theirs == problem(caller.post("bookings", asked(("09:00", "11:00"), organisation="nobody")), 409)
    Organisation.objects.filter(pk=kempen.pk).update(suspended_at=NOW)
    assert theirs == problem(caller.post("bookings", asked(("09:00", "11:00"), organisation="kempen")), 409)


def test_bookings_are_seen_by_their_own_people_alone(
    make_booking, engineer, org_manager, other_engineer, facility_manager, teacher
):
    reference = make_booking(("09:00", "11:00"), title="Secret bracket").booking.reference
    for person in (engineer, org_manager, facility_manager):
        assert Caller(person).get(f"bookings/{reference}").json()["title"] == "Secret bracket"
        assert len(Caller(person).get("bookings").json()) == 1
    for person in (other_engineer, teacher):
        theirs = problem(Caller(person).get(f"bookings/{reference}"), 404)
        assert theirs == problem(Caller(person).get("bookings/B-XXXXX"), 404)
        assert Caller(person).get("bookings").json() == []
        assert Caller(person).get("bookings", organisation="verhagen").json() == []


def test_a_clash_tells_nothing_about_whom_it_is_with(make_booking, other_engineer, kempen):
    make_booking(("09:00", "11:00"), title="Secret bracket")
    response = Caller(other_engineer).post("bookings", asked(("09:00", "11:00"), organisation="kempen"))
    assert "clash" in refusals(response)
    text = response.content.decode().lower()
    assert all(word not in text for word in ("secret", "verhagen", "engineer"))


# ---- What is not right


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"organisation": None}, ["organisation"]),
        ({"organisation": ""}, ["organisation"]),
        ({"purpose": "smuggling"}, ["purpose"]),
        ({"title": "x" * 121}, ["title"]),
        ({"title": "a\0b"}, ["title"]),
        ({"title": "\ud800"}, ["title"]),
        ({"people": 0}, ["people"]),
        ({"people": 1.5}, ["people"]),
        ({"people": 10**40}, ["people"]),
        ({"on_refusal": "cry"}, ["on_refusal"]),
        ({"reservations": []}, ["reservations"]),
        ({"reservations": {}}, ["reservations"]),
        ({"reservations": [7]}, ["reservations[0]"]),
        ({"reservations": [{}]}, ["reservations[0].start", "reservations[0].end"]),
        ({"reservations": [requested_slot(equipment="FDM-99")]}, ["reservations[0].equipment"]),
        ({"reservations": [requested_slot(), requested_slot(equipment=None, type="x")]}, ["reservations[1].type"]),
        ({"reservations": [requested_slot(equipment=None)]}, ["reservations[0]"]),
        ({"reservations": [requested_slot(type="ultimaker-s5")]}, ["reservations[0]"]),
        ({"reservations": [requested_slot(units=2)]}, ["reservations[0]"]),
        ({"reservations": [requested_slot(equipment=None, type="ultimaker-s5", units=0)]}, ["reservations[0].units"]),
        ({"reservations": [requested_slot() | {"start": "2027-03-01T09:00:00"}]}, ["reservations[0].start"]),
        ({"reservations": [requested_slot() | {"start": "2027-03-01"}]}, ["reservations[0].start"]),
        ({"reservations": [requested_slot() | {"start": 1806570000}]}, ["reservations[0].start"]),
        ({"reservations": [requested_slot() | {"start": None}]}, ["reservations[0].start"]),
        ({"reservations": [requested_slot() | {"end": "10000-01-01T00:00:00Z"}]}, ["reservations[0].end"]),
        ({"reservations": [requested_slot() | {"end": "9999-12-31T23:59:59-12:00"}]}, ["reservations[0].end"]),
        ({"reservations": [requested_slot() | {"end": "2027-02-30T09:00:00Z"}]}, ["reservations[0].end"]),
        ({"reservations": [requested_slot(), requested_slot(to="11:00")]}, ["reservations[1].to"]),
    ],
)
def test_a_field_that_is_not_right_is_told(caller, printer, changes, wrong):
    assert fields(problem(caller.post("bookings", asked(("09:00", "11:00")) | changes), 422)) == wrong
    assert not Booking.objects.exists()


def test_every_unknown_code_is_told_with_its_value(caller, printer):
    body = asked(
        requested_slot(equipment="FDM-98"),
        requested_slot(),
        requested_slot(equipment=None, type="nothing"),
        purpose="smuggling",
    )
    errors = problem(caller.post("bookings", body), 422)["errors"]
    assert [each["field"] for each in errors] == ["purpose", "reservations[0].equipment", "reservations[2].type"]
    assert [
        code for code, each in zip(("smuggling", "FDM-98", "nothing"), errors, strict=True) if code in each["message"]
    ] == ["smuggling", "FDM-98", "nothing"]


@pytest.mark.parametrize("count", [501, 1000])
def test_too_many_reservations_are_refused_in_a_sentence(caller, printer, count):
    document = problem(caller.post("bookings", asked(*[("09:00", "11:00")] * count)), 422)
    assert f"at most 500 reservations. This one asks for {count}" in document["detail"]


def test_too_many_machines_are_refused_in_a_sentence(caller, printer):
    body = asked(*[requested_slot(equipment=None, type="ultimaker-s5", units=300)] * 2)
    assert "This one asks for 600" in problem(caller.post("bookings", body), 422)["detail"]


# ---- Reading bookings


def test_a_booking_is_told_with_all_its_reservations(caller, make_booking):
    booking = make_booking(("13:00", "14:00"), ("09:00", "11:00"), title="Bracket", people=3).booking
    told = caller.get(f"bookings/{booking.reference}").json()
    reservations = told.pop("reservations")
    assert told == {
        "reference": booking.reference,
        "organisation": "verhagen",
        "organisation_name": "Verhagen Fijnmechanica",
        "purpose": "trial-production",
        "title": "Bracket",
        "people": 3,
        "supervisor": None,
        "booked_by": "Engineer",
        "created_at": NOW.isoformat(),
    }
    assert [each["start"] for each in reservations] == ["2027-03-01T09:00:00+01:00", "2027-03-01T13:00:00+01:00"]


def test_bookings_are_narrowed_by_organisation_and_time(facility_manager, make_booking, other_engineer, kempen):
    make_booking(("09:00", "11:00"), title="one")
    make_booking(("2027-03-02 09:00", "2027-03-02 11:00"), title="two", booker=other_engineer, organisation=kempen)
    caller = Caller(facility_manager)

    def titles(**asked):
        return [each["title"] for each in caller.get("bookings", **asked).json()]

    tuesday = wall("2027-03-02 00:00").isoformat()
    assert sorted(titles()) == ["one", "two"]
    assert titles(organisation="kempen") == ["two"]
    assert titles(**{"from": tuesday}) == ["two"]
    assert titles(until=tuesday) == ["one"]
    assert titles(**{"from": wall("11:00").isoformat(), "until": tuesday}) == []


def test_bookings_come_in_pages_the_newest_first(caller, make_booking):
    for number, start in enumerate(("09:00", "10:30", "12:00")):
        end = (wall(start) + timedelta(minutes=30)).strftime("%H:%M")
        make_booking((start, end), title=str(number), now=NOW + timedelta(minutes=number))
    first = caller.get("bookings", limit=2)
    assert [each["title"] for each in first.json()] == ["2", "1"]
    address, relation = first["Link"].split("; ")
    assert relation == 'rel="next"'
    second = caller.client.get(address.strip("<>"), headers=caller.headers)
    assert [each["title"] for each in second.json()] == ["0"]
    assert "Link" not in second


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 10**30}, "offset"),
        ({"from": "2027-03-01T09:00:00"}, "from"),
        ({"from": "2027-03-02T09:00:00Z", "until": "2027-03-01T09:00:00Z"}, "until"),
    ],
)
def test_a_list_of_bookings_that_is_not_rightly_asked_is_told(caller, asked, wrong):
    assert fields(problem(caller.get("bookings", **asked), 422)) == [wrong]


def test_reading_takes_the_same_number_of_statements_for_three_bookings_as_for_one(
    caller, make_booking, django_assert_num_queries
):
    make_booking(("09:00", "10:00"))
    caller.get("me")  # writes the token's last use
    with django_assert_num_queries(4):  # the token, the roles, the bookings, their reservations
        caller.get("bookings")
    make_booking(("11:00", "12:00"), ("2027-03-02 09:00", "2027-03-02 10:00"))
    make_booking(("13:00", "14:00"))
    with django_assert_num_queries(4):
        assert len(caller.get("bookings").json()) == 3


def test_booking_takes_the_same_number_of_statements_for_three_reservations_as_for_one(
    caller, printer, second_printer, django_assert_num_queries
):
    caller.get("me")  # writes the token's last use

    def statements(body):
        with CaptureQueriesContext(connection) as captured:
            assert caller.post("bookings", body).status_code == 201
        return len(captured)

    one = statements(asked(("09:00", "10:00")))
    three = statements(
        asked(
            ("11:00", "12:00"), requested_slot("13:00", "14:00"), requested_slot("09:00", "10:00", equipment="FDM-02")
        )
    )
    assert three == one


def test_a_lock_that_nobody_gives_back_in_time_is_told_with_when_to_try_again(caller, printer, monkeypatch):
    def wait_in_vain(**_asked):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr("bookings.services.book", wait_in_vain)
    response = caller.post("bookings", asked(("09:00", "11:00")))
    problem(response, 503)
    assert "Retry-After" in response


def test_a_wish_is_what_the_body_says(caller, printer):
    """The reservation made is the one asked for, not one near it."""
    caller.post("bookings", asked(("09:30", "10:30")))
    reservation = Reservation.objects.get()
    assert RequestedSlot(reservation.start, reservation.end) == RequestedSlot(wall("09:30"), wall("10:30"))
