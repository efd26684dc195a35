"""Opening hours, closures and outages as they are seen in open time, both clock changes of 2027 among them."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from core.clock import wall as wall_of
from equipment import availability
from equipment.availability import Event, Occurrence, Rule, rebuilding_once
from equipment.models import CalendarSpan
from tests.equipment.conftest import NOW, in_words, local, open_on

WORKDAYS = range(5)
pytestmark = pytest.mark.django_db


@pytest.fixture
def hours():
    return availability.new_calendar("Staffed hours")


@pytest.fixture
def holidays():
    return availability.new_calendar("Holidays")


@pytest.fixture
def printer(make_machine, hours, holidays):
    return make_machine(opening_hours=hours, closures=[holidays])


@pytest.fixture
def office_hours(hours):
    return availability.weekly_hours(
        hours, weekdays=WORKDAYS, opens=time(8), closes=time(17, 30), since=date(2027, 1, 1), now=NOW
    )


def every(calendar, rule: Rule | None, start: datetime, end: datetime, **fields) -> Event:
    """An event as the library's own pages would save it."""
    with rebuilding_once(now=NOW):
        return Event.objects.create(calendar=calendar, title="Open", start=start, end=end, rule=rule, **fields)


def rule(frequency: str, params: str = "") -> Rule:
    return Rule.objects.create(name=f"{frequency} {params}"[:32], frequency=frequency, params=params)


