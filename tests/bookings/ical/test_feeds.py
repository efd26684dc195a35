"""Calendars that people follow at a secret address, read as a calendar program reads them."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from bookings.models import Booking, CalendarFeed, Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book, cancel, move
from floor.services import check_in, check_out
from tests.conftest import NOW, wall


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def follow(client):
    """`follow(owner, of=…)` gives the entries by their summaries, and the answer."""

    def read(owner, **of):
        _feed, secret = CalendarFeed.issue(owner=owner, now=timezone.now(), **of)
        answer = client.get(f"/feeds/{secret}.ics")
        assert answer.status_code == 200
        return entries(answer), answer, f"/feeds/{secret}.ics"

    return read


def events(answer) -> list:
    return Calendar.from_ical(answer.content).events


def entries(answer) -> dict:
    return {str(event["SUMMARY"]): event for event in events(answer)}


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


def test_a_feed_is_the_same_byte_for_byte_and_an_entry_says_when_it_changed(
    client, follow, engineer, make_booking, monkeypatch
):
    booked = make_booking(("09:00", "10:00"), ("13:00", "14:00"))
    for model in (Booking, Reservation):  # the database keeps time by its own clock
        model.pgh_event_model.objects.update(pgh_created_at=wall("2026-01-05 09:00"))
    _found, answer, address = follow(engineer, of="mine")
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=5))
    assert client.get(address).content == answer.content
    move(reservation=booked.reservations[0], actor=engineer, now=NOW, start=wall("15:00"), end=wall("16:00"))
    before, after = (
        {e["UID"]: (e["DTSTAMP"].dt, e["LAST-MODIFIED"].dt) for e in events(read)}
        for read in (answer, client.get(address))
    )
    moved, left = (f"reservation-{reservation.pk}@127.0.0.1" for reservation in booked.reservations)
    assert before[left] == after[left] == (wall("2026-01-05 09:00"), wall("2026-01-05 09:00"))
    assert after[moved] > before[moved]


def test_head_says_what_get_says_and_a_long_file_comes_packed(client, follow, engineer, make_booking):
    make_booking(*((f"{hour:02}:00", f"{hour:02}:30") for hour in range(9, 17)))
    _found, answer, address = follow(engineer, of="mine")
    head = client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head[name] for name in ("ETag", "Last-Modified", "Content-Type")} == {
        name: answer[name] for name in ("ETag", "Last-Modified", "Content-Type")
    }
    assert client.head(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == answer.content
    assert len(packed.content) < len(answer.content) / 3
    again = client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]})
    assert again.status_code == 304


def test_only_ones_own_bookings_make_one_busy(follow, engineer, org_manager, printer, verhagen, make_reservation):
    make_reservation(booker=org_manager)
    busy = {
        of["of"]: {str(event.get("TRANSP", "OPAQUE")) for event in follow(org_manager, **of)[0].values()}
        for of in (
            {"of": "mine"},
            {"of": "organisation", "organisation": verhagen},
            {"of": "machine", "equipment": printer},
            {"of": "floor"},
        )
    }
    assert busy.pop("mine") == {"OPAQUE"}
    assert set(map(frozenset, busy.values())) == {frozenset({"TRANSPARENT"})}
    [seen] = follow(engineer, of="floor")[0].values()
    assert seen["TRANSP"] == "TRANSPARENT"


def test_a_feed_keeps_a_school_year_and_reaches_to_the_horizon(
    client, follow, engineer, other_engineer, printer, make_reservation, monkeypatch
):
    visit = make_reservation()
    check_in(reservation=visit, actor=engineer, now=wall("09:00"))
    check_out(reservation=visit, actor=engineer, now=wall("11:00"))
    late = NOW + printer.policy.horizon - timedelta(days=1)
    last = late.replace(hour=9)
    make_reservation(last.strftime("%Y-%m-%d 09:00"), last.strftime("%Y-%m-%d 10:00"), title="Far")
    read = []
    for later in (timedelta(days=8), timedelta(days=364), timedelta(days=371)):
        monkeypatch.setattr(timezone, "now", lambda later=later: NOW + later)
        answers = follow(engineer, of="mine"), follow(other_engineer, of="machine", equipment=printer)
        read.append([len(events(answer)) for _found, answer, _address in answers])
    assert read == [[2, 2], [2, 2], [1, 1]]


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
    requested_slot = RequestedSlot(wall("10:00"), wall("11:00"), printer)
    book(
        booker=other_engineer, organisation=kempen, purpose=purpose, requested_slots=[requested_slot], now=wall("09:25")
    )
    found, _answer, _address = follow(engineer, of="machine", equipment=printer)
    assert found["FDM-01 occupied"]["DTSTART"].dt == wall("09:45")
