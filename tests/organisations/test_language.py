"""One reader, one language: what a Dutch reader with an English browser is told, and the other way around."""

import json

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from organisations.models import ApiToken, User
from tests.api_caller import next_monday

OTHER = {"nl": "en", "en": "nl"}
NOT_THERE, PASSED = "Page not found", "That time has passed."


@pytest.fixture(params=["nl", "en"])
def language(request):
    return request.param


@pytest.fixture
def reader(engineer, language) -> User:
    User.objects.filter(pk=engineer.pk).update(language=language)
    engineer.refresh_from_db()
    return engineer


@pytest.fixture
def browser(reader, language) -> Client:
    """Signed in as the reader, and asking for the other language."""
    client = Client(headers={"Accept-Language": OTHER[language]}, raise_request_exception=False)
    client.force_login(reader)
    return client


def spoken(response) -> str:
    return response["Content-Language"]


def said_in(language: str, text: str) -> str:
    with translation.override(language):
        return gettext(text)


def book_the_past(client: Client):
    start = next_monday(weeks=-2)
    requested_slot = {"equipment": "FDM-01", "start": start.isoformat(), "end": start.replace(hour=10).isoformat()}
    body = json.dumps({"organisation": "verhagen", "reservations": [requested_slot]})
    return client.post("/api/v1/bookings?dry_run=true", body, content_type="application/json")


def test_a_refusal_while_dragging_is_in_the_language_of_the_page(browser, printer, language):
    answer = book_the_past(browser)
    assert answer.status_code == 409
    assert spoken(answer) == language
    assert said_in(language, PASSED) in answer.json()["detail"]


@pytest.mark.parametrize("address", ["/nothing-here/", "/machines/NO-99/"])
def test_so_is_a_page_that_is_not_there(browser, address, language):
    answer = browser.get(address)
    assert answer.status_code == 404
    assert said_in(language, NOT_THERE) in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/"),
        ("get", "/desk/"),
        ("get", "/machines/FDM-01/week.json"),
        ("get", "/api/v1/me"),
        ("get", "/api/v1/equipment?typ=x"),
        ("get", "/api/v1/nothing"),
        ("post", "/api/v1/me"),
        ("post", "/api/v1/bookings"),
    ],
)
def test_every_kind_of_answer_is_in_the_readers_language(browser, printer, method, address, language):
    assert spoken(getattr(browser, method)(address)) == language


def test_so_is_the_page_of_a_form_that_was_too_old(reader, language):
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": OTHER[language]})
    client.force_login(reader)
    answer = client.post("/language/")
    assert (answer.status_code, spoken(answer)) == (403, language)
    assert f'lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize(("method", "address"), [("get", "me"), ("get", "nothing"), ("post", "me")])
def test_a_token_without_a_language_speaks_that_of_its_person(reader, method, address, language):
    headers = {"Authorization": f"Bearer {ApiToken.issue(user=reader)[1]}"}
    answer = getattr(Client(headers=headers), method)(f"/api/v1/{address}")
    assert spoken(answer) == language
    assert "django_language" not in answer.cookies


def test_who_must_first_set_up_two_steps_hears_of_an_unknown_address_all_the_same(facility_manager, settings):
    settings.SECOND_FACTOR_FOR = frozenset({"facility manager"})
    headers = {"Authorization": f"Bearer {ApiToken.issue(user=facility_manager)[1]}"}
    assert Client(headers=headers).get("/api/v1/me").status_code == 403
    assert Client(headers=headers).get("/api/v1/nothing").status_code == 404


def test_signing_in_and_out_stays_in_one_language(reader, language):
    client = Client(headers={"Accept-Language": OTHER[language]})
    password = {"login": reader.email, "password": "correct horse battery"}
    first = client.post("/account/login/", password, follow=True)
    assert spoken(first) == language
    assert not list(first.context["messages"])  # nothing said before it was known who reads
    out = client.post("/account/logout/", follow=True)
    assert out.request["PATH_INFO"] == "/account/login/"
    assert spoken(out) == language
    assert list(out.context["messages"])


def test_who_was_signed_out_meanwhile_is_asked_in_the_same_language(browser, printer, language):
    browser.get("/")
    browser.logout()  # the server forgets the session; the test client its cookies
    browser.cookies["django_language"] = language
    assert spoken(browser.get("/machines/FDM-01/week.json")) == language
    assert spoken(book_the_past(browser)) == language


def test_choosing_another_language_is_not_overruled(browser, reader, language):
    answer = browser.post("/language/", {"language": OTHER[language]}, follow=True)
    assert spoken(answer) == OTHER[language]
    assert browser.cookies["django_language"].value == OTHER[language]
