"""Whoever may not see a reservation hears that a machine is occupied, and of the window they asked for alone: not where
somebody's reservation begins or ends. What two Atriums tell that are occupied alike in a window is the same, whatever
reservations it comes from."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Booking, Reservation, ReservationState
from core.periods import Period, merged, within
from organisations.models import ApiToken
from tests.api_caller import Caller, next_monday

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
MONDAY = next_monday(0, weeks=2)
FEW = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Stretches of the day in minutes, one after the other: how long it is free, and how long it is then occupied.
stretches = st.lists(st.tuples(st.sampled_from([0, 0, 1, 30]), st.integers(1, 90)), min_size=1, max_size=5)
windows = st.tuples(st.integers(0, 240), st.sampled_from([1, 1, 15, 120]))


@pytest.fixture
def machine(make_equipment):
    """Open around the clock, to the minute, and nothing around a period."""
    return make_equipment(
        "FDM-01",
        opening_hours=None,
        grid_minutes=1,
        shortest=MINUTE,
        set_up=timedelta(0),
        clean_up=timedelta(0),
        notice_period=timedelta(0),
    )


@pytest.fixture
def occupy(engineer, verhagen, purpose, machine):
    def occupy_each(periods):
        now = MONDAY - timedelta(days=30)
        booking = Booking.objects.create(organisation=verhagen, booker=engineer, purpose=purpose, created_at=now)
        Reservation.objects.bulk_create(
            Reservation(
                booking=booking,
                equipment=machine,
                period=DateTimeTZRange(*period),
                occupied=DateTimeTZRange(*period),
                state=ReservationState.CONFIRMED,
                economic="economic",
                organisation_class=verhagen.organisation_class,
            )
            for period in periods
        )

    return occupy_each


@pytest.fixture
def told(client, other_engineer, purpose, machine):
    """All that a stranger is told of a window: by the pages' feeds, by the API, and where they try to book it."""
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {ApiToken.issue(user=other_engineer)[1]}"
    client.force_login(other_engineer)

    def everything_about(window):
        start, end = (moment.isoformat() for moment in window)
        asked = {"from": start, "until": end}
        requested_slot = {"equipment": machine.code, "start": start, "end": end}
        body = {"organisation": "kempen", "purpose": purpose.code, "reservations": [requested_slot]}
        tried = caller.post("bookings?dry_run=true", body)
        return {
            "week": client.get(f"/machines/{machine.code}/week.json", asked).json(),
            "floor": client.get("/floor.json", asked).json(),
            "availability": caller.get(f"equipment/{machine.code}/availability", **asked).json(),
            "refusals": [(each["code"], each["message"]) for each in tried.json().get("refusals", [])],
        }

    return everything_about


def periods_of(stretches):
    moment, found = MONDAY, []
    for free, occupied in stretches:
        start = moment + free * MINUTE
        moment = start + occupied * MINUTE
        found.append(Period(start, moment))
    return found


@FEW
@given(stretches=stretches, window=windows)
def test_what_a_stranger_is_told_follows_from_what_is_occupied_in_the_window_alone(stretches, window, occupy, told):
    asked = Period(MONDAY + window[0] * MINUTE, MONDAY + sum(window) * MINUTE)
    reservations = periods_of(stretches)
    seen = [part for period in merged(reservations) if (part := within(period, *asked))]
    said = []
    for world in (reservations, seen):
        with transaction.atomic():
            occupy(world)
            said.append(told(asked))
            transaction.set_rollback(True)
    assert said[0] == said[1]
    assert len(said[0]["week"]["occupied"]) == len(seen)
    assert [code for code, _message in said[0]["refusals"]] == (["clash"] if seen else [])


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (60, 90, "The machine is taken all that time"),
        (30, 90, "01:00 on"),
        (90, 150, "The machine is taken until"),
        (30, 150, "01:00–02:00"),
    ],
)
def test_a_clash_says_what_is_occupied_of_the_time_asked_for(occupy, told, start, end, words):
    occupy(periods_of([(60, 30), (0, 30)]))
    [(_code, message)] = told(Period(MONDAY + start * MINUTE, MONDAY + end * MINUTE))["refusals"]
    assert words in message
