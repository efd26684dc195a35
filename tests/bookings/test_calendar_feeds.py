"""Calendars that people follow at a secret address, read as a calendar program reads them."""

from datetime import timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from bookings.models import CalendarFeed
from bookings.planning import Wish
from bookings.services import book, cancel, check_in, check_out
from tests.conftest import NOW, wall


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def follow(client):
    """`follow(owner, of=…)` gives the entries by their summaries, and the answer."""

    def read(owner, **of):
        _feed, secret = CalendarFeed.issue(owner=owner, now=NOW, **of)
        answer = client.get(f"/feeds/{secret}.ics")
        assert answer.status_code == 200
        return entries(answer), answer, f"/feeds/{secret}.ics"

    return read


def entries(answer) -> dict:
    return {str(event["SUMMARY"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_ones_own_bookings_stand_there_at_their_time(follow, engineer, make_reservation):
    make_reservation(title="Housing")
    found, _answer, _address = follow(engineer, of="mine")
    [event] = found.values()
    assert event["SUMMARY"] == "FDM-01 Housing"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (wall("09:00"), wall("11:00"))


def test_of_others_a_machine_says_only_that_it_is_occupied(
    follow, engineer, printer, make_reservation, make_booking, other_engineer, kempen
):
    make_reservation(title="Housing")
    make_booking(("13:00", "15:00"), booker=other_engineer, organisation=kempen, title="Secret")
    for of in ({"of": "machine", "equipment": printer}, {"of": "floor"}):
        found, answer, _address = follow(engineer, **of)
        assert set(found) == {"FDM-01 Housing", "FDM-01 occupied"}
        assert found["FDM-01 occupied"]["DTSTART"].dt == wall("12:45")
        assert b"Secret" not in answer.content
        assert b"Kempen" not in answer.content


def test_an_organisation_is_followed_as_far_as_one_may_see(follow, engineer, org_manager, verhagen, make_reservation):
    make_reservation(booker=org_manager, title="Of the manager")
    assert set(follow(org_manager, of="organisation", organisation=verhagen)[0]) == {"FDM-01 Of the manager"}
    assert not follow(engineer, of="organisation", organisation=verhagen)[0]


def test_a_calendar_that_asks_again_hears_that_nothing_changed(client, follow, engineer, make_reservation, monkeypatch):
    visit = make_reservation()
    _found, first, address = follow(engineer, of="mine")
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    since = client.get(address, headers={"If-Modified-Since": first["Last-Modified"]})
    assert since.status_code == 304
    cancel(reservation=visit, actor=engineer, now=NOW)
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["Last-Modified"] != first["Last-Modified"]
    assert not entries(changed)


def test_who_may_no_longer_sign_in_and_what_was_revoked_is_not_found(client, follow, engineer):
    _found, _answer, address = follow(engineer, of="mine")
    engineer.is_active = False
    engineer.save()
    assert client.get(address).status_code == 404
    assert client.get("/feeds/guessed.ics").status_code == 404


def test_an_address_is_made_shown_once_and_revoked(client, engineer, printer):
    client.force_login(engineer)
    page = client.post("/me/feeds/", {"of": "machine:FDM-01"}).content.decode()
    address = page.split('class="secret">')[1].split("<")[0]
    assert client.get(address).status_code == 200
    assert address not in client.get("/me/feeds/").content.decode()
    [feed] = CalendarFeed.objects.all()
    assert "no longer works" in client.post(f"/me/feeds/{feed.pk}/revoke/", follow=True).content.decode()
    assert client.get(address).status_code == 404


def test_nobody_follows_an_organisation_of_others(client, engineer, kempen):
    client.force_login(engineer)
    assert client.post("/me/feeds/", {"of": "organisation:kempen"}).status_code == 422
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("visits", [1, 3])
def test_a_feed_costs_the_same_however_much_it_holds(
    client, engineer, make_reservation, printer, visits, django_assert_num_queries
):
    for number in range(visits):
        make_reservation(f"{9 + 2 * number:02}:00", f"{10 + 2 * number:02}:00")
    _feed, secret = CalendarFeed.issue(owner=engineer, now=NOW, of="floor")
    with django_assert_num_queries(6):
        client.get(f"/feeds/{secret}.ics")


def test_what_others_took_after_one_left_early_stands_in_the_feed(
    follow, engineer, other_engineer, kempen, purpose, printer, make_reservation
):
    visit = make_reservation(title="Housing")
    check_in(reservation=visit, actor=engineer, now=wall("09:00"))
    check_out(reservation=visit, actor=engineer, now=wall("09:20"))
    wish = Wish(wall("10:00"), wall("11:00"), printer)
    book(booker=other_engineer, organisation=kempen, purpose=purpose, wishes=[wish], now=wall("09:25"))
    found, _answer, _address = follow(engineer, of="machine", equipment=printer)
    assert found["FDM-01 occupied"]["DTSTART"].dt == wall("09:45")
