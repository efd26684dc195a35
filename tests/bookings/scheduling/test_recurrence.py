"""Recurrence on the wall clock: which dates, across clock changes, closures and holidays."""

from datetime import date, time, timedelta

import pytest

from bookings.models import Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.scheduling.recurrence import Repeat, UnreadablePattern
from bookings.services import cancel, move
from core.clock import ZONE
from core.refusals import Refused
from equipment.availability import closed_days, new_calendar
from tests.conftest import MONDAY, NOW, wall


@pytest.mark.parametrize(
    ("rrule", "expected"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["01-03", "08-03", "15-03"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", ["01-03", "15-03", "29-03"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", ["01-03", "03-03", "08-03"]),
        ("FREQ=DAILY;COUNT=3", ["01-03", "02-03", "03-03"]),
        ("FREQ=WEEKLY;UNTIL=20270315", ["01-03", "08-03", "15-03"]),
        ("RRULE:freq=weekly;until=20270315T120000Z", ["01-03", "08-03", "15-03"]),
    ],
)
def test_the_dates_of_a_pattern(rrule, expected):
    assert [f"{day:%d-%m}" for day in Repeat(rrule).days(MONDAY)] == expected


@pytest.mark.parametrize(
    "rrule",
    ["", "weekly", "FREQ=MONTHLY;COUNT=3", "FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=2;UNTIL=20270315",
     "FREQ=WEEKLY;COUNT=x", "FREQ=WEEKLY;COUNT=3;BYHOUR=9", "FREQ=WEEKLY;BYDAY=XX;COUNT=2",
     "FREQ=WEEKLY;UNTIL=20200101", "FREQ=DAILY;INTERVAL=0;COUNT=3"],
)  # fmt: skip
def test_a_pattern_that_cannot_be_read_is_refused_in_words(rrule):
    with pytest.raises(UnreadablePattern, match=r".+\."):
        Repeat(rrule).days(MONDAY)


def test_nine_stays_nine_when_the_clocks_change(make_booking):
    outcome = make_booking(("09:00", "11:00"), repeat=Repeat("FREQ=WEEKLY;COUNT=6"))
    starts = [r.start.astimezone(ZONE) for r in outcome.reservations]
    assert {start.time() for start in starts} == {time(9)}
    assert starts[-1].date() == date(2027, 4, 5)
    assert outcome.booking.pattern.rule.frequency == "WEEKLY"


def test_every_refused_date_is_told_with_its_reason_and_nothing_is_booked(make_booking, make_reservation):
    make_reservation("2027-03-08 10:00", "2027-03-08 12:00")
    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "11:00"), repeat=Repeat("FREQ=WEEKLY;COUNT=3"))
    assert [(r.code, r.start) for r in refused.value.refusals] == [("clash", wall("2027-03-08 09:00"))]
    assert refused.value.refusals[0].alternatives
    assert Reservation.objects.count() == 1


def test_the_possible_part_is_booked_when_asked(make_booking, make_reservation):
    make_reservation("2027-03-08 10:00", "2027-03-08 12:00")
    outcome = make_booking(("09:00", "11:00"), repeat=Repeat("FREQ=WEEKLY;COUNT=3"), on_refusal="skip")
    assert [r.start for r in outcome.reservations] == [wall("09:00"), wall("2027-03-15 09:00")]
    assert [r.code for r in outcome.skipped] == ["clash"]


def test_closures_and_the_schools_holidays_are_left_out_and_told(make_booking, printer, verhagen):
    closures, holidays = new_calendar("Closures"), new_calendar("School holidays")
    printer.closures.add(closures)
    verhagen.holidays = holidays
    verhagen.save()
    closed_days(closures, first=date(2027, 3, 8), title="Repairs", now=NOW)
    closed_days(holidays, first=date(2027, 3, 15), last=date(2027, 3, 19), title="Carnaval", now=NOW)
    repeat = Repeat("FREQ=WEEKLY;COUNT=4", skip_closures=True)
    outcome = make_booking(("09:00", "11:00"), repeat=repeat)
    assert [r.start for r in outcome.reservations] == [wall("09:00"), wall("2027-03-22 09:00")]
    assert [r.start for r in outcome.skipped] == [wall("2027-03-08 09:00"), wall("2027-03-15 09:00")]


def test_one_date_is_moved_and_another_cancelled_by_itself(make_booking, engineer):
    dates = make_booking(("09:00", "11:00"), repeat=Repeat("FREQ=WEEKLY;COUNT=3")).reservations
    move(
        reservation=dates[1],
        actor=engineer,
        now=NOW,
        start=dates[1].start + timedelta(days=1),
        end=dates[1].end + timedelta(days=1),
    )
    cancel(reservation=dates[2], actor=engineer, now=NOW)
    assert [r.start for r in Reservation.objects.holding()] == [wall("09:00"), wall("2027-03-09 09:00")]


def test_several_machines_repeat_together(make_booking, printer, second_printer):
    requested_slot = RequestedSlot(wall("09:00"), wall("11:00"), equipment_type=printer.type, units=2)
    outcome = make_booking(requested_slot, repeat=Repeat("FREQ=WEEKLY;COUNT=14"))
    assert len(outcome.reservations) == 28


def test_more_than_one_booking_may_hold_is_said_before_anything_is_tried(make_booking):
    with pytest.raises(UnreadablePattern, match="500"):
        make_booking(("09:00", "11:00"), repeat=Repeat("FREQ=DAILY;COUNT=900"))
