"""What is drawn and said of a lane."""

from datetime import timedelta

import pytest

from bookings.timeline.drawing import StateNow, state_now
from bookings.timeline.lanes import Lane
from core.periods import Period
from tests.conftest import NOW

DAY = timedelta(days=1)


def lane(**periods) -> Lane:
    nothing = {"open": [], "free": [], "out": [], "occupied": [], "own": []}
    return Lane(**{"equipment": None, "looks_until": NOW + 8 * DAY, **nothing, **periods})


@pytest.mark.parametrize("kind", ["occupied", "free"])
def test_until_when_is_said_only_where_the_lane_looks_so_far(kind):
    """What is cut off at the end of the window does not end there."""
    for days, said in {2: NOW + 2 * DAY, 8: None}.items():
        assert state_now(lane(**{kind: [Period(NOW - DAY, NOW + days * DAY)]}), NOW) == StateNow(kind, said)


def test_an_outage_is_said_with_its_own_end_however_far_that_is():
    assert state_now(lane(out=[Period(NOW - DAY, NOW + 20 * DAY)]), NOW) == StateNow("out", NOW + 20 * DAY)
