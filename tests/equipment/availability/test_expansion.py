"""The arithmetic of expansion by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from core.clock import instant, wall
from core.periods import Period
from equipment.availability.expansion import united

MIDNIGHT = datetime(2027, 2, 1, tzinfo=UTC)


def hours(*pairs: tuple[int, int]) -> list[Period]:
    return [Period(MIDNIGHT + timedelta(hours=a), MIDNIGHT + timedelta(hours=b)) for a, b in pairs]


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        ([], []),
        ([(8, 12), (13, 17)], [(8, 12), (13, 17)]),
        ([(8, 12), (12, 17)], [(8, 17)]),
        ([(12, 17), (8, 13)], [(8, 17)]),
        ([(8, 18), (10, 12)], [(8, 18)]),
        ([(8, 18), (10, 12), (17, 20), (21, 22)], [(8, 20), (21, 22)]),
    ],
)
def test_periods_that_overlap_or_touch_become_one(given, joined):
    assert united(hours(*given)) == hours(*joined)


@pytest.mark.parametrize(
    ("clock", "moment"),
    [
        ("2027-03-28 01:59", "2027-03-28 00:59"),
        ("2027-03-28 02:30", "2027-03-28 01:30"),  # skipped: half past three
        ("2027-03-28 03:00", "2027-03-28 01:00"),
        ("2027-10-31 01:59", "2027-10-30 23:59"),
        ("2027-10-31 02:30", "2027-10-31 01:30"),  # shown twice: the second
        ("2027-10-31 03:00", "2027-10-31 02:00"),
    ],
)
def test_a_wall_clock_time_is_read_as_winter_time_where_the_clock_is_unclear(clock, moment):
    assert instant(datetime.fromisoformat(clock)) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_the_clock_at_a_moment_says_no_zone():
    assert wall(datetime(2027, 7, 1, 7, 0, tzinfo=UTC)) == datetime.fromisoformat("2027-07-01 09:00")
