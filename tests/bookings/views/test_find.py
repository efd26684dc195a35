"""The first page: what one asks for, and the first times that can be booked, two clicks away."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django import forms
from django.utils import timezone

from bookings.forms.find import DurationField
from bookings.models import Booking
from bookings.services import find_times
from equipment.models import CertificateKind, EquipmentType
from organisations.management.commands.first_manager import make_first_manager
from organisations.models import User
from tests.conftest import NOW, wall

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("4", 4),
        ("4 uur", 4),
        ("4u", 4),
        ("1,5 uur", 1.5),
        ("1.5 hours", 1.5),
        ("1:30", 1.5),
        ("1:30 uur", 1.5),
        ("90 min", 1.5),
        ("90 minuten", 1.5),
        ("2 dagen", 48),
        ("2 Days", 48),
        ("1 week", 168),
        ("1 uur 30", 1.5),
        ("2 uur en 30 minuten", 2.5),
        ("1 day and 6 hours", 30),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, hours):
    assert DurationField().clean(text) == hours * HOUR


@pytest.mark.parametrize(
    "text", ["soon", "0", "-2", "31 dagen", "4 parsecs", "1:2:3", "9999999", "2 maanden", "4 hippos", ":"]
)
def test_a_duration_that_says_nothing_is_asked_again(text):
    with pytest.raises(forms.ValidationError, match="Enter a length of time, such as"):
        DurationField().clean(text)


def test_the_first_page_shows_what_can_be_done_and_what_one_used_last(page, printer, second_printer, make_reservation):
    make_reservation("09:00", "11:00", second_printer)
    said = page.get("/").content.decode()
    assert "print in plastic filament" in said
    last = said[said.index("Recently used") : said.index("What you can do here")]
    assert "FDM-02" in last
    assert "FDM-01" not in last


def test_from_the_first_page_it_is_two_clicks_to_a_booking(page, printer, second_printer, make_reservation):
    """The purpose is the one of the last time."""
    make_reservation("09:00", "11:00")
    found = page.get("/", {"process": "fdm", "duration": "3 uur", "since": "2027-03-01"}).content.decode()
    first = unescape(re.search(r'class="button button-main" href="(/book/[^"]+)', found)[1])
    form = page.get(first).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    answer = page.post(first, sent)
    assert answer.status_code == 302
    reservation = Booking.objects.latest("pk").reservations.get()
    assert (reservation.start, reservation.end) == (wall("08:30"), wall("11:30"))
    assert reservation.equipment == second_printer  # the first one is taken at nine


def test_what_is_free_first_comes_first(engineer, verhagen, printer, printer_type, make_equipment, make_reservation):
    busy = EquipmentType.objects.get(pk=printer_type.pk)
    busy.pk, busy.slug, busy.name = None, "busy", "Busy"
    busy.save()
    make_reservation("2027-02-24 12:00", "2027-02-24 17:00", make_equipment("BUSY-01", type=busy))
    found = find_times(
        person=engineer,
        organisation=verhagen,
        types=[busy, printer_type],
        duration=4 * HOUR,
        earliest=NOW,
        now=NOW,
    )
    assert [each.type.slug for each in found] == ["ultimaker-s5", "busy"]
    assert all(each.slots for each in found)


def test_what_takes_a_certificate_says_so_and_comes_without_times(page, printer, printer_type):
    kind = CertificateKind.objects.create(name="Printing", slug="printing")
    kind.required_for.add(printer_type)
    said = page.get("/?process=fdm").content.decode()
    assert "Printing" in said
    assert 'button-main" href="/machines/' not in said
    assert "See the week" in said


def test_what_is_too_short_says_how_long_it_must_be(page, printer, printer_type):
    printer_type.shortest = timedelta(hours=3)
    printer_type.save()
    said = page.get("/?process=fdm&duration=1+uur").content.decode()
    assert "at least 3 hours" in said


def test_left_open_it_asks_for_the_shortest_that_is_let(page, printer, printer_type):
    printer_type.shortest = timedelta(hours=5)
    printer_type.save()
    assert page.get("/?process=fdm").context["form"].cleaned_data["duration"] == 5 * HOUR


def test_a_part_that_is_too_large_for_all_says_what_to_leave_out(page, printer):
    said = page.get("/?process=fdm&width_mm=5000").content.decode()
    assert "No machine can do this." in said
    assert "Search without material and size" in said


def test_a_day_that_has_passed_is_today(page, printer):
    form = page.get("/?process=fdm&since=2020-01-01").context["form"]
    assert form.cleaned_data["since"] == date(2027, 2, 24)


@pytest.mark.parametrize(
    "query", ["process=nothing", "process=fdm&duration=soon", "process=fdm&since=2027-02-31", "process=fdm&width_mm=-1"]
)
def test_what_cannot_be_read_is_told_and_kept(page, printer, query):
    answer = page.get(f"/?{query}")
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert 'role="alert"' in answer.content.decode()


def test_who_belongs_to_no_organisation_finds_out_why_nothing_can_be_booked(client, django_user_model, printer):
    client.force_login(django_user_model.objects.create_user("new@example.org", "x", name="New", language="en"))
    answer = client.get("/?process=fdm&since=2027-03-01")
    assert answer.status_code == 200


def test_an_atrium_without_machines_says_so(page, db):
    assert "There are no machines yet" in page.get("/").content.decode()


def test_an_empty_facility_says_to_its_first_manager_how_to_begin(client, db):
    assert make_first_manager("you@example.org")
    client.force_login(User.objects.get())
    page = client.get("/").content.decode()
    steps = re.findall(r'<li><a href="([^"]+)"', page.split('class="first-steps"')[1])
    assert len(steps) == 5
    assert {client.get(address).status_code for address in steps} == {200}


def test_more_machines_of_a_type_take_no_more_statements(page, printer, make_equipment, django_assert_max_num_queries):
    with django_assert_max_num_queries(24):
        page.get("/?process=fdm&since=2027-03-01")
    for number in range(5):
        make_equipment(f"MORE-{number}")
    with django_assert_max_num_queries(24):
        page.get("/?process=fdm&since=2027-03-01")


def test_a_duration_that_nobody_typed_follows_the_process(page, printer, make_equipment):
    slow = EquipmentType.objects.create(name="EOS P 396", slug="p396", process="sls", shortest=timedelta(hours=8))
    make_equipment("SLS-01", type=slow)
    address = "/?process=sls&drawn_for=fdm&material=PLA&duration="
    assert page.get(f"{address}2+hours").context["form"].cleaned_data["duration"] == 8 * HOUR
    assert page.get(f"{address}3+hours").context["form"].cleaned_data["duration"] == 3 * HOUR  # somebody typed that


def test_each_place_is_named_and_that_rules_differ(client, engineer, printer, second_printer, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    second_printer.place, second_printer.longest = "Cleanroom", timedelta(hours=2)
    second_printer.save()
    client.force_login(engineer)
    page = client.get("/?process=fdm&duration=1 h").content.decode()
    assert "Cleanroom" in page
    assert "these are those of FDM-01; others differ" in page
