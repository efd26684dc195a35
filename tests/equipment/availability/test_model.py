"""Open time against a slow, obvious model: every quarter of an hour is asked by itself, on the wall clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as site
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.clock import midnight
from equipment import availability

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
AHEAD = site.CALENDARS_EXPANDED_AHEAD
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CHANGES = [date(2027, 3, 28), date(2027, 10, 31)]


@dataclass(frozen=True)
class Hours:
    weekdays: frozenset[int]
    opens: time
    closes: time
    cancelled: frozenset[int]  # days from the day of the change


quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
# Times that the clocks skip or show twice have no one meaning; they have tests of their own.
plain_times = quarters.filter(lambda t: t.hour != 2)
hours_of_a_week = st.builds(
    Hours,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    opens=plain_times,
    closes=plain_times,
    cancelled=st.frozensets(st.integers(-2, 2), max_size=2),
)
closed_days = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2)), max_size=2)
# An outage is a moment and a length in quarters, from the midnight before the change.
outages = st.lists(st.tuples(st.integers(-150, 250), st.integers(1, 120)), max_size=2)


def is_open(moment: datetime, change: date, weeks: list[Hours], closed, out) -> bool:
    """The model: is anyone let in at this moment? Rules are read by hand, for the day and the day before."""
    wall = moment.astimezone(AMSTERDAM)
    if not any(within_hours(wall, change, each) for each in weeks):
        return False
    if any(change + first * DAY <= wall.date() <= change + (first + more) * DAY for first, more in closed):
        return False
    base = datetime(change.year, change.month, change.day, tzinfo=AMSTERDAM).astimezone(UTC)
    return not any(base + start * QUARTER <= moment < base + (start + length) * QUARTER for start, length in out)


def within_hours(wall: datetime, change: date, hours: Hours) -> bool:
    clock = wall.time()

    def held(day: date) -> bool:
        return day.weekday() in hours.weekdays and (day - change).days not in hours.cancelled

    if hours.opens < hours.closes:
        return held(wall.date()) and hours.opens <= clock < hours.closes
    return (held(wall.date()) and clock >= hours.opens) or (held(wall.date() - DAY) and clock < hours.closes)


@pytest.mark.parametrize("change", CHANGES, ids=str)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weeks=st.lists(hours_of_a_week, min_size=1, max_size=3), closed=closed_days, out=outages)
@example(weeks=[Hours(frozenset(range(7)), time(22), time(6), frozenset())], closed=[(0, 0)], out=[(8, 8)])
@example(weeks=[Hours(frozenset(range(7)), time(0), time(0), frozenset([0]))], closed=[], out=[])
def test_open_time_is_what_each_quarter_says_by_itself(make_machine, change, weeks, closed, out):
    start, end = midnight(change - 3 * DAY), midnight(change + 4 * DAY)
    with transaction.atomic():
        printer = machine(make_machine, change, weeks, closed, out)
        [found] = availability.open_time([(printer.pk, start, end)])
        transaction.set_rollback(True)
    offered = {begin + n * QUARTER for begin, finish in found.open for n in range(int((finish - begin) / QUARTER))}
    moments = [start + n * QUARTER for n in range(int((end - start) / QUARTER))]
    assert offered == {moment for moment in moments if is_open(moment, change, weeks, closed, out)}
    assert all(before.end < after.start for before, after in pairwise(found.open))


def machine(make_machine, change, weeks, closed, out):
    """A machine with these hours, closures and outages, made as a facility manager would."""
    now = datetime(change.year, change.month, change.day, tzinfo=UTC) - AHEAD + 14 * DAY
    hours, holidays = availability.new_calendar("Hours"), availability.new_calendar("Holidays")
    printer = make_machine(opening_hours=hours, closures=[holidays])
    base = midnight(change)
    with availability.rebuilding_once(now=now):
        for each in weeks:
            event = availability.weekly_hours(
                hours,
                weekdays=each.weekdays,
                opens=each.opens,
                closes=each.closes,
                since=change - 14 * DAY,
                now=now,
            )
            for days in each.cancelled:
                if (change + days * DAY).weekday() in each.weekdays:
                    availability.cancel_day(event, change + days * DAY, now=now)
        for first, more in closed:
            first_day, last_day = change + first * DAY, change + (first + more) * DAY
            availability.closed_days(holidays, first=first_day, last=last_day, title="Closed", now=now)
        for begin, length in out:
            begins, ends = base + begin * QUARTER, base + (begin + length) * QUARTER
            availability.add_outage(printer, start=begins, end=ends, title="Fault", now=now)
    return printer