class TestWhatAManagerDoes:
    def test_weekly_hours_are_open(self, printer, office_hours):
        assert open_on(printer, "2027-02-05 00:00", "2027-02-09 00:00") == [
            "05 08:00 – 05 17:30",
            "08 08:00 – 08 17:30",
        ]

    def test_open_time_is_cut_to_the_window(self, printer, office_hours):
        assert open_on(printer, "2027-02-05 09:00", "2027-02-05 17:00") == ["05 09:00 – 05 17:00"]

    def test_a_machine_without_opening_hours_is_always_open(self, make_machine):
        always = make_machine("ROOM-1")
        assert open_on(always, "2027-10-30 00:00", "2027-11-01 00:00") == ["30 00:00 – 01 00:00"]

    def test_an_empty_calendar_of_opening_hours_is_never_open(self, printer):
        assert open_on(printer, "2027-02-01 00:00", "2027-02-08 00:00") == []

    def test_a_cancelled_day_is_closed(self, printer, office_hours):
        availability.cancel_day(office_hours, date(2027, 2, 8), now=NOW)
        assert open_on(printer, "2027-02-08 00:00", "2027-02-10 00:00") == ["09 08:00 – 09 17:30"]

    def test_a_moved_day_is_open_where_it_was_moved_to(self, printer, office_hours):
        availability.move_day(
            office_hours,
            date(2027, 2, 8),
            start=local("2027-02-13 10:00"),
            end=local("2027-02-13 14:00"),
            now=NOW,
        )
        assert open_on(printer, "2027-02-08 00:00", "2027-02-09 00:00") == []
        assert open_on(printer, "2027-02-13 00:00", "2027-02-14 00:00") == ["13 10:00 – 13 14:00"]

    def test_a_moved_day_can_be_moved_again_and_cancelled(self, printer, office_hours):
        day = date(2027, 2, 8)
        for start, end in [("09:00", "12:00"), ("13:00", "15:00")]:
            availability.move_day(
                office_hours, day, start=local(f"2027-02-08 {start}"), end=local(f"2027-02-08 {end}"), now=NOW
            )
        assert open_on(printer, "2027-02-08 00:00", "2027-02-09 00:00") == ["08 13:00 – 08 15:00"]
        availability.cancel_day(office_hours, day, now=NOW)
        assert open_on(printer, "2027-02-08 00:00", "2027-02-09 00:00") == []
        assert Occurrence.objects.count() == 1

    def test_a_day_without_hours_cannot_be_cancelled(self, office_hours):
        with pytest.raises(LookupError):
            availability.cancel_day(office_hours, date(2027, 2, 7), now=NOW)

    def test_a_one_off_opening_is_open(self, printer, hours, office_hours):
        availability.one_off(hours, start=local("2027-02-06 10:00"), end=local("2027-02-06 16:00"), now=NOW)
        assert open_on(printer, "2027-02-06 00:00", "2027-02-08 00:00") == ["06 10:00 – 06 16:00"]

    def test_a_holiday_is_closed(self, printer, holidays, office_hours):
        availability.closed_days(holidays, first=date(2027, 2, 7), last=date(2027, 2, 9), title="Carnaval", now=NOW)
        assert open_on(printer, "2027-02-08 00:00", "2027-02-11 00:00") == ["10 08:00 – 10 17:30"]

    def test_an_outage_is_not_open_and_is_told_apart(self, printer, office_hours):
        availability.add_outage(
            printer,
            start=local("2027-02-05 12:00"),
            end=local("2027-02-08 09:00"),
            title="Maintenance",
            now=NOW,
        )
        assert open_on(printer, "2027-02-05 00:00", "2027-02-09 00:00") == [
            "05 08:00 – 05 12:00",
            "08 09:00 – 08 17:30",
        ]
        [found] = availability.open_time([(printer.pk, local("2027-02-06 00:00"), local("2027-02-07 00:00"))])
        assert in_words(found.out) == ["06 00:00 – 07 00:00"]
        assert found.open == []

    def test_an_outage_of_one_machine_leaves_the_others_open(self, printer, make_machine, hours, office_hours):
        other = make_machine("FDM-02", opening_hours=hours)
        availability.add_outage(
            printer, start=local("2027-02-05 00:00"), end=local("2027-02-06 00:00"), title="Fault", now=NOW
        )
        assert open_on(other, "2027-02-05 00:00", "2027-02-06 00:00") == ["05 08:00 – 05 17:30"]

    def test_hours_end_with_their_last_day(self, printer, hours):
        availability.weekly_hours(
            hours,
            weekdays=range(7),
            opens=time(22),
            closes=time(2),
            since=date(2027, 2, 1),
            until=date(2027, 2, 2),
            now=NOW,
        )
        assert open_on(printer, "2027-01-30 00:00", "2027-02-09 00:00") == [
            "01 22:00 – 02 02:00",
            "02 22:00 – 03 02:00",
        ]

    def test_hours_until_midnight_touch_those_from_midnight(self, printer, hours):
        for opens, closes in [(time(18), time(0)), (time(0), time(6))]:
            availability.weekly_hours(
                hours, weekdays=range(7), opens=opens, closes=closes, since=date(2027, 2, 1), now=NOW
            )
        assert open_on(printer, "2027-02-03 12:00", "2027-02-04 12:00") == ["03 18:00 – 04 06:00"]

    def test_weekly_hours_without_a_day_between_the_dates_are_refused(self, hours):
        with pytest.raises(ValueError, match="between the two dates"):
            availability.weekly_hours(
                hours,
                weekdays=[5],
                opens=time(8),
                closes=time(9),
                since=date(2027, 2, 1),
                until=date(2027, 2, 5),
                now=NOW,
            )

    def test_rules_are_shared(self, hours):
        for _ in range(2):
            availability.weekly_hours(
                hours, weekdays=[0, 2], opens=time(8), closes=time(9), since=date(2027, 2, 1), now=NOW
            )
        assert Rule.objects.count() == 1


