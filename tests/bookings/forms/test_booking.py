"""Wall-clock times into moments: also those that come twice, or never."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from bookings.forms.booking import BookingForm, WallClockField, as_initial, moments
from tests.conftest import wall

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("9", (9, 0)), ("930", (9, 30)), ("9:30", (9, 30)), ("09.30", (9, 30)), ("0930", (9, 30)), ("24:00", (24, 0))],
)
def test_a_time_is_read_as_people_write_it(typed, read):
    assert WallClockField().clean(typed) == read


@pytest.mark.parametrize("typed", ["25", "9:60", "24:01", "half ten", "9:3", "-1"])
def test_what_is_no_time_is_refused(typed):
    with pytest.raises(ValidationError):
        WallClockField().clean(typed)


def test_the_clock_shows_a_time_once_never_or_twice():
    assert moments(AUTUMN, (1, 30)) == [datetime(2027, 10, 30, 23, 30, tzinfo=UTC)]
    assert moments(SPRING, (2, 30)) == []
    twice = [moment.astimezone(UTC) for moment in moments(AUTUMN, (2, 30))]
    assert twice == [datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)]
    assert moments(SPRING, (24, 0)) == [wall("2027-03-29 00:00")]


def _form(printer, verhagen, **fields) -> BookingForm:
    data = {"organisation": "verhagen", "purpose": "trial-production", "token": "t", **fields}
    return BookingForm(data, equipment=printer, organisations=[verhagen], today=date(2027, 2, 24))


def test_a_time_that_is_skipped_is_refused_with_the_reason(printer, verhagen, purpose):
    form = _form(printer, verhagen, day="2027-03-28", start="02:30", end="04:00")
    assert not form.is_valid()
    assert "This time does not exist" in form.errors["start"][0]


def test_a_time_that_comes_twice_is_asked_back_and_taken_as_chosen(printer, verhagen, purpose):
    asked = {"day": "2027-10-31", "start": "02:30", "end": "04:00"}
    form = _form(printer, verhagen, **asked)
    assert not form.is_valid()
    assert form.fields["start_twice"].asked
    for chosen, hours in (("0", 2.5), ("1", 1.5)):
        form = _form(printer, verhagen, **asked, start_twice=chosen)
        assert form.is_valid(), form.errors
        assert (
            form.requested_slot.end.astimezone(UTC) - form.requested_slot.start.astimezone(UTC)
        ).total_seconds() == hours * 3600


def test_a_period_comes_back_from_the_fields_it_fills_in(printer, verhagen, purpose):
    start, end = datetime(2027, 10, 31, 1, 30, tzinfo=UTC), datetime(2027, 10, 31, 8, 0, tzinfo=UTC)
    fields = {name: value or "" for name, value in as_initial(start, end).items()}
    form = _form(printer, verhagen, **fields)
    assert form.is_valid(), form.errors
    assert (form.requested_slot.start, form.requested_slot.end) == (start, end)
