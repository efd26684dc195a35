"""API tokens and calendar addresses end: on their day, with the password, and before there are too many."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from bookings.models import CalendarFeed
from notifications.accounts.writing import notify_of_ending_keys
from notifications.models import Notification
from notifications.types import letter_for
from organisations.keys import A_YEAR, MOST_KEYS, TooManyKeys, end_keys
from organisations.models import ApiToken
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_a_token_works_through_its_last_day_of_the_atrium(engineer):
    token, secret = ApiToken.issue(user=engineer, term=timedelta(days=30), now=NOW)
    assert token.last_day == date(2027, 3, 26)
    midnight = NOW.replace(month=3, day=27, hour=0)
    assert ApiToken.objects.matching(secret, midnight - timedelta(seconds=1)).exists()
    assert not ApiToken.objects.matching(secret, midnight).exists()


def test_a_calendar_address_does_too(client, engineer):
    _feed, secret = CalendarFeed.issue(owner=engineer, of="mine", now=timezone.now())
    assert client.get(f"/feeds/{secret}.ics").status_code == 200
    CalendarFeed.objects.update(last_day=timezone.localdate() - DAY)
    assert client.get(f"/feeds/{secret}.ics").status_code == 404


def test_the_api_lets_nobody_in_after_it(client, engineer):
    _token, secret = ApiToken.issue(user=engineer)
    call = {"path": "/api/v1/me", "headers": {"Authorization": f"Bearer {secret}"}}
    assert client.get(**call).status_code == 200
    ApiToken.objects.update(last_day=timezone.localdate() - DAY)
    assert client.get(**call).status_code == 401


def test_a_row_that_names_no_day_works_for_a_year(engineer):
    """As those that were there before, and those that a page of the last version still makes."""
    token = ApiToken.objects.create(user=engineer, digest="x")
    assert abs(token.last_day - timezone.localdate() - A_YEAR) <= DAY


class TestTheirPages:
    def test_one_chooses_how_long_and_sees_until_when(self, client, engineer):
        client.force_login(engineer)
        client.post("/me/tokens/", {"name": "Planner", "days": "30"})
        client.post("/me/feeds/", {"of": "mine", "days": "90"})
        client.post("/me/feeds/", {"of": "floor"})
        today = timezone.localdate()
        assert ApiToken.objects.get().last_day == today + 30 * DAY
        assert set(CalendarFeed.objects.values_list("last_day", flat=True)) == {today + 90 * DAY, today + A_YEAR}
        assert f"{today + 30 * DAY:%d-%m-%Y}" in client.get("/me/").content.decode()
        assert f"{today + 90 * DAY:%d-%m-%Y}" in client.get("/me/feeds/").content.decode()

    def test_what_is_over_is_extended_under_the_same_secret(self, client, engineer):
        client.force_login(engineer)
        _token, secret = ApiToken.issue(user=engineer, now=timezone.now() - 2 * A_YEAR)
        feed, _secret = CalendarFeed.issue(owner=engineer, of="mine", now=timezone.now() - 2 * A_YEAR)
        assert "ended" in client.get("/me/").content.decode()
        client.post(f"/me/tokens/{ApiToken.objects.get().pk}/extend/")
        client.post(f"/me/feeds/{feed.pk}/extend/")
        assert ApiToken.objects.matching(secret).exists()
        assert CalendarFeed.objects.working(timezone.now()).exists()

    def test_what_is_revoked_or_somebody_else_s_is_not(self, client, engineer, other_engineer):
        token, _secret = ApiToken.issue(user=engineer)
        feed, _secret = CalendarFeed.issue(owner=engineer, of="mine", now=NOW)
        addresses = (f"/me/tokens/{token.pk}/extend/", f"/me/feeds/{feed.pk}/extend/")
        client.force_login(other_engineer)
        assert [client.post(address).status_code for address in addresses] == [404, 404]
        end_keys(engineer, now=NOW)
        client.force_login(engineer)
        assert [client.post(address).status_code for address in addresses] == [404, 404]

    def test_nobody_has_more_than_so_many_and_hears_what_to_do(self, client, engineer):
        client.force_login(engineer)
        for _number in range(MOST_KEYS):
            ApiToken.issue(user=engineer)
            CalendarFeed.issue(owner=engineer, of="mine", now=NOW)
        said = client.post("/me/tokens/", {"name": "One more"}, follow=True).content.decode()
        assert f"You have {MOST_KEYS} already. Revoke one" in said
        assert 'id="token-name"' not in said
        refused = client.post("/me/feeds/", {"of": "floor", "days": "30"})
        assert (refused.status_code, f"You have {MOST_KEYS} already" in refused.content.decode()) == (422, True)
        with pytest.raises(CommandError, match="Revoke one"):
            call_command("api_token", engineer.email)
        assert ApiToken.objects.count() == CalendarFeed.objects.count() == MOST_KEYS


@pytest.mark.django_db(transaction=True)
def test_nor_with_many_browsers_at_once(engineer):
    for _number in range(MOST_KEYS - 1):
        ApiToken.issue(user=engineer)
    barrier = Barrier(8)

    def one_more(_number) -> bool:
        try:
            barrier.wait()
            ApiToken.issue(user=engineer)
        except TooManyKeys:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as browsers:
        assert sum(browsers.map(one_more, range(8))) == 1
    assert ApiToken.objects.count() == MOST_KEYS


class TestToldAhead:
    @pytest.fixture
    def told(self, engineer):
        def told(now) -> list[str]:
            notify_of_ending_keys(now=now)
            letters = (
                letter_for(notification, now=now)
                for notification in Notification.objects.filter(kind="key_ending").order_by("pk")
            )
            return sorted(letter.subject for letter in letters if letter)

        return told

    def test_two_weeks_before_and_once(self, engineer, told):
        ApiToken.issue(user=engineer, name="Planner", now=NOW, term=timedelta(days=30))
        CalendarFeed.issue(owner=engineer, of="mine", now=NOW, term=timedelta(days=30))
        assert told(NOW + 15 * DAY) == []
        expected = [
            "A calendar link of yours ends on 26 March 2027: my reservations",
            "An API token of yours ends on 26 March 2027: Planner",
        ]
        assert told(NOW + 16 * DAY) == expected
        assert told(NOW + 17 * DAY) == expected
        assert Notification.objects.count() == 2

    def test_not_of_what_was_extended_or_revoked_meanwhile_but_of_its_new_end(self, engineer, told):
        ApiToken.issue(user=engineer, name="Planner", now=NOW, term=timedelta(days=30))
        CalendarFeed.issue(owner=engineer, of="mine", now=NOW, term=timedelta(days=30))
        assert len(told(NOW + 20 * DAY)) == 2
        ApiToken.objects.all().extend(A_YEAR, NOW + 20 * DAY)
        CalendarFeed.objects.all().end(NOW + 20 * DAY)
        assert told(NOW + 20 * DAY) == []
        later = NOW + 20 * DAY + A_YEAR - 14 * DAY
        assert len(told(later)) == 1

    def test_nobody_who_may_not_sign_in(self, engineer, told):
        ApiToken.issue(user=engineer, now=NOW, term=timedelta(days=30))
        type(engineer).objects.update(is_active=False)
        assert told(NOW + 20 * DAY) == []
