"""A change of calendars that leaves reservations outside open time is allowed, tells which, and marks them."""

from datetime import timedelta

import pytest

from bookings.models import Issue
from bookings.services import Overriding, cancel, move
from equipment.availability import add_outage, cancel_day, closed_days, roll_forward, what_if
from floor.services import decline, dismiss
from tests.conftest import MONDAY, NOW, wall


def open_issues():
    return {(c.reservation_id, c.code) for c in Issue.objects.filter(closed_at=None)}


def test_a_cancelled_day_marks_the_reservations_on_it(make_reservation, working_hours):
    hit = make_reservation()
    make_reservation("2027-03-02 09:00", "2027-03-02 10:00")
    cancel_day(working_hours.event_set.get(), MONDAY, now=NOW)
    assert open_issues() == {(hit.pk, "outside_opening_hours")}


def test_hours_that_come_back_resolve_the_issue(make_reservation, working_hours):
    make_reservation()
    cancelled = cancel_day(working_hours.event_set.get(), MONDAY, now=NOW)
    cancelled.delete()
    assert open_issues() == set()
    assert Issue.objects.get().closed_at


def test_an_outage_marks_what_it_hits_and_deletes_nothing(make_reservation, printer):
    hit = make_reservation()
    add_outage(printer, start=wall("10:00"), end=wall("16:00"), title="Nozzle", now=NOW)
    assert open_issues() == {(hit.pk, "during_outage")}
    hit.refresh_from_db()
    assert hit.holds


def test_a_change_tells_what_it_would_hit_before_it_is_made(make_reservation, printer):
    reservation = make_reservation()
    hits = what_if(
        lambda: add_outage(printer, start=wall("10:00"), end=wall("16:00"), title="Nozzle", now=NOW), now=NOW
    )
    assert [reservation.booking.reference in hit.text and "FDM-01" in hit.text for hit in hits] == [True]
    assert not Issue.objects.exists()
    assert not printer.reservations.exclude(pk=reservation.pk).exists()


def test_what_was_outside_open_time_already_is_not_told_again(make_reservation, printer):
    make_reservation()
    add_outage(printer, start=wall("10:00"), end=wall("16:00"), title="Nozzle", now=NOW)
    later = NOW.replace(minute=5)
    assert not what_if(
        lambda: add_outage(printer, start=wall("15:00"), end=wall("17:00"), title="Belt", now=later), now=later
    )


@pytest.mark.parametrize("way", ["move", "cancel"])
def test_moving_or_cancelling_resolves_the_issue(make_reservation, printer, engineer, way):
    reservation = make_reservation()
    add_outage(printer, start=wall("10:00"), end=wall("16:00"), title="Nozzle", now=NOW)
    if way == "move":
        day = {"start": wall("2027-03-02 09:00"), "end": wall("2027-03-02 11:00")}
        move(reservation=reservation, actor=engineer, now=NOW, **day)
    else:
        cancel(reservation=reservation, actor=engineer, now=NOW)
    assert open_issues() == set()


def test_a_run_may_lie_across_a_closure_but_must_be_taken_out_in_open_time(
    make_equipment, make_reservation, working_hours
):
    machine = make_equipment("LPBF-01", unattended=True, longest=timedelta(hours=60))
    run = make_reservation("2027-03-04 16:00", "2027-03-05 03:00", equipment=machine)
    assert run.occupied.upper == wall("2027-03-05 08:15")
    closed_days(working_hours_closures(machine), first=MONDAY.replace(day=5), title="Carnaval", now=NOW)
    assert open_issues() == {(run.pk, "outside_opening_hours")}


def working_hours_closures(machine):
    from equipment.availability import new_calendar

    calendar = new_calendar("Closures")
    machine.closures.add(calendar)
    return calendar


def test_closing_time_moved_forward_marks_the_late_ones(make_reservation, working_hours):
    late = make_reservation("16:30", "17:30")
    make_reservation("09:00", "10:00")
    event = working_hours.event_set.get()
    event.end = event.end - timedelta(hours=3)
    event.save()
    assert open_issues() == {(late.pk, "outside_opening_hours")}


def test_what_a_manager_lets_stand_does_not_come_back_with_the_next_night(make_reservation, printer, facility_manager):
    reservation = make_reservation()
    add_outage(printer, start=wall("10:00"), end=wall("16:00"), title="Nozzle", now=NOW)
    issue = Issue.objects.get()
    dismiss(issue_ids=[issue.pk], actor=facility_manager, now=NOW)
    roll_forward(now=NOW + timedelta(days=1))
    assert not Issue.objects.open().exists()
    issue.refresh_from_db()
    assert (issue.reservation, issue.dismissed_by) == (reservation, facility_manager)


def test_what_was_dismissed_and_then_resolved_is_told_when_it_breaks_again(make_reservation, printer, facility_manager):
    reservation = make_reservation()
    outage = add_outage(printer, start=wall("10:00"), end=wall("16:00"), title="Nozzle", now=NOW)
    dismiss(issue_ids=[Issue.objects.get().pk], actor=facility_manager, now=NOW)
    outage.delete()
    add_outage(printer, start=wall("10:30"), end=wall("15:00"), title="Belt", now=NOW)
    assert [(c.reservation, c.code) for c in Issue.objects.open()] == [(reservation, "during_outage")]


def test_a_rule_that_was_set_aside_for_a_reservation_is_no_issue(make_booking, facility_manager):
    override = Overriding(by=facility_manager, reason="Open day")
    make_booking(("19:00", "20:00"), booker=facility_manager, override=override)
    roll_forward(now=NOW + timedelta(days=1))
    assert not Issue.objects.exists()


def test_a_declined_request_leaves_no_issue(make_reservation, printer, printer_type, facility_manager):
    printer_type.approval = "manager"
    printer_type.save()
    request = make_reservation()
    add_outage(printer, start=wall("10:00"), end=wall("16:00"), title="Nozzle", now=NOW)
    decline(reservation=request, actor=facility_manager, now=NOW, reason="It broke")
    assert open_issues() == set()


def test_what_was_set_aside_before_a_move_counts_no_more_after_it(make_booking, facility_manager, working_hours):
    override = Overriding(by=facility_manager, reason="Open day")
    reservation = make_booking(("19:00", "20:00"), override=override).reservations[0]
    tuesday = {"start": wall("2027-03-02 09:00"), "end": wall("2027-03-02 10:00")}
    move(reservation=reservation, actor=facility_manager, now=NOW, **tuesday)
    cancel_day(working_hours.event_set.get(), tuesday["start"].date(), now=NOW)
    assert open_issues() == {(reservation.pk, "outside_opening_hours")}
