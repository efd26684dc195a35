"""What holds for the API as a whole: signing in, languages, errors. The calls have tests of their own."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from core.models import IdempotencyKey
from organisations.models import ApiToken, User
from tests.api_caller import Caller, fields, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return User.objects.create_user("eva@example.org", "a password", name="Eva", language="en")


@pytest.fixture
def caller(person):
    return Caller(person)


def test_the_description_is_open_to_everyone():
    response = Caller().get("openapi.json")
    assert response.status_code == 200
    described = response.json()
    assert described["openapi"].startswith("3.")
    assert {
        "/api/v1/me",
        "/api/v1/purposes",
        "/api/v1/equipment",
        "/api/v1/equipment/{code}",
        "/api/v1/equipment/{code}/availability",
        "/api/v1/free-slots",
        "/api/v1/bookings",
        "/api/v1/bookings/{reference}",
        "/api/v1/reservations/{id}",
        "/api/v1/reservations/{id}/cancel",
    } <= set(described["paths"])


# ---- Signing in


def test_a_token_signs_in(caller):
    assert caller.get("me").status_code == 200


def test_without_token_or_session_one_is_asked_to_sign_in():
    response = Caller().get("me")
    problem(response, 401)
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("header", ["Bearer bic_nonsense", "Bearer", "Bearer ", "Basic ZTpl", "nonsense", "Bearer é"])
def test_a_header_without_a_valid_token_is_refused(header):
    response = Caller(Authorization=header).get("me")
    problem(response, 401)
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_a_bad_token_is_refused_also_beside_a_good_session(person):
    client = Client(headers={"Authorization": "Bearer nonsense"})
    client.force_login(person)
    problem(client.get("/api/v1/me"), 401)


def test_a_revoked_token_is_refused(person, caller):
    ApiToken.objects.update(revoked_at=timezone.now())
    problem(caller.get("me"), 401)


def test_a_token_of_somebody_who_may_no_longer_sign_in_is_refused(person, caller):
    User.objects.update(is_active=False)
    problem(caller.get("me"), 401)


def test_the_last_use_of_a_token_is_written_once_a_day(caller, django_assert_num_queries):
    with django_assert_num_queries(3):  # the token, its last use, the memberships
        caller.get("me")
    assert ApiToken.objects.get().last_used_on == timezone.localdate()
    with django_assert_num_queries(2):
        caller.get("me")
    ApiToken.objects.update(last_used_on=timezone.localdate() - timedelta(days=1))
    with django_assert_num_queries(3):
        caller.get("me")


def test_a_session_signs_in_to_read(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert client.get("/api/v1/me").json()["email"] == person.email


def test_a_session_needs_the_csrf_token_to_change_something(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert "CSRF" in problem(client.post("/api/v1/reservations/1/cancel"), 403)["detail"]
    client.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    problem(client.post("/api/v1/reservations/1/cancel", headers=headers), 404)


def test_a_token_needs_no_csrf_token(person):
    caller = Caller(person)
    caller.client = Client(enforce_csrf_checks=True)
    problem(caller.post("reservations/1/cancel"), 404)


# ---- Languages


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("", "en"),
        ("*", "en"),
        ("fr", "en"),
        ("nl", "nl"),
        ("fr, nl-NL;q=0.8, en;q=0.5", "nl"),
        ("en-GB", "en"),
    ],
)
def test_the_language_asked_for_is_spoken_and_else_that_of_the_person(person, asked, spoken):
    caller = Caller(person, **({"Accept-Language": asked} if asked else {}))
    assert caller.get("me")["Content-Language"] == spoken


# ---- Errors


@pytest.mark.parametrize("address", ["", "nothing", "me/", "equipment/FDM-01/nothing", "reservations/one/cancel"])
def test_an_unknown_address_is_a_problem_document(caller, address):
    problem(caller.get(address), 404)


@pytest.mark.parametrize("address", ["%00", "equipment/%00", "equipment?q=%00"])
def test_an_address_with_the_sign_nul_is_a_problem_document(caller, address):
    problem(caller.get(address), 400)


def test_a_method_that_an_address_does_not_know_is_told(caller):
    response = caller.post("me", {})
    problem(response, 405)
    assert response["Allow"] == "GET"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("body", ["{", "nonsense", b"\xff\xfe", '{"a": 1} x', "[" * 100_000])
def test_a_body_that_is_no_json_is_told(caller, body):
    assert problem(caller.post("bookings", body), 400)["type"].endswith("/malformed-json")


@pytest.mark.parametrize("body", ["", "null", "[]", '"text"', "1", "{}"])
def test_a_body_of_another_shape_is_told(caller, body):
    assert problem(caller.post("bookings", body), 422)["errors"]


def test_a_body_that_says_it_is_no_json_is_told(caller):
    response = caller.client.post("/api/v1/bookings", {"title": "form"}, headers=caller.headers)
    problem(response, 415)


def test_a_huge_body_is_told(caller, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    problem(caller.post("bookings", {"title": "x" * 2000}), 413)


def test_an_unknown_parameter_is_told(caller):
    document = problem(caller.get("equipment", typ="ultimaker-s5"), 422)
    assert document["errors"] == [{"in": "query", "field": "typ", "message": "This parameter is not known here."}]


def test_an_unknown_parameter_of_a_booking_books_nothing(caller):
    requested_slot = {"equipment": "FDM-01", "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T11:00:00Z"}
    body = {"organisation": "kempen", "reservations": [requested_slot]}
    response = caller.post("bookings?dryrun=true", body, **{"Idempotency-Key": "a"})
    assert fields(problem(response, 422)) == ["dryrun"]
    assert not IdempotencyKey.objects.exists()


def test_who_is_not_signed_in_is_asked_to_before_all_else():
    problem(Caller().get("equipment", typ="ultimaker-s5"), 401)
    problem(Caller().post("bookings", "{"), 401)


def test_every_wrong_field_is_told_with_the_way_to_it(caller):
    body = {
        "organisation": 7,
        "people": "many",
        "titel": "typing error",
        "reservations": [{"equipment": "FDM-01", "start": "2027-03-01T09:00:00", "end": "tomorrow", "unit": 1}],
        "on_refusal": "cry",
    }
    assert set(fields(problem(caller.post("bookings", body), 422))) == {
        "organisation",
        "people",
        "titel",
        "reservations[0].start",
        "reservations[0].end",
        "reservations[0].unit",
        "on_refusal",
    }


def test_an_error_of_ours_shows_no_traceback(caller, monkeypatch, caplog):
    def fail(**_fields):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("organisations.api.MeOut", fail)
    response = caller.get("me")
    problem(response, 500)
    assert "secret" not in response.content.decode()
    assert "a secret of the inside" in caplog.text


def test_a_database_that_is_away_is_told_with_when_to_try_again(caller, monkeypatch, caplog):
    def fail(**_fields):
        raise OperationalError("the database is away")

    monkeypatch.setattr("organisations.api.MeOut", fail)
    response = caller.get("me")
    problem(response, 503)
    assert int(response["Retry-After"]) > 0
    assert "the database is away" in caplog.text


def test_the_pages_keep_their_own_errors(client):
    assert client.get("/nothing-here/")["Content-Type"] != "application/problem+json"


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
def test_an_idempotency_key_that_cannot_be_kept_is_told(caller, key):
    response = caller.post("reservations/1/cancel", **{"Idempotency-Key": key})
    assert fields(problem(response, 422)) == ["Idempotency-Key"]


def test_a_document_is_what_its_content_type_says(caller):
    assert json.loads(caller.get("nothing").content)["status"] == 404