class TestTrapsOfTheLibrary:
    """Each would show without the care taken; see section 4 of the design."""

    @pytest.mark.parametrize("day", ["2027-03-26", "2027-03-29", "2027-10-29", "2027-11-01"])
    def test_hours_stay_on_the_wall_clock_when_the_clocks_change(self, printer, office_hours, day):
        number = day[-2:]
        assert open_on(printer, f"{day} 00:00", f"{day} 23:00") == [f"{number} 08:00 – {number} 17:30"]

    def test_a_day_cancelled_in_summer_of_hours_begun_in_winter_stays_closed(self, printer, office_hours):
        availability.cancel_day(office_hours, date(2027, 7, 5), now=NOW)
        assert open_on(printer, "2027-07-05 00:00", "2027-07-06 00:00") == []

    def test_a_day_cancelled_through_the_library_in_utc_stays_closed(self, printer, office_hours):
        # Asked in UTC, the library expects the hours of 1 January in July too: an hour late.
        occurrence = office_hours.get_occurrence(datetime(2027, 7, 5, 7, 0, tzinfo=UTC))
        with rebuilding_once(now=NOW):
            occurrence.cancel()
        assert open_on(printer, "2027-07-05 00:00", "2027-07-06 00:00") == []

    @pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=1)), ZoneInfo("Europe/Amsterdam")])
    def test_the_zone_of_an_event_as_saved_does_not_matter(self, printer, hours, zone):
        start = local("2027-02-01 08:00").astimezone(zone)
        every(hours, rule("WEEKLY"), start, start + timedelta(hours=2))
        assert open_on(printer, "2027-07-05 00:00", "2027-07-06 00:00") == ["05 08:00 – 05 10:00"]

    @pytest.mark.parametrize("params", ["byweekday:0,2", "byweekday:MO,WE"])
    @pytest.mark.parametrize("frequency", ["WEEKLY", "DAILY"])
    def test_a_rule_with_several_weekdays_keeps_them_all(self, printer, hours, frequency, params):
        every(hours, rule(frequency, params), local("2027-02-01 08:00"), local("2027-02-01 10:00"))  # a Monday
        assert open_on(printer, "2027-02-08 00:00", "2027-02-14 00:00") == [
            "08 08:00 – 08 10:00",
            "10 08:00 – 10 10:00",
        ]

    def test_a_yearly_rule_with_several_days_keeps_them_all(self, printer, holidays, office_hours):
        christmas = rule("YEARLY", "bymonth:12;bymonthday:24,27,28")
        every(holidays, christmas, local("2026-12-24 00:00"), local("2026-12-25 00:00"))
        assert open_on(printer, "2027-12-23 00:00", "2027-12-30 00:00") == [
            "23 08:00 – 23 17:30",
            "29 08:00 – 29 17:30",
        ]

    @pytest.mark.parametrize(
        ("night", "lasts"),
        [("2027-03-26", 8), ("2027-03-27", 7), ("2027-03-28", 8), ("2027-10-30", 9), ("2027-10-31", 8)],
    )
    def test_a_night_ends_on_the_wall_clock_whatever_the_clocks_do(self, printer, hours, night, lasts):
        availability.weekly_hours(
            hours, weekdays=range(7), opens=time(22), closes=time(6), since=date(2027, 1, 1), now=NOW
        )
        start = local(f"{night} 12:00")
        [found] = availability.open_time([(printer.pk, start, start + timedelta(hours=20))])
        assert [(end - begin) / timedelta(hours=1) for begin, end in found.open] == [lasts]
        assert [f"{wall_of(end):%H:%M}" for _, end in found.open] == ["06:00"]

    def test_hours_first_held_in_the_night_of_a_change_have_their_length_on_other_nights(self, printer, hours):
        availability.weekly_hours(
            hours, weekdays=range(7), opens=time(22), closes=time(6), since=date(2027, 3, 27), now=NOW
        )
        assert open_on(printer, "2027-04-01 12:00", "2027-04-02 12:00") == ["01 22:00 – 02 06:00"]

    def test_an_event_longer_than_its_interval_is_seen_whole(self, printer, hours):
        # Three days from every second midnight: overlaps are made one.
        every(hours, rule("DAILY", "interval:2"), local("2027-02-01 00:00"), local("2027-02-04 00:00"))
        assert open_on(printer, "2027-02-02 00:00", "2027-03-02 00:00") == ["02 00:00 – 02 00:00"]
        assert CalendarSpan.objects.count() == 1

    def test_a_whole_day_every_day_is_open_all_through_the_night_of_a_change(self, printer, hours):
        availability.weekly_hours(
            hours, weekdays=range(7), opens=time(0), closes=time(0), since=date(2027, 1, 1), now=NOW
        )
        for day in ("2027-03-28", "2027-10-31"):
            [found] = availability.open_time([(printer.pk, local(f"{day} 00:00"), local(f"{day} 23:59"))])
            assert len(found.open) == 1

    def test_the_end_of_a_recurrence_is_not_included(self, printer, hours):
        ends = local("2027-02-03 08:00")
        every(
            hours,
            rule("DAILY"),
            local("2027-02-01 08:00"),
            local("2027-02-01 10:00"),
            end_recurring_period=ends,
        )
        assert open_on(printer, "2027-01-01 00:00", "2027-12-01 00:00") == [
            "01 08:00 – 01 10:00",
            "02 08:00 – 02 10:00",
        ]

    def test_a_rule_in_use_cannot_be_deleted(self, printer, office_hours):
        for unwanted in (office_hours.rule, Rule.objects.all()):
            with pytest.raises(ProtectedError, match="used by 1 events"), transaction.atomic():
                unwanted.delete()
        office_hours.refresh_from_db()
        assert office_hours.rule is not None

    def test_a_rule_not_in_use_can_be_deleted(self):
        rule("DAILY").delete()
        assert not Rule.objects.exists()

    def test_a_cancelled_day_stays_cancelled_when_the_hours_change(self, printer, office_hours):
        availability.cancel_day(office_hours, date(2027, 2, 8), now=NOW)
        with rebuilding_once(now=NOW):
            office_hours.end = local("2027-01-01 18:00")
            office_hours.save()
        assert open_on(printer, "2027-02-08 00:00", "2027-02-10 00:00") == ["09 08:00 – 09 18:00"]

    def test_a_day_moved_to_before_the_first_is_open_there(self, printer, office_hours):
        availability.move_day(
            office_hours,
            date(2027, 1, 1),
            start=local("2026-12-30 10:00"),
            end=local("2026-12-30 12:00"),
            now=NOW,
        )
        assert open_on(printer, "2026-12-29 00:00", "2027-01-04 00:00") == ["30 10:00 – 30 12:00"]

    def test_a_one_off_in_the_hour_shown_twice_keeps_its_moment(self, printer, hours):
        start = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)  # 02:30 summer time
        availability.one_off(hours, start=start, end=start + timedelta(minutes=30), now=NOW)
        [found] = availability.open_time([(printer.pk, start, start + timedelta(days=1))])
        assert found.open == [(start, start + timedelta(minutes=30))]

    @pytest.mark.parametrize(
        ("frequency", "params", "start"),
        [
            ("MINUTELY", "", "2027-02-01 08:00"),
            ("SECONDLY", "bysetpos:2", "2027-02-01 08:00"),
            ("YEARLY", "byeaster:0;byweekday:0", "2027-02-01 08:00"),
            ("DAILY", "byhours:3", "2027-02-01 08:00"),
            ("DAILY", f"byhour:{','.join(map(str, range(24)))};byminute:0,10,20,30,40,50", "2025-02-01 08:00"),
            ("WEEKLY", "", "1027-02-01 08:00"),
        ],
    )
    def test_a_recurrence_that_makes_no_sense_is_refused(self, hours, frequency, params, start):
        with pytest.raises(ValidationError):
            every(hours, rule(frequency, params), local(start), local(start) + timedelta(minutes=1))
        assert not Event.objects.exists()

    def test_a_recurrence_that_never_comes_is_no_time_at_all(self, hours):
        every(hours, rule("DAILY", "bymonth:2;bymonthday:31"), local("2027-02-01 08:00"), local("2027-02-01 10:00"))
        assert not CalendarSpan.objects.exists()
