"""Durations as people type and read them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from core.durations import duration_said, duration_shown

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("90 min", 1.5 * HOUR),
        ("1 h 30", 1.5 * HOUR),
        ("1u30", 1.5 * HOUR),
        ("1,5 uur", 1.5 * HOUR),
        ("1:30", 1.5 * HOUR),
        ("1:30:00", 1.5 * HOUR),
        ("1 12:00:00", 1.5 * DAY),
        ("1 day, 12:00:00", 1.5 * DAY),
        ("2 days", 2 * DAY),
        ("1 dag en 6 uur", 30 * HOUR),
        ("3 weken", 21 * DAY),
        ("0", 0 * DAY),
        ("0 min", 0 * DAY),
    ],
)
def test_a_duration_is_read_as_it_is_said(typed, meant):
    assert duration_said(typed) == meant


@pytest.mark.parametrize(
    "typed", ["30", "1 month", "1 maand", "soon", "30 min 1 h", "1 h 1 h", "-1 h", "99999 weeks", "h"]
)
def test_what_could_mean_something_else_is_not_guessed(typed):
    with pytest.raises(ValueError):
        duration_said(typed)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("minutes", [0, 15, 90, 1440, 1800, 262_800])
def test_what_is_shown_is_read_back_the_same(language, minutes):
    duration = timedelta(minutes=minutes, seconds=minutes % 60)
    with translation.override(language):
        assert duration_said(duration_shown(duration)) == duration


def test_a_policy_is_typed_and_shown_in_words(client, facility_manager, printer):
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    address = reverse("admin:equipment_equipment_change", args=[printer.pk])
    machine = {"code": printer.code, "name": printer.name, "type": printer.type_id, "state": "in_service"}
    machine |= {"fieldlab": printer.fieldlab_id, "unattended": "unknown", "operator_needed": "unknown"}
    refused = client.post(address, {**machine, "set_up": "20", "longest": "3 days"}).content.decode()
    assert "Enter a length of time, such as 90 min" in refused
    assert 'value="20"' in refused
    assert client.post(address, {**machine, "set_up": "20 min", "longest": "3 days"}).status_code == 302
    printer.refresh_from_db()
    assert (printer.set_up, printer.longest, printer.clean_up) == (timedelta(minutes=20), 3 * DAY, None)
    shown = client.get(address).content.decode()
    assert 'value="20 min"' in shown
    assert 'value="3 days"' in shown
