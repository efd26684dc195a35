"""What is drawn and said of a lane."""

from datetime import timedelta

import pytest

from bookings.views.drawing import StateNow, state_now
from bookings.views.lanes import Lane
from equipment.availability import Period
from tests.conftest import NOW

DAY = timedelta(days=1)


@pytest.mark.parametrize(("kind", "list_of_it"), [("occupied", "occupied"), ("out", "out"), ("free", "free")])
def test_until_when_is_said_only_where_the_lane_looks_so_far(kind, list_of_it):
    """What is cut off at the end of the window does not end there."""
    lane = {
        "equipment": None,
        "looks_until": NOW + 8 * DAY,
        "open": [],
        "free": [],
        "out": [],
        "occupied": [],
        "own": [],
    }
    until = {2: NOW + 2 * DAY, 8: None}
    for days, said in until.items():
        periods = {list_of_it: [Period(NOW - DAY, NOW + days * DAY)]}
        assert state_now(Lane(**lane | periods), NOW) == StateNow(kind, said)
