"""A day as people write it."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from core.day_field import DayField, DayInput, read_day

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("25-11-2026", date(2026, 11, 25)),
        ("2026-11-25", date(2026, 11, 25)),
        ("25/11/2026", date(2026, 11, 25)),
        ("25.11.26", date(2026, 11, 25)),
        ("1-3-2027", date(2027, 3, 1)),
        ("25 november 2026", date(2026, 11, 25)),
        ("25 November 2026", date(2026, 11, 25)),
        ("wo 25 nov. 2026", date(2026, 11, 25)),
        ("woensdag 25 november", date(2027, 11, 25)),
        ("28 maart 2027", date(2027, 3, 28)),
        ("28 mrt", date(2027, 3, 28)),
        ("Mon 3 May 2027", date(2027, 5, 3)),
        ("3 mei", date(2027, 5, 3)),
        ("1 okt", date(2027, 10, 1)),
        (" 25-11 ", date(2027, 11, 25)),  # yesterday: next year's
        ("26-11", date(2026, 11, 26)),
        ("29-2", date(2028, 2, 29)),
    ],
)
def test_a_day_is_read_as_people_write_it(written, day):
    assert read_day(written, today=TODAY) == day


@pytest.mark.parametrize(
    "written",
    ["", "31-02-2027", "30-2", "11/25/2026", "25", "soon", "25-13", "25 foo 2026", "0-0-0", "2026-11-25T09:00"],
)
def test_what_is_no_day_is_not_guessed(written):
    assert read_day(written, today=TODAY) is None


def test_it_is_shown_day_first_and_what_is_wrong_stays():
    shown = DayInput().format_value
    assert shown(date(2026, 11, 25)) == shown("2026-11-25") == shown("25 nov 2026") == "25-11-2026"
    assert shown("31-02-2027") == "31-02-2027"
    assert shown(None) is None


def test_what_is_no_day_is_refused_with_an_example():
    with pytest.raises(ValidationError, match="25-11-2026"):
        DayField().clean("11/25/2026")
    assert DayField(required=False).clean("") is None
