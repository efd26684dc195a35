"""Lines of the log about signing in."""

import pytest
from django.core.cache import cache

from organisations.models import ApiToken

PASSWORD = "correct horse battery"


@pytest.fixture
def said(caplog):
    caplog.set_level("INFO", "organisations.sign_in")
    cache.clear()
    return lambda: [(r.event, r.person, r.client) for r in caplog.records if r.name == "organisations.sign_in"]


def sign_in(client, address: str, password: str):
    return client.post("/account/login/", {"login": address, "password": password}, REMOTE_ADDR="192.0.2.7")


def test_who_signed_in_and_out_is_said_with_the_address_they_came_from(client, engineer, said):
    assert sign_in(client, engineer.email, PASSWORD).status_code == 302
    client.post("/account/logout/", REMOTE_ADDR="192.0.2.7")
    assert said() == [
        ("sign-in succeeded", engineer.pk, "192.0.2.7"),
        ("sign-in ended", engineer.pk, "192.0.2.7"),
    ]


def test_a_wrong_password_is_said_and_never_what_was_typed(client, engineer, said, caplog):
    sign_in(client, engineer.email.upper(), "a wrong password")
    sign_in(client, "my-password-by-mistake@example.org", "a wrong password")
    assert said() == [
        ("sign-in failed: wrong password", engineer.pk, "192.0.2.7"),
        ("sign-in failed: wrong password", None, "192.0.2.7"),
    ]
    assert "a wrong password" not in caplog.text
    assert "my-password-by-mistake" not in caplog.text


def test_that_there_were_too_many_tries_is_said(client, engineer, said):
    for _ in range(12):
        sign_in(client, engineer.email, "a wrong password")
    assert ("sign-in refused: too many tries", engineer.pk, "192.0.2.7") in said()


def test_a_token_that_does_not_hold_is_said_and_never_shown(client, engineer, said, caplog):
    _token, secret = ApiToken.issue(user=engineer)
    ApiToken.objects.update(revoked_at="2027-01-01T00:00Z")
    answer = client.get("/api/v1/me", headers={"authorization": f"Bearer {secret}"}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 401
    assert said() == [("sign-in failed: no valid token of the API", None, "192.0.2.7")]
    assert secret not in caplog.text
