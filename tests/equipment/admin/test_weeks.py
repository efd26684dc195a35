"""The coming weeks as the set-up pages draw them."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from core.periods import Period
from equipment.admin.weeks import HEIGHT, TOP, drawn_weeks, window_of
from equipment.availability import add_outage, cancel_day
from tests.conftest import MONDAY, NOW, wall

BLOCK = "<title>"


def test_four_weeks_from_the_monday_of_this_one():
    monday, start, end = window_of(NOW)
    assert (monday, start, end) == (date(2027, 2, 22), wall("2027-02-22 00:00"), wall("2027-03-22 00:00"))


def test_an_hour_is_at_the_same_height_when_the_clocks_change():
    days = [f"2027-03-{day}" for day in (27, 28)]
    drawn = drawn_weeks(date(2027, 3, 22), open=[Period(wall(f"{d} 12:00"), wall(f"{d} 18:00")) for d in days])
    assert drawn.count(f'y="{TOP + HEIGHT / 2:.1f}"') == 2
    assert drawn.count(BLOCK) == 2


def test_what_crosses_midnight_is_on_both_days_and_ends_at_the_foot():
    drawn = drawn_weeks(MONDAY, open=[Period(wall("18:00"), wall("2027-03-02 06:00"))])
    assert drawn.count(BLOCK) == 2
    assert drawn.count(f'height="{HEIGHT / 4:.1f}"') == 2


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def boss(self, client, django_user_model, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: NOW)
        client.force_login(django_user_model.objects.create_superuser("boss@example.org", "x", language="en"))
        return client

    def test_a_calendar_shows_its_weeks_drawn_and_as_a_list(self, boss, working_hours):
        cancel_day(working_hours.event_set.get(), MONDAY, now=NOW)
        page = boss.get(reverse("admin:schedule_calendar_change", args=[working_hours.pk])).content.decode()
        assert page.count(BLOCK + "Tue 2 March 2027 08:00–18:00") == 1
        assert BLOCK + "Mon 1 March 2027" not in page
        assert "As a list" in page

    def test_a_machine_shows_its_open_time_and_its_outages(self, boss, printer):
        add_outage(printer, start=wall("10:00"), end=wall("12:00"), title="Nozzle", now=NOW)
        page = boss.get(reverse("admin:equipment_equipment_change", args=[printer.pk])).content.decode()
        assert BLOCK + "Mon 1 March 2027 10:00–12:00" in page
        assert BLOCK + "Mon 1 March 2027 12:00–18:00" in page

    def test_a_machine_without_hours_and_a_new_one_show_a_page(self, boss, make_equipment):
        machine = make_equipment(opening_hours=None)
        assert boss.get(reverse("admin:equipment_equipment_change", args=[machine.pk])).status_code == 200
        assert boss.get(reverse("admin:equipment_equipment_add")).status_code == 200
