"""Whoever guesses is stopped; nobody else is."""

from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone

from notifications.tasks import sweep_notifications
from organisations.models import SignInTry, User
from organisations.sign_in import limits as sign_in_limits
from tests.conftest import NOW

RIGHT = "correct horse battery"
SCHOOL, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings, db):
    settings.TRUSTED_PROXY_COUNT = 1
    settings.TRUSTED_PROXY_NETWORKS = [ip_network("127.0.0.0/8")]
    cache.clear()


@pytest.fixture
def engineer():
    return User.objects.create_user("engineer@example.org", RIGHT, name="Eva", language="en")


def try_to_sign_in(email, password, *, address, browser=None) -> bool:
    """Whether that password from that address lets in, in a new browser unless one is given."""
    browser = browser or Client()
    answer = browser.post(
        "/account/login/", {"login": email, "password": password}, headers={"X-Forwarded-For": address}
    )
    return answer.status_code == 302


def guess(email, *, address, times=10, browser=None):
    for number in range(times):
        assert not try_to_sign_in(email, f"wrong {number}", address=address, browser=browser)


def test_after_ten_wrong_passwords_the_right_one_no_longer_helps(engineer):
    guess(engineer.email, address=ELSEWHERE)
    assert not try_to_sign_in(engineer.email, RIGHT, address=ELSEWHERE)
    assert not try_to_sign_in(engineer.email.upper(), RIGHT, address=ELSEWHERE)


def test_after_ten_minutes_it_helps_again(engineer, monkeypatch):
    guess(engineer.email, address=ELSEWHERE, times=12)
    later = timezone.now() + sign_in_limits.WINDOW
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert try_to_sign_in(engineer.email, RIGHT, address=ELSEWHERE)
    assert not SignInTry.objects.exists()


def test_whoever_is_stopped_reads_what_to_do(client, engineer):
    guess(engineer.email, address=ELSEWHERE)
    given = {"login": engineer.email, "password": RIGHT}
    headers = {"X-Forwarded-For": ELSEWHERE, "Accept-Language": "en"}
    page = client.post("/account/login/", given, headers=headers).content.decode()
    assert "Wait ten minutes, or choose a new password" in page
    assert f'value="{engineer.email}"' in page


def test_guesses_from_elsewhere_do_not_shut_the_owner_out(engineer):
    guess(engineer.email, address=ELSEWHERE, times=12)
    assert try_to_sign_in(engineer.email, RIGHT, address=SCHOOL)


def test_a_made_up_forwarded_address_gives_no_new_tries(engineer):
    for number in range(10):
        try_to_sign_in(engineer.email, "wrong", address=f"192.0.2.{number}, {ELSEWHERE}")
    assert not try_to_sign_in(engineer.email, RIGHT, address=f"192.0.2.99, {ELSEWHERE}")


def test_guesses_at_the_same_address_do_not_shut_the_owner_out_of_a_browser_that_is_known(engineer):
    own = Client()
    assert try_to_sign_in(engineer.email, RIGHT, address=SCHOOL, browser=own)
    own.post("/account/logout/")
    guess(engineer.email, address=SCHOOL, times=12)
    assert not try_to_sign_in(engineer.email, RIGHT, address=SCHOOL)
    assert try_to_sign_in(engineer.email, RIGHT, address=SCHOOL, browser=own)


def test_a_known_browser_has_its_own_limit_and_none_for_others(engineer):
    other = User.objects.create_user("other@example.org", RIGHT, name="Olaf")
    own = Client()
    assert try_to_sign_in(engineer.email, RIGHT, address=SCHOOL, browser=own)
    own.post("/account/logout/")
    guess(engineer.email, address=ELSEWHERE, browser=own)
    assert not try_to_sign_in(engineer.email, RIGHT, address=ELSEWHERE, browser=own)
    guess(other.email, address=ELSEWHERE, browser=own)
    assert not try_to_sign_in(other.email, RIGHT, address=ELSEWHERE)


