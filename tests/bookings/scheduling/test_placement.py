"""The arithmetic of planning, against sets of minutes. No database."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.scheduling.placement import (
    LONGEST_WAIT_FOR_PEOPLE,
    MachineTime,
    RequestedSlot,
    leaves_unbroken,
    next_on_grid,
    occupied_by,
    on_grid,
    people_needed,
    possible_starts,
    stretches_with_people,
    taken_out_at,
)
from core.clock import ZONE
from core.periods import Period, lies_in, merged, overlap, without
from equipment.policy import Policy
from tests.conftest import wall

ORIGIN = datetime(2027, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TEN = timedelta(minutes=10)


def period(start: int, end: int, unit=MINUTE) -> Period:
    return Period(ORIGIN + start * unit, ORIGIN + end * unit)


def minutes(periods, unit=MINUTE) -> set[int]:
    return {n for p in periods for n in range((p.start - ORIGIN) // unit, (p.end - ORIGIN) // unit)}


def hours(text: str) -> list[Period]:
    """`"08:00-18:00 20:00-21:00"` on Monday 1 March 2027."""
    return [Period(*(wall(clock) for clock in stretch.split("-"))) for stretch in text.split()]


def in_order_and_apart(periods) -> bool:
    return all(p.start < p.end for p in periods) and all(a.end < b.start for a, b in pairwise(periods))


stretches = st.builds(lambda start, length: period(start, start + length), st.integers(0, 90), st.integers(1, 30))
some_periods = st.lists(stretches, max_size=6)
quick = settings(deadline=None, derandomize=True, max_examples=150)


# ---- Sets of time -----------------------------------------------------------------------------------------------


@quick
@given(some_periods)
def test_merged_has_the_same_minutes_in_order_and_apart(periods):
    assert minutes(merged(periods)) == minutes(periods)
    assert in_order_and_apart(merged(periods))


@quick
@given(some_periods, some_periods)
def test_without_takes_away_the_minutes_of_the_holes_and_no_others(periods, holes):
    left = without(merged(periods), holes)
    assert minutes(left) == minutes(periods) - minutes(holes)
    assert in_order_and_apart(left)


@quick
@given(stretches, some_periods)
def test_lying_in_and_overlapping_are_questions_about_minutes(one, others):
    assert any(overlap(one, other) for other in others) == bool(minutes([one]) & minutes(others))
    assert lies_in(one, merged(others)) == (minutes([one]) <= minutes(others))


def test_periods_that_touch_are_one_stretch_and_do_not_overlap():
    assert merged([period(5, 9), period(0, 5)]) == [period(0, 9)]
    assert not overlap(period(0, 5), period(5, 9))
    assert without([period(0, 9)], [period(9, 12)]) == [period(0, 9)]


# ---- The grid ---------------------------------------------------------------------------------------------------

around_clock_changes = st.builds(
    lambda day, minute, second: datetime(*day, tzinfo=UTC) + timedelta(minutes=minute, seconds=second),
    st.sampled_from([(2027, 3, 27, 22), (2027, 10, 30, 22), (2027, 3, 1)]),
    st.integers(0, 600),
    st.sampled_from([0, 0, 1, 59]),
)


@quick
@given(around_clock_changes, st.sampled_from([5, 15, 30, 60]), st.sampled_from([UTC, ZONE]))
def test_the_grid_is_on_the_wall_clock_in_every_zone(moment, grid, zone):
    told = moment.astimezone(zone)
    on_the_wall = moment.astimezone(ZONE)
    assert on_grid(told, timedelta(minutes=grid)) == (on_the_wall.minute % grid == 0 and on_the_wall.second == 0)
    following = next_on_grid(told, timedelta(minutes=grid))
    assert on_grid(following, timedelta(minutes=grid))
    assert timedelta(0) <= following.astimezone(UTC) - moment < timedelta(minutes=grid)


@pytest.mark.parametrize("zone", [UTC, ZONE])
@pytest.mark.parametrize(
    ("moment", "following"),
    [
        # 01:50 winter time, and the next whole hour: two o'clock is skipped, the clock shows three.
        ("2027-03-28T00:50+00:00", "2027-03-28T01:00+00:00"),
        # 02:50 summer time; the next whole hour shows two again, in winter time.
        ("2027-10-31T00:50+00:00", "2027-10-31T01:00+00:00"),
        ("2027-10-31T01:50+00:00", "2027-10-31T02:00+00:00"),
    ],
)
def test_the_next_whole_hour_on_the_nights_the_clocks_change(moment, following, zone):
    found = next_on_grid(datetime.fromisoformat(moment).astimezone(zone), timedelta(hours=1))
    assert found.astimezone(UTC) == datetime.fromisoformat(following)


# ---- Where a reservation can go ---------------------------------------------------------------------------------

LENGTH = 60  # tens of minutes


@st.composite
def machine_times(draw):
    """Open time of which outages are taken out, outages, and what others occupy; in tens of minutes."""
    spans = st.lists(
        st.builds(lambda a, n: period(a, min(a + n, LENGTH), TEN), st.integers(0, LENGTH - 1), st.integers(1, 20)),
        max_size=3,
    )
    hours_open, out, taken = draw(spans), merged(draw(spans)), merged(draw(spans))
    return MachineTime(open=without(merged(hours_open), out), out=out, taken=taken)


tens = st.integers(0, 3)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(machine_times(), st.booleans(), tens, tens, st.integers(1, 25))
def test_possible_starts_are_those_that_work_step_by_step(time, unattended, set_up, clean_up, duration):
    policy = Policy(unattended=unattended, set_up=set_up * TEN, clean_up=clean_up * TEN)
    people, out, taken = (minutes(p, TEN) for p in (time.open, time.out, time.taken))

    def works(start: int) -> bool:
        end = start + duration
        if not unattended:
            return set(range(start - set_up, end + clean_up)) <= people - taken
        removals = (n for n in range(end, LENGTH) if set(range(n, n + max(clean_up, 1))) <= people)
        removal = next(removals, None)
        if removal is None:
            return False
        with_people = set(range(start - set_up, start)) or {start}
        whole = set(range(start - set_up, removal + clean_up)) | {start}
        return with_people <= people and not whole & (out | taken)

    found = possible_starts(time, policy, duration * TEN)
    inside = {n for n in range(LENGTH) if any(p.start <= ORIGIN + n * TEN <= p.end for p in found)}
    assert inside == {n for n in range(LENGTH) if works(n)}
    assert all(p.start <= p.end for p in found)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(machine_times(), tens, tens, st.integers(0, 40), st.integers(1, 20))
def test_an_unattended_run_occupies_until_it_is_taken_out_and_cleaned_up(time, set_up, clean_up, start, duration):
    policy = Policy(unattended=True, set_up=set_up * TEN, clean_up=clean_up * TEN)
    people, end = minutes(time.open, TEN), start + duration
    removals = (n for n in range(end, LENGTH) if set(range(n, n + max(clean_up, 1))) <= people)
    removal = next(removals, None)
    expected = None if removal is None else period(start - set_up, removal + clean_up, TEN)
    assert occupied_by(*period(start, end, TEN), policy, time.open) == expected
    if expected:
        with_people = stretches_with_people(*period(start, end, TEN), expected, policy)
        assert minutes(with_people, TEN) == {
            *range(start - set_up, start),
            *range(removal, removal + clean_up),
        }


@settings(deadline=None, derandomize=True, max_examples=50)
@given(tens, tens, st.integers(0, 40), st.integers(1, 20))
def test_on_an_attended_machine_set_up_and_clean_up_stand_next_to_the_period(set_up, clean_up, start, duration):
    policy = Policy(set_up=set_up * TEN, clean_up=clean_up * TEN)
    whole = period(start - set_up, start + duration + clean_up, TEN)
    asked = period(start, start + duration, TEN)
    assert occupied_by(*asked, policy, []) == people_needed(*asked, policy) == whole
    assert stretches_with_people(*asked, whole, policy) == [whole]


@pytest.mark.parametrize(
    ("end", "open_time", "clean_up", "taken_out"),
    [
        ("17:00", "08:00-18:00", 60, "17:00"),  # the clean-up just fits
        ("17:01", "08:00-18:00", 60, None),
        ("18:00", "08:00-18:00 20:00-21:00", 0, "20:00"),  # nobody takes it out as the doors close
        ("17:59", "08:00-18:00", 0, "17:59"),
        ("18:30", "08:00-18:00 20:00-20:30 22:00-23:00", 45, "22:00"),  # not at 20:00: too short to clean up in
    ],
)
def test_a_result_is_taken_out_when_the_clean_up_fits(end, open_time, clean_up, taken_out):
    policy = Policy(unattended=True, clean_up=timedelta(minutes=clean_up))
    assert taken_out_at(wall(end), policy, hours(open_time)) == (taken_out and wall(taken_out))


@pytest.mark.parametrize(("late", "found"), [(timedelta(0), True), (MINUTE, False)])
def test_a_result_waits_for_people_only_so_long(late, found):
    opens = ORIGIN + LONGEST_WAIT_FOR_PEOPLE + late
    moment = taken_out_at(ORIGIN, Policy(unattended=True), [Period(opens, opens + timedelta(hours=8))])
    assert moment == (opens if found else None)


def test_a_run_of_forty_hours_over_the_change_to_summer_time_ends_an_hour_later_on_the_wall():
    """Starts on Friday at 16:00, ends on Sunday 28 March 2027 at 09:00 and not at 08:00, and waits for Monday."""
    start = wall("2027-03-26 16:00").astimezone(UTC)
    end = start + timedelta(hours=40)
    assert end.astimezone(ZONE).strftime("%a %H:%M") == "Sun 09:00"
    days = [date(2027, 3, 26), date(2027, 3, 29)]
    open_time = [Period(wall("08:00", day).astimezone(UTC), wall("18:00", day).astimezone(UTC)) for day in days]
    policy = Policy(unattended=True, set_up=timedelta(hours=1), clean_up=timedelta(hours=2))
    occupied = occupied_by(start, end, policy, open_time)
    assert occupied == (wall("2027-03-26 15:00"), wall("2027-03-29 10:00"))
    # Friday 15:00 to Monday 10:00 is 67 hours on the wall; one of them was skipped.
    assert occupied.end - occupied.start == timedelta(hours=66)


def test_a_run_of_forty_hours_over_the_change_to_winter_time_ends_an_hour_earlier_on_the_wall():
    end = wall("2027-10-29 16:00").astimezone(UTC) + timedelta(hours=40)
    assert end.astimezone(ZONE).strftime("%a %H:%M") == "Sun 07:00"


def test_the_stretch_that_a_choice_breaks_is_the_one_it_starts_in():
    free = hours("08:00-10:00 12:00-18:00")
    assert leaves_unbroken(*hours("12:00-13:00"), free) == timedelta(hours=6)
    assert leaves_unbroken(*hours("09:59-13:00"), free) == timedelta(hours=2)
    assert leaves_unbroken(*hours("10:00-11:00"), free) == timedelta(0)


def test_a_wish_keeps_its_moments_in_utc_where_hours_are_elapsed_hours():
    requested_slot = RequestedSlot(wall("2027-03-27 17:00"), wall("2027-03-29 10:00"))
    assert (requested_slot.start.tzinfo, requested_slot.end.tzinfo) == (UTC, UTC)
    assert requested_slot.end - requested_slot.start == timedelta(hours=40)
