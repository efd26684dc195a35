"""How many requests the API answers: counted in a real Redis, told in headers, forgiving while Redis is away."""

import socketserver
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from bic.api import rate_limits
from organisations.models import User
from tests.api_caller import Caller, problem

pytestmark = pytest.mark.django_db
A_DAY = 24 * 60 * 60  # so that no test meets the end of a window


@pytest.fixture(autouse=True)
def _nothing_counted_yet():
    """Of this test database: another test process may count in the same Redis."""
    rate_limits._away_until = 0.0
    store = rate_limits._redis()
    for key in store.scan_iter(f"{rate_limits._site()}:*"):
        store.delete(key)


@pytest.fixture
def limits(settings):
    def set_limits(**quotas):
        settings.API_RATE_LIMITS = {name: (quotas.get(name, 0), A_DAY) for name in ("token", "person", "address")}

    return set_limits


@pytest.fixture
def person():
    return User.objects.create_user("eva@example.org", "a password", name="Eva", language="en")


def statuses(caller, times):
    return [caller.get("me").status_code for _time in range(times)]


def test_each_answer_says_what_is_left(person, limits):
    limits(token=3, person=10)
    caller = Caller(person)
    caller.get("me")
    answer = caller.get("me")
    assert answer["RateLimit-Policy"] == f'"token";q=3;w={A_DAY}, "person";q=10;w={A_DAY}'
    token, _person = answer["RateLimit"].split(", ")
    assert token.startswith('"token";r=1;t=')
    assert 0 < int(token.rpartition("=")[2]) <= A_DAY
    assert "Retry-After" not in answer


def test_what_is_too_much_is_refused_with_when_to_go_on(person, limits):
    limits(token=2)
    caller = Caller(person)
    assert statuses(caller, 2) == [200, 200]
    answer = caller.post("bookings", {"organisation": "verhagen"})
    assert "Retry-After" in problem(answer, 429)["detail"]
    assert 0 < int(answer["Retry-After"]) <= A_DAY
    assert answer["RateLimit"].startswith('"token";r=0')


def test_it_is_said_in_the_readers_language(person, limits):
    limits(person=1)
    User.objects.update(language="nl")
    caller = Caller(person)
    caller.get("me")
    document = problem(caller.get("me"), 429)
    assert (document["title"], document["detail"][:15]) == ("Te veel verzoeken", "Te veel verzoek")


def test_one_token_does_not_use_up_another_and_a_person_all_of_theirs(person, limits):
    limits(token=2, person=3)
    one, other = Caller(person), Caller(person)
    assert statuses(one, 3) == [200, 200, 429]
    assert statuses(other, 1) == [429]  # the person's fourth


def test_the_browser_counts_for_its_person(person, client, limits):
    limits(person=2, token=1)
    client.force_login(person)
    assert [client.get("/api/v1/me").status_code for _time in range(3)] == [200, 200, 429]


def test_nobody_is_held_back_by_others(person, limits):
    limits(person=1, token=1)
    statuses(Caller(person), 2)
    assert statuses(Caller(User.objects.create_user("lin@example.org", "x", name="Lin")), 1) == [200]


def test_who_guesses_tokens_is_stopped_and_a_good_token_from_there_is_not(person, limits):
    limits(address=2)
    guesser = Caller(Authorization="Bearer bic_guess")
    assert statuses(guesser, 3) == [401, 401, 429]
    assert "Retry-After" in guesser.get("me")
    assert statuses(Caller(), 1) == [429]
    assert statuses(Caller(person), 3) == [200, 200, 200]


def test_a_window_later_all_of_it_is_to_be_had_again(limits):
    limits(person=1)
    now = timezone.now()

    def exceeded(later):
        return [each.exceeded for each in rate_limits.count([("person", 1)], now=now + later)]

    assert exceeded(timedelta()) == [False]
    assert exceeded(timedelta()) == [True]
    assert exceeded(timedelta(days=1)) == [False]


def test_no_request_is_lost_between_processes_that_count_at_once(limits):
    limits(person=50)
    now, allowed = timezone.now(), []

    def ask():
        for _time in range(10):
            allowed.extend(not each.exceeded for each in rate_limits.count([("person", 1)], now=now))

    site = rate_limits._site()
    threads = [threading.Thread(target=ask) for _number in range(10)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rate_limits, "_site", lambda: site)  # of the test's database, from every thread
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (allowed.count(True), allowed.count(False)) == (50, 50)


def test_while_redis_is_away_nobody_is_held_back_and_it_is_not_waited_for(person, limits, settings, caplog):
    limits(person=1, token=1, address=1)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # where nothing listens
    rate_limits._redis.cache_clear()
    try:
        caller = Caller(person)
        assert statuses(caller, 3) == [200, 200, 200]
        assert "RateLimit" not in caller.get("me")
        assert statuses(Caller(), 3) == [401, 401, 401]
        assert caplog.text.count("Requests are not counted") == 1  # once, and then left alone for a while
    finally:
        rate_limits._redis.cache_clear()
        rate_limits._away_until = 0.0


class ClosesWhatIsBeingMade(socketserver.StreamRequestHandler):
    """A Redis that greets a new connection; what it asks next is not answered, and our own side closes meanwhile."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            if line.strip() == b"HELLO":
                self.wfile.write(b"%1\r\n$5\r\nproto\r\n:3\r\n")
            elif line.strip() == b"CLIENT":
                rate_limits._redis().connection_pool.disconnect(inuse_connections=True)


def test_a_connection_that_closes_while_it_is_waited_for_holds_nobody_back(person, limits, settings, caplog):
    """redis-py tells it as a ValueError about a closed file, or as an AttributeError of a buffer that is gone."""
    limits(person=1, token=1, address=1)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), ClosesWhatIsBeingMade) as server:
        server.daemon_threads = True  # a connection that is still open does not keep the test waiting
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.REDIS_URL = f"redis://127.0.0.1:{server.server_address[1]}/0"
        rate_limits._redis.cache_clear()
        try:
            assert statuses(Caller(person), 3) == [200, 200, 200]
            assert caplog.text.count("Requests are not counted") == 1
        finally:
            server.shutdown()
            rate_limits._redis.cache_clear()
            rate_limits._away_until = 0.0


def test_the_numbers_are_those_of_the_docs_and_leave_a_planner_room(settings):
    assert settings.API_RATE_LIMITS == {"token": (300, 60), "person": (600, 60), "address": (60, 60)}
