"""The description of the API for programs: right by the rules of others, and true."""

import json

import pytest
from django.test import Client
from openapi_spec_validator import validate

from tests.api_caller import Caller, make_person
from tests.node import run_node

RULES = '{"extends": ["spectral:oas"]}'


@pytest.fixture(scope="module")
def text() -> str:
    return Client().get("/api/v1/openapi.json").content.decode()


@pytest.fixture
def description(text) -> dict:
    return json.loads(text)


@pytest.fixture
def calls(description) -> list[tuple[str, dict]]:
    return [(method, call) for path in description["paths"].values() for method, call in path.items()]


def resolved(description: dict, one: dict) -> dict:
    """What a reference refers to, or the thing itself."""
    for step in one.get("$ref", "#").split("/")[1:]:
        description = description[step]
    return description if "$ref" in one else one


def test_it_is_openapi_by_the_official_rules(description):
    assert description["openapi"].startswith("3.1.")
    validate(description)


def test_spectral_finds_nothing_to_say(text, tmp_path):
    (tmp_path / "openapi.json").write_text(text)
    (tmp_path / "rules.json").write_text(RULES)
    said = run_node(
        "@stoplight/spectral-cli/dist/index.js",
        *("lint", "openapi.json", "--ruleset", "rules.json", "--fail-severity", "hint"),
        cwd=tmp_path,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "No results" in said.stdout


def test_it_says_where_the_api_is_and_whom_it_belongs_to(description, settings):
    assert [server["url"] for server in description["servers"]] == [settings.SITE_URL]
    assert description["info"]["license"]["identifier"] == "EUPL-1.2"


def test_each_call_has_a_name_of_its_own_and_a_tag_that_is_explained(description, calls):
    names = [call["operationId"] for _method, call in calls]
    assert len(set(names)) == len(names) == 17
    assert {tag for _method, call in calls for tag in call["tags"]} == {tag["name"] for tag in description["tags"]}


def test_each_post_takes_an_idempotency_key_and_may_answer_again(description, calls):
    for method, call in calls:
        parameters = {resolved(description, each)["name"] for each in call["parameters"]}
        answers = [answer for status, answer in call["responses"].items() if status < "300"]
        again = ["Idempotent-Replayed" in answer["headers"] for answer in answers]
        assert ("Idempotency-Key" in parameters, all(again), any(again)) == ((method == "post",) * 3)


def test_each_answer_has_the_headers_of_the_limits_and_errors_say_when_to_try_again(description, calls):
    for _method, call in calls:
        for status, answer in call["responses"].items():
            answer = resolved(description, answer)
            assert {"RateLimit", "RateLimit-Policy"} <= set(answer["headers"])
            assert ("Retry-After" in answer["headers"]) == (status in ("429", "503"))
            assert set(answer["content"]) == {"application/json" if status < "300" else "application/problem+json"}


def test_each_call_tells_the_errors_that_everybody_may_meet(calls):
    for method, call in calls:
        assert {"401", "403", "422", "429", "500", "503"} <= set(call["responses"])
        assert ("409" in call["responses"]) == (method != "get")


@pytest.mark.django_db
def test_the_headers_are_those_that_answers_have(description):
    answer = Caller(make_person("eva@example.org")).get("me")
    told = description["paths"]["/api/v1/me"]["get"]["responses"]["200"]["headers"]
    assert set(told) <= set(answer.headers)


def test_it_is_told_without_asking_anything_of_the_database(text):
    """The fixture asked as a stranger, and this test has no database."""
    assert json.loads(text)["info"]["title"] == "BIC Atrium"