def test_a_cookie_that_somebody_wrote_makes_no_browser_known(engineer):
    own = Client()
    own.cookies["known_browser"] = f"0123456789abcdef:{engineer.pk}:made-up:signature"
    guess(engineer.email, address=ELSEWHERE)
    assert not try_to_sign_in(engineer.email, RIGHT, address=ELSEWHERE, browser=own)


def test_one_password_for_many_people_is_stopped_at_the_address_alone(engineer, monkeypatch):
    monkeypatch.setattr(sign_in_limits, "MOST_FROM_AN_ADDRESS", 30)
    for number in range(30):
        try_to_sign_in(f"person{number}@example.org", "Welkom01", address=ELSEWHERE)
    assert not try_to_sign_in(engineer.email, RIGHT, address=ELSEWHERE)
    assert try_to_sign_in(engineer.email, RIGHT, address=SCHOOL)


def test_a_class_that_mistypes_a_lot_gets_in(engineer):
    for number in range(60):
        try_to_sign_in(f"pupil{number}@example.org", "mistyped", address=SCHOOL)
        assert try_to_sign_in(engineer.email, RIGHT, address=SCHOOL)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_sign_in_at_once_from_one_address():
    people = [User(email=f"pupil{number}@example.org", name=f"Pupil {number}") for number in range(100)]
    for person in people:
        person.set_password(RIGHT)
    User.objects.bulk_create(people)
    ready = Barrier(12)  # as many as one machine serves at a time: three processes with four threads

    def sign_in(person) -> bool:
        if int(person.name.split()[1]) < 12:
            ready.wait(timeout=10)
        try:
            return try_to_sign_in(person.email, RIGHT, address=SCHOOL)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as browsers:
        assert all(browsers.map(sign_in, people))


def test_a_class_asks_for_new_passwords_at_once(client):
    for number in range(31):
        headers = {"X-Forwarded-For": SCHOOL}
        given = {"email": f"pupil{number}@example.org"}
        assert client.post("/account/password/reset/", given, headers=headers).status_code == 302


def test_whoever_asks_for_links_of_others_fills_no_mailbox_and_keeps_nobody_from_asking(client, engineer, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    for number in range(20):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        assert client.post("/account/password/reset/", {"email": engineer.email}, headers=headers).status_code == 302
        sweep_notifications()
    assert client.post("/account/password/reset/", {"email": engineer.email}).status_code == 302
    sweep_notifications()
    assert len(mail.outbox) == 1


def test_too_many_requests_of_one_address_are_refused_on_a_page_of_ours(client, db, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"reset_password": "2/10m/ip"}
    for number in range(3):
        given = {"email": f"pupil{number}@example.org"}
        answer = client.post("/account/password/reset/", given, headers={"Accept-Language": "en"})
    assert answer.status_code == 429
    assert "Wait ten minutes and try again" in answer.content.decode()


def test_a_new_password_by_mail_ends_the_wait(engineer):
    guess(engineer.email, address=SCHOOL)
    browser, headers = Client(), {"X-Forwarded-For": SCHOOL}
    browser.post("/account/password/reset/", {"email": engineer.email}, headers=headers)
    sweep_notifications()
    (link,) = [word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word]
    form = browser.get(urlsplit(link).path, headers=headers)
    new = {"password1": "a brand new one", "password2": "a brand new one"}
    assert browser.post(form["Location"], new, headers=headers).status_code == 302
    assert try_to_sign_in(engineer.email, "a brand new one", address=SCHOOL)


@pytest.mark.parametrize("spelled", ["ENGINEER@example.org", "engıneer@example.org", "engineer@EXAMPLE.org"])
def test_another_spelling_of_an_address_is_counted_with_it_or_is_nobodys(engineer, spelled):
    guess(engineer.email, address=SCHOOL)
    assert not try_to_sign_in(spelled, RIGHT, address=SCHOOL)


def test_the_spelling_of_a_mail_server_with_other_letters_signs_in(db):
    User.objects.create_user("jan@xn--mller-kva.example", RIGHT, name="Jan")
    assert try_to_sign_in("jan@müller.example", RIGHT, address=SCHOOL)
