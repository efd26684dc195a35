"""The moments of a rule are those that dateutil finds, and finding them takes little, also where there are none."""

from datetime import datetime, timedelta
from time import process_time

import pytest
from dateutil import rrule as freq
from dateutil.rrule import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from equipment.availability.recurrence import UnboundedRule, moments_of

MONDAY = datetime.fromisoformat("2026-11-23 09:00")
DAY = timedelta(days=1)
ENOUGH = 1.0  # seconds of this process; dateutil by itself takes two to three, or hours
ALL_DAY = {"byhour": range(24), "byminute": range(60), "bysecond": range(60)}

starts = st.integers(-30_000, 130_000).map(lambda days: MONDAY + days * DAY)
# Each of them comes at least every eight years.
rules = st.sampled_from(
    [
        (freq.DAILY, {}),
        (freq.DAILY, {"interval": 7}),
        (freq.DAILY, {"bymonth": 12, "bymonthday": (24, 31)}),
        (freq.WEEKLY, {"interval": 2, "byweekday": (freq.MO, freq.SU), "wkst": freq.SU}),
        (freq.WEEKLY, {"count": 5}),
        (freq.MONTHLY, {"byweekday": freq.FR(-1)}),
        (freq.MONTHLY, {"bymonthday": (-1, 31)}),
        (freq.MONTHLY, {"byweekday": (freq.MO, freq.TU), "bysetpos": -1}),
        (freq.YEARLY, {"bymonth": 2, "bymonthday": 29}),
        (freq.YEARLY, {"byweekno": 53, "byweekday": freq.MO}),
        (freq.YEARLY, {"byyearday": 366}),
    ]
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(rule=rules, start=starts, lasts=st.integers(0, 3000))
def test_they_are_those_that_dateutil_finds(rule, start, lasts):
    frequency, more = rule
    before = start + lasts * DAY
    plain = rrule(frequency, dtstart=start, **more)
    expected = plain.between(start, before, inc=True)
    assert list(moments_of(plain, start=start, before=before)) == [each for each in expected if each < before]


@pytest.mark.parametrize("start", [MONDAY, datetime.fromisoformat("1930-01-01 23:59")])
@pytest.mark.parametrize(
    ("frequency", "more"),
    [
        (freq.DAILY, {"interval": 7, "byweekday": freq.FR}),
        (freq.DAILY, {"bymonth": 2, "bymonthday": 31}),
        (freq.DAILY, {"bysetpos": 2}),
        (freq.DAILY, {"bymonth": 2, "bymonthday": 30, **ALL_DAY}),
        (freq.WEEKLY, {"bysetpos": 8}),
        (freq.WEEKLY, {"bymonth": 2, "bymonthday": 30}),
        (freq.MONTHLY, {"bymonthday": 31, "bymonth": (2, 4, 6, 9, 11)}),
        (freq.MONTHLY, {"bymonthday": 31, "interval": 12, "bymonth": 2}),
        (freq.YEARLY, {"bymonth": 2, "bymonthday": 30}),
        (freq.YEARLY, {"byweekno": 53, "bymonth": 6}),
        (freq.YEARLY, {"byyearday": 366, "bymonth": 1}),
        (freq.YEARLY, {"interval": 9999, "bymonth": 2, "bymonthday": 29}),
    ],
)
def test_a_rule_that_never_comes_is_soon_known_not_to(frequency, more, start):
    began = process_time()
    rule = rrule(frequency, dtstart=start, **more)
    list(moments_of(rule, start=start, before=MONDAY + 760 * DAY))
    assert process_time() - began < ENOUGH


@pytest.mark.parametrize(
    ("frequency", "more"),
    [
        (freq.HOURLY, {"bysetpos": 2}),
        (freq.MINUTELY, {"bymonth": 2, "bymonthday": 30}),
        (freq.SECONDLY, {}),
        (freq.SECONDLY, {"bysetpos": 2}),
        (freq.YEARLY, {"byeaster": 0, "byweekday": freq.MO}),
    ],
)
def test_a_rule_finer_than_days_or_by_easter_is_refused(frequency, more):
    with pytest.raises(UnboundedRule):
        moments_of(rrule(frequency, dtstart=MONDAY, **more), start=MONDAY, before=MONDAY + DAY)
