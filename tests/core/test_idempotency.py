"""A `POST` with an `Idempotency-Key` is done once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from bookings.models import Booking
from core.idempotency import claim, forget_old_keys
from core.models import IdempotencyKey
from core.tasks import forget_old_idempotency_keys
from tests.api_caller import Caller, problem
from tests.conftest import NOW, wall

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    """The API reads the clock; here it stands at the moment that the makers book for."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def caller(engineer):
    return Caller(engineer)


def asked(start="09:00", end="11:00", **changes):
    requested_slot = {"equipment": "FDM-01", "start": wall(start).isoformat(), "end": wall(end).isoformat()}
    return {"organisation": "verhagen", "purpose": "trial-production", "reservations": [requested_slot]} | changes


@pytest.mark.django_db
def test_the_same_request_gets_the_same_answer_and_books_once(caller, printer):
    first = caller.post("bookings", asked(), **KEY)
    again = caller.post("bookings", asked(), **KEY)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert again["Content-Type"] == first["Content-Type"]
    assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_without_a_key_nothing_is_kept(caller, printer):
    assert caller.post("bookings", asked()).status_code == 201
    problem(caller.post("bookings", asked()), 409)
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db
def test_a_refusal_is_given_again_also_when_it_would_no_longer_be_one(caller, make_booking):
    taken = make_booking(("09:00", "11:00")).reservations[0]
    first = caller.post("bookings", asked(), **KEY)
    caller.post(f"reservations/{taken.pk}/cancel")
    again = caller.post("bookings", asked(), **KEY)
    problem(again, 409)
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["bookings", "bookings?dry_run=true"])
def test_the_same_key_with_another_request_is_refused(caller, printer, address):
    caller.post("bookings", asked(), **KEY)
    document = problem(caller.post(address, asked(title="another"), **KEY), 422)
    assert document["type"].endswith("/idempotency-key-reused")
    assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_another_address_is_another_request(caller, printer):
    caller.post("bookings?dry_run=true", asked(), **KEY)
    problem(caller.post("bookings", asked(), **KEY), 422)


@pytest.mark.django_db
def test_a_key_is_one_s_own(caller, printer, other_engineer, kempen):
    caller.post("bookings", asked(), **KEY)
    theirs = Caller(other_engineer).post("bookings", asked("13:00", "14:00", organisation="kempen"), **KEY)
    assert theirs.status_code == 201
    assert Booking.objects.count() == 2


@pytest.mark.django_db
def test_cancelling_takes_a_key_too(caller, make_reservation):
    address = f"reservations/{make_reservation('09:00', '11:00').pk}/cancel"
    first = caller.post(address, **KEY)
    again = caller.post(address, **KEY)
    assert first.status_code == again.status_code == 200
    assert first.content == again.content


@pytest.mark.django_db
def test_what_was_not_right_leaves_the_key_free(caller, printer):
    problem(caller.post("bookings", asked(purpose="smuggling"), **KEY), 422)
    assert caller.post("bookings", asked(), **KEY).status_code == 201


@pytest.mark.django_db
def test_an_error_of_ours_is_not_kept_and_leaves_nothing_behind(caller, printer, monkeypatch, caplog):
    with monkeypatch.context() as broken:
        broken.setattr("core.idempotency.keep", lambda *_args, **_fields: 1 / 0)
        problem(caller.post("bookings", asked(), **KEY), 500)
    assert not Booking.objects.exists()
    again = caller.post("bookings", asked(), **KEY)
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_books_once(engineer, printer):
    caller = Caller(engineer)
    caller.get("me")
    start, answers = Barrier(2), []

    def post():
        start.wait()
        try:
            answers.append(Caller(**caller.headers).post("bookings", asked(), **KEY))
        finally:
            connection.close()

    threads = [Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert sorted("Idempotent-Replayed" in answer for answer in answers) == [False, True]
    assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_keys_are_forgotten_after_a_week(engineer):
    for key, age in (("old", timedelta(days=7, seconds=1)), ("young", timedelta(days=6))):
        claim(user=engineer, key=key, request=[b"POST"], now=NOW - age)
    assert forget_old_keys(now=NOW) == 1
    assert IdempotencyKey.objects.get().key == "young"


@pytest.mark.django_db
def test_the_nightly_task_forgets(engineer):
    claim(user=engineer, key="old", request=[b"POST"], now=NOW - timedelta(days=8))
    assert forget_old_idempotency_keys() == 1
