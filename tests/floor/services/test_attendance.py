"""Check-in and check-out: who may, when, and what becomes of the machine."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from bookings.models import Reservation, ReservationState, Use
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from core.refusals import Refused
from floor.services import check_in, check_out, mark_no_show
from tests.conftest import wall

MINUTE = timedelta(minutes=1)


@pytest.fixture
def visit(make_reservation):
    """From 09:00 to 11:00 on FDM-01, with a quarter of an hour of set-up and of clean-up."""
    return make_reservation()


def test_a_use_runs_from_check_in_to_check_out(visit, engineer):
    used = check_in(reservation=visit, actor=engineer, now=wall("08:50"))
    assert used.state == ReservationState.IN_USE
    done = check_out(reservation=visit, actor=engineer, now=wall("10:20"))
    assert done.state == ReservationState.COMPLETED
    use = Use.objects.get()
    assert (use.started_at, use.ended_at) == (wall("08:50"), wall("10:20"))
    assert (done.start, done.end) == (wall("09:00"), wall("11:00"))  # as it was booked


def test_a_second_press_changes_nothing(visit, engineer):
    for now in ("09:00", "09:01"):
        check_in(reservation=visit, actor=engineer, now=wall(now))
    for now in ("10:00", "10:01"):
        check_out(reservation=visit, actor=engineer, now=wall(now))
    use = Use.objects.get()
    assert (use.started_at, use.ended_at) == (wall("09:00"), wall("10:00"))


@pytest.mark.parametrize(("now", "says"), [("08:40", "08:45"), ("11:00", "11:00")])
def test_too_early_and_too_late_say_when(visit, engineer, now, says):
    with pytest.raises(Refused) as refused:
        check_in(reservation=visit, actor=engineer, now=wall(now))
    assert says in refused.value.refusals[0].message


def test_a_machine_that_is_still_in_use_is_checked_out_first(visit, engineer, make_reservation, facility_manager):
    later = make_reservation(start="12:00", end="13:00")
    check_in(reservation=visit, actor=engineer, now=wall("09:00"))
    with pytest.raises(Refused, match="machine_in_use"):
        check_in(reservation=later, actor=engineer, now=wall("12:00"))
    check_out(reservation=visit, actor=facility_manager, now=wall("12:01"))
    assert check_in(reservation=later, actor=engineer, now=wall("12:02")).state == ReservationState.IN_USE


def test_what_is_left_of_the_time_can_be_booked_after_check_out(visit, engineer, verhagen, purpose, printer):
    check_in(reservation=visit, actor=engineer, now=wall("09:00"))
    check_out(reservation=visit, actor=engineer, now=wall("09:30"))
    again = book(
        booker=engineer,
        organisation=verhagen,
        purpose=purpose,
        requested_slots=[RequestedSlot(wall("10:00"), wall("11:00"), printer)],
        now=wall("09:31"),
    )
    assert again.reservations[0].start == wall("10:00")


def test_others_do_not_check_in_for_one(visit, other_engineer):
    with pytest.raises(PermissionDenied):
        check_in(reservation=visit, actor=other_engineer, now=wall("09:00"))


def test_nobody_came_is_said_by_the_facility_after_the_grace(visit, engineer, facility_manager):
    with pytest.raises(PermissionDenied):
        mark_no_show(reservation=visit, actor=engineer, now=wall("10:00"))
    with pytest.raises(Refused, match="within_grace"):
        mark_no_show(reservation=visit, actor=facility_manager, now=wall("09:29"))
    assert mark_no_show(reservation=visit, actor=facility_manager, now=wall("09:30")).state == ReservationState.NO_SHOW


def test_a_request_is_approved_before_anybody_checks_in(visit, engineer):
    Reservation.objects.update(state=ReservationState.REQUESTED)
    with pytest.raises(Refused) as refused:
        check_in(reservation=visit, actor=engineer, now=wall("09:00"))
    assert "has to approve" in refused.value.refusals[0].message
