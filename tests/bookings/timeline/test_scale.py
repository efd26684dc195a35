"""Where a moment stands on a lane."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.timeline.scale import (
    NIGHT,
    at,
    day_bounds,
    hour_ticks,
    place_of_hour,
    scale_of_day,
    scale_of_days,
    scale_of_hours,
)
from tests.conftest import wall

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
days = st.sampled_from([date(2027, 3, 1), SPRING, AUTUMN]) | st.dates(date(2026, 1, 1), date(2029, 1, 1))
hours = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1])


@given(days, hours)
def test_a_day_fills_its_lane_and_what_is_later_stands_further(on, shown):
    scale = scale_of_day(on, shown)
    assert (scale.start, scale.end) == day_bounds(on)
    half_hour = timedelta(minutes=30)
    moments = [scale.start + half_hour * number for number in range((scale.end - scale.start) // half_hour)]
    places = [scale.place(moment) for moment in [*moments, scale.end]]
    assert (places[0], places[-1]) == (0, 100)
    assert places == sorted(set(places))


@given(days, hours, st.integers(3, 24))
def test_an_hour_of_the_clock_stands_at_one_place_on_every_day_once_the_clock_has_changed(on, shown, hour):
    assert scale_of_day(on, shown).place(at(on, hour)) == pytest.approx(place_of_hour(hour, shown), abs=0.002)


def test_an_hour_at_night_takes_an_eighth_of_the_room():
    scale = scale_of_day(date(2027, 3, 1), (8, 18))

    def width(start: str, end: str) -> float:
        return scale.place(wall(end)) - scale.place(wall(start))

    assert width("03:00", "04:00") == pytest.approx(NIGHT * width("09:00", "10:00"), abs=0.002)
    assert width("08:00", "18:00") == pytest.approx(100 * 10 / (10 + 14 * NIGHT), abs=0.002)


@pytest.mark.parametrize(("on", "lasts"), [(SPRING, 23), (AUTUMN, 25)])
def test_what_there_is_until_three_takes_the_room_of_three_hours_where_the_clock_changes(on, lasts):
    scale = scale_of_day(on, (0, 24))
    assert scale.end - scale.start == timedelta(hours=lasts)
    assert scale.place(at(on, 3)) == 12.5
    an_hour = scale.place(scale.start + timedelta(hours=1))
    assert an_hour == pytest.approx(12.5 / (lasts - 21), abs=0.001)


def test_the_days_of_a_week_are_equally_wide_also_where_one_is_shorter():
    week = [date(2027, 3, 22) + timedelta(days=n) for n in range(7)]
    scale = scale_of_days(week)
    assert [scale.place(at(on, 0)) for on in week] == pytest.approx([100 * n / 7 for n in range(7)], abs=0.001)
    assert scale.place(at(SPRING, 12)) == pytest.approx(100 * (6 + 11 / 23) / 7, abs=0.001)


def test_a_part_of_a_day_is_drawn_evenly():
    scale = scale_of_hours(date(2027, 3, 1), (6, 22))
    assert [scale.place(wall(hour)) for hour in ("06:00", "10:00", "22:00")] == [0, 25, 100]


def test_the_hours_above_the_days_stand_where_the_scale_puts_them():
    scale = scale_of_day(SPRING, (7, 22))
    ticks = hour_ticks((7, 22))
    assert [tick.says for tick in ticks] == [str(hour) for hour in range(7, 22)]  # for 22 there is no room
    places = [scale.place(at(SPRING, hour)) for hour in range(7, 22)]
    assert [tick.place for tick in ticks] == pytest.approx(places, abs=0.002)
    assert [tick.says for tick in ticks if not tick.minor] == ["7", "9", "11", "13", "15", "17", "19", "21"]


def test_what_a_page_is_sent_is_seconds_and_places():
    assert scale_of_hours(date(2027, 3, 1), (6, 22)).as_json == "[[1803877200,0],[1803934800,100]]"
