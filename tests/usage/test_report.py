"""Booked hours against bookable hours: what counts, to which month, and that it adds up."""

from datetime import date, timedelta

import pytest

from bookings.models import Reservation, ReservationState
from bookings.services import cancel
from equipment.availability import add_outage
from tests.conftest import NOW, wall
from usage.measures import HOUR
from usage.report import report_of

MARCH = date(2027, 3, 1)

pytestmark = pytest.mark.django_db


def test_a_reservation_counts_without_set_up_and_clean_up(make_reservation):
    make_reservation("09:00", "11:30")
    report = report_of(MARCH)
    assert report.booked == 2.5 * HOUR
    assert [(g.name, g.booked) for g in report.by_equipment] == [("FDM-01", 2.5 * HOUR)]


def test_opening_hours_are_what_an_attended_machine_can_be_booked_for(printer):
    """March 2027 has 23 weekdays of ten hours; the clock changes on a Sunday."""
    assert report_of(MARCH).bookable == 230 * HOUR


def test_an_unattended_machine_can_be_had_around_the_clock_of_a_month_that_lost_an_hour(printer, printer_type):
    printer_type.unattended = True
    printer_type.save()
    assert report_of(MARCH).bookable == (31 * 24 - 1) * HOUR
    assert report_of(date(2027, 10, 5)).bookable == (31 * 24 + 1) * HOUR


@pytest.mark.parametrize(("unattended", "left"), [(False, 230 - 4), (True, 743 - 24)])
def test_an_outage_is_taken_off(printer, printer_type, unattended, left):
    printer_type.unattended = unattended
    printer_type.save()
    until = wall("2027-03-02 14:00") if unattended else wall("18:00")
    add_outage(printer, start=wall("14:00"), end=until, title="Nozzle", now=NOW)
    assert report_of(MARCH).bookable == left * HOUR


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("requested", False),
        ("offered", False),
        ("confirmed", True),
        ("in_use", True),
        ("completed", True),
        ("declined", False),
        ("lapsed", False),
        ("cancelled", False),
        ("no_show", True),
        ("displaced", False),
    ],
)
def test_what_counts_as_booked(make_reservation, state, counts):
    Reservation.objects.filter(pk=make_reservation().pk).update(state=ReservationState(state))
    assert bool(report_of(MARCH).booked) == counts


def test_what_was_cancelled_is_gone_from_the_report(make_reservation, engineer):
    cancel(reservation=make_reservation(), actor=engineer, now=NOW)
    assert report_of(MARCH).rows == []


def test_a_run_over_the_end_of_the_month_is_split_there(make_reservation, printer_type):
    printer_type.longest, printer_type.unattended = timedelta(hours=72), True
    printer_type.save()
    make_reservation("2027-03-31 15:00", "2027-04-01 10:00")
    assert report_of(MARCH).booked == 9 * HOUR
    assert report_of(date(2027, 4, 1)).booked == 10 * HOUR


def test_a_run_over_the_change_of_the_clock_counts_elapsed_hours(make_reservation, printer_type):
    printer_type.longest, printer_type.unattended = timedelta(hours=90), True
    printer_type.save()
    make_reservation("2027-03-26 10:00", "2027-03-29 10:00")
    assert report_of(MARCH).booked == 71 * HOUR


def test_every_breakdown_adds_up_to_the_same_total(make_reservation, second_printer, teacher, summa, kempen):
    make_reservation("09:00", "11:00")
    make_reservation("12:00", "12:30")
    make_reservation("09:00", "13:30", second_printer, booker=teacher, organisation=summa)
    report = report_of(MARCH)
    breakdowns = (
        report.by_fieldlab,
        report.by_equipment,
        report.by_organisation,
        report.by_organisation_class,
        report.by_purpose,
        report.by_economic,
    )
    for groups in breakdowns:
        assert sum((group.booked for group in groups), timedelta(0)) == report.booked == 7 * HOUR
        assert sum(len(group.rows) for group in groups) == 3
    assert [group.name for group in report.by_organisation] == ["Summa College", "Verhagen Fijnmechanica"]


def test_an_organisation_reads_its_own_hours_only(make_reservation, second_printer, teacher, summa, verhagen):
    make_reservation("09:00", "11:00")
    make_reservation("09:00", "13:30", second_printer, booker=teacher, organisation=summa)
    assert report_of(MARCH, verhagen).booked == 2 * HOUR
    assert {row.organisation for row in report_of(MARCH, verhagen).rows} == {"Verhagen Fijnmechanica"}


def test_the_economic_share_leaves_out_what_is_not_counted(make_reservation):
    times = ("09:00", "10:00"), ("11:00", "14:00"), ("15:00", "17:00")
    _economic, second, third = (make_reservation(*each) for each in times)
    Reservation.objects.filter(pk=second.pk).update(economic="non_economic")
    Reservation.objects.filter(pk=third.pk).update(economic="not_counted")
    assert report_of(MARCH).economic_share == 0.25


def test_a_machine_out_of_service_stays_in_the_month_it_was_booked_in(make_reservation, printer, second_printer):
    make_reservation()
    for machine in (printer, second_printer):
        machine.state = "retired"
        machine.save()
    assert [group.name for group in report_of(MARCH).by_equipment] == ["FDM-01"]


def test_a_month_with_nothing_in_it_says_so(db):
    report = report_of(MARCH)
    assert (report.rows, report.utilisation, report.economic_share) == ([], None, None)


def test_more_rows_take_no_more_statements(make_reservation, second_printer, django_assert_num_queries):
    make_reservation()
    with django_assert_num_queries(3):
        report_of(MARCH)
    make_reservation("12:00", "13:00")
    make_reservation("12:00", "13:00", second_printer)
    with django_assert_num_queries(3):
        report_of(MARCH)
