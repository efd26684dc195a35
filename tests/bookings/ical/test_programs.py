"""Calendar files read by programs that did not write them: ical.js (Thunderbird), vobject (Radicale) and icalendar,
over both changes of the clock."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
import vobject
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bookings.ical.entries import invitation
from bookings.ical.lines import calendar_file, person, text
from bookings.models import CalendarFeed, Reservation
from bookings.scheduling.placement import RequestedSlot
from tests.conftest import NOW, wall
from tests.node import node_here

SCRIPT = Path(__file__).with_name("read_calendar.mjs")
HOUR = timedelta(hours=1)
# In October's double hour both ends read 02:30 on the wall.
DOUBLE_HOUR = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
TIMES = [
    (wall("2027-03-26 09:00"), wall("2027-03-26 11:00")),
    (wall("2027-03-28 01:30"), wall("2027-03-28 03:30")),
    (wall("2027-03-29 09:00"), wall("2027-03-29 11:00")),
    (wall("2027-10-29 09:00"), wall("2027-10-29 11:00")),
    (DOUBLE_HOUR, DOUBLE_HOUR + HOUR),
    (wall("2027-11-01 09:00"), wall("2027-11-01 11:00")),
]


def read_by_icalendar(content: bytes) -> list:
    return [(str(e["UID"]), e.start, e.end, e["ORGANIZER"]) for e in icalendar.Calendar.from_ical(content).events]


def read_by_vobject(content: bytes) -> list:
    events = vobject.readOne(content.decode()).vevent_list
    return [(e.uid.value, e.dtstart.value, e.dtend.value, e.organizer.value) for e in events]


def read_by_ical_js(content: bytes) -> list:
    found = asked_of_ical_js(content)
    assert found["others"] == []
    return [
        (uid, datetime.fromisoformat(start), datetime.fromisoformat(end), organizer)
        for uid, start, end, organizer in found["entries"]
    ]


def asked_of_ical_js(content: bytes) -> dict:
    node = node_here() or pytest.skip("no Node is installed; run: make prepare")
    done = subprocess.run([node, SCRIPT], input=content, capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    settings.DEFAULT_FROM_EMAIL = "BIC Atrium <booking@atrium.example>"


@pytest.fixture
def booked(make_equipment, make_booking) -> list[Reservation]:
    """One booking over both changes of the clock, on a machine that is always open."""
    machine = make_equipment("FDM-24", opening_hours=None)
    return make_booking(*(RequestedSlot(start, end, machine) for start, end in TIMES)).reservations


READERS = [read_by_icalendar, read_by_vobject, read_by_ical_js]


@pytest.mark.parametrize("read", READERS)
def test_every_program_reads_the_moments_that_were_booked(client, engineer, booked, read):
    _feed, secret = CalendarFeed.issue(owner=engineer, now=NOW, of="mine")
    client.force_login(engineer)
    feed = client.get(f"/feeds/{secret}.ics").content
    file = client.get(f"/bookings/{booked[0].booking.reference}/calendar.ics").content
    expected = [
        (f"reservation-{reservation.pk}@127.0.0.1", start, end, "mailto:booking@atrium.example")
        for reservation, (start, end) in zip(booked, TIMES, strict=True)
    ]
    assert read(feed) == read(file) == expected
    for reservation, entry in zip(booked, expected, strict=True):
        _method, sent = invitation(reservation, reader=engineer, now=NOW)
        assert read(sent) == [entry]
        assert b"VTIMEZONE" not in sent


@pytest.mark.parametrize("read", READERS)
def test_every_program_reads_when_others_occupy_a_machine(client, other_engineer, booked, read):
    machine = booked[0].equipment
    _feed, secret = CalendarFeed.issue(owner=other_engineer, now=NOW, of="machine", equipment=machine)
    entries = read(client.get(f"/feeds/{secret}.ics").content)
    around = timedelta(minutes=15)
    assert [(start, end) for _uid, start, end, _organizer in entries] == [
        (start - around, end + around) for start, end in TIMES
    ]


def test_a_program_knows_how_often_to_read_again(client, engineer, booked):
    _feed, secret = CalendarFeed.issue(owner=engineer, now=NOW, of="mine")
    content = client.get(f"/feeds/{secret}.ics").content
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT30M" in content
    assert asked_of_ical_js(content)["again"] == 30 * 60


def test_what_is_published_names_nobody_to_answer(client, engineer, booked):
    client.force_login(engineer)
    answer = client.get(f"/reservations/{booked[0].pk}/calendar.ics")
    [event] = icalendar.Calendar.from_ical(answer.content).events
    assert "ATTENDEE" not in event


# What a title may hold: all but surrogates. Programs differ in what they make of other controls than a line's end.
TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], include_characters="\n"))


@given(title=TITLES, name=TITLES)
def test_any_title_and_name_come_back_from_the_file(title, name):
    head, entry = [], ["UID:1", person("ORGANIZER", "a@example.org", name), f"SUMMARY:{text(title)}"]
    content = calendar_file(head, [entry])
    assert max(map(len, content.split(b"\r\n"))) <= 75
    [event] = icalendar.Calendar.from_ical(content).events
    assert event["SUMMARY"] == title
    assert event["ORGANIZER"] == "mailto:a@example.org"
    assert vobject.readOne(content.decode()).vevent.summary.value == title


def test_what_no_text_may_hold_is_left_out():
    content = calendar_file([], [["UID:1", f"SUMMARY:{text('a' + chr(0) + 'b' + chr(13) + 'c')}"]])
    assert icalendar.Calendar.from_ical(content).events[0]["SUMMARY"] == "ab\nc"
