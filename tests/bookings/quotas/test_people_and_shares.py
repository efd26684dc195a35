"""Certificates, operators, quotas and limits: through the services, on a real database."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from bookings.models import Issue, Quota, Reservation, ReservationState
from bookings.scheduling.placement import RequestedSlot
from bookings.services import Overriding, book, cancel, find_slots, move
from core.refusals import Refused
from equipment.availability import new_calendar, weekly_hours
from equipment.certificates.services import grant, withdraw
from equipment.models import CertificateKind, Equipment, Operator
from floor.services import approve, decline
from organisations.models import TECHNICIANS, User
from tests.conftest import NOW, wall


def codes(refused) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


@pytest.fixture
def technician(db):
    user = User.objects.create_user("technician@example.org", name="Technician", language="en")
    user.groups.add(Group.objects.get(name=TECHNICIANS))
    return user


# ---- Certificates -----------------------------------------------------------------------------------------------


@pytest.fixture
def instruction(printer_type):
    kind = CertificateKind.objects.create(name="Instructie FDM", name_en="FDM instruction", slug="fdm", valid_months=12)
    kind.required_for.add(printer_type)
    return kind


def test_without_a_certificate_the_machine_is_refused_and_with_one_it_is_not(
    make_reservation, instruction, engineer, technician
):
    with pytest.raises(Refused) as refused:
        make_reservation()
    assert codes(refused) == ["not_certified"]
    assert "FDM instruction" in refused.value.refusals[0].message
    certificate = grant(user=engineer, kind=instruction, by=technician, now=NOW)
    assert certificate.valid_until == date(2028, 2, 24)
    make_reservation()


def test_a_certificate_counts_on_the_day_of_use_not_of_booking(make_reservation, instruction, engineer, technician):
    grant(user=engineer, kind=instruction, by=technician, now=NOW, valid_until=date(2027, 3, 2))
    make_reservation()
    with pytest.raises(Refused) as refused:
        make_reservation("2027-03-02 09:00", "2027-03-02 10:00")
    assert codes(refused) == ["not_certified"]
    assert "through 1 March 2027" in refused.value.refusals[0].message


def test_a_supervisor_covers_a_class(make_booking, instruction, technician, org_manager):
    grant(user=org_manager, kind=instruction, by=technician, now=NOW)
    make_booking(("09:00", "10:00"), supervisor=org_manager)


def test_a_type_that_names_two_certificates_needs_both(
    make_reservation, instruction, engineer, technician, printer_type
):
    powder = CertificateKind.objects.create(name="Poeder", slug="powder")
    powder.required_for.add(printer_type)
    grant(user=engineer, kind=instruction, by=technician, now=NOW)
    with pytest.raises(Refused) as refused:
        make_reservation()
    assert "Poeder" in refused.value.refusals[0].message


def test_a_withdrawn_certificate_marks_what_it_breaks_and_a_new_one_resolves_it(
    make_reservation, instruction, engineer, technician
):
    certificate = grant(user=engineer, kind=instruction, by=technician, now=NOW)
    reservation = make_reservation()
    withdraw(certificate=certificate, by=technician, now=NOW, reason="Left the machine open")
    assert [(c.reservation, c.code) for c in Issue.objects.filter(closed_at=None)] == [(reservation, "not_certified")]
    with pytest.raises(Refused):
        make_reservation("13:00", "14:00")
    grant(user=engineer, kind=instruction, by=technician, now=NOW)
    assert not Issue.objects.filter(closed_at=None).exists()


def test_a_certificate_that_was_set_aside_is_no_issue(
    make_booking, instruction, facility_manager, technician, engineer
):
    override = Overriding(by=facility_manager, reason="I stay with it")
    make_booking(("09:00", "10:00"), booker=facility_manager, override=override)
    certificate = grant(user=facility_manager, kind=instruction, by=technician, now=NOW)
    withdraw(certificate=certificate, by=technician, now=NOW, reason="Moved on")
    assert not Issue.objects.exists()


def test_only_technicians_grant_and_withdraw(instruction, engineer):
    with pytest.raises(PermissionDenied):
        grant(user=engineer, kind=instruction, by=engineer, now=NOW)


# ---- Operators --------------------------------------------------------------------------------------------------


@pytest.fixture
def operated(printer, second_printer, printer_type):
    printer_type.operator_needed = True
    printer_type.save()
    return printer_type


@pytest.fixture
def operator(operated, technician):
    """Works on Monday to Friday from 09:00 to 13:00."""
    hours = new_calendar("Operator")
    weekly_hours(hours, weekdays=range(5), opens=time(9), closes=time(13), since=date(2027, 1, 4), now=NOW)
    operator = Operator.objects.create(user=technician, hours=hours)
    operator.types.add(operated)
    return operator


def reload(machine):
    return Equipment.objects.with_type().get(pk=machine.pk)


def test_an_operator_is_booked_with_the_machine_and_is_not_in_two_places(
    make_reservation, operator, printer, second_printer
):
    reservation = make_reservation("09:30", "11:00", equipment=reload(printer))
    assert reservation.operator == operator
    with pytest.raises(Refused) as refused:
        make_reservation("10:00", "11:00", equipment=reload(second_printer))
    assert codes(refused) == ["no_operator"]
    make_reservation("11:30", "12:30", equipment=reload(second_printer))


def test_an_operator_works_in_their_own_hours(make_reservation, operator, printer):
    with pytest.raises(Refused) as refused:
        make_reservation("13:00", "14:00", equipment=reload(printer))
    assert codes(refused) == ["no_operator"]


def test_two_machines_in_one_booking_need_two_operators(make_booking, operator, printer, second_printer):
    with pytest.raises(Refused) as refused:
        make_booking(*(RequestedSlot(wall("10:00"), wall("11:00"), reload(m)) for m in (printer, second_printer)))
    assert [(r.code, r.number) for r in refused.value.refusals] == [("no_operator", 1)]


def test_an_unattended_run_needs_its_operator_only_while_people_are_needed(
    make_reservation, operator, printer, second_printer
):
    for machine in (printer, second_printer):
        machine.unattended, machine.longest = True, timedelta(hours=40)
        machine.save()
    first = make_reservation("09:30", "2027-03-02 09:30", equipment=reload(printer))
    second = make_reservation("10:00", "2027-03-02 11:00", equipment=reload(second_printer))
    assert first.operator == second.operator == operator


def test_a_move_takes_the_operator_along(make_reservation, operator, printer, engineer):
    reservation = make_reservation("09:30", "11:00", equipment=reload(printer))
    move(reservation=reservation, actor=engineer, now=NOW, start=wall("10:00"), end=wall("12:00"))
    assert Reservation.objects.get().operated[0].start == wall("09:45")


# ---- Quotas and limits ------------------------------------------------------------------------------------------


@pytest.fixture
def quota(verhagen):
    return Quota.objects.create(organisation=verhagen, span="week", hours=Decimal(5))


def test_hours_are_shared_by_the_people_of_an_organisation(make_reservation, quota, org_manager):
    make_reservation("09:00", "12:00")
    with pytest.raises(Refused) as refused:
        make_reservation("13:00", "16:00", booker=org_manager)
    assert codes(refused) == ["over_quota"]
    assert "2 of its 5 hours left" in refused.value.refusals[0].message
    make_reservation("13:00", "15:00", booker=org_manager)


def test_the_next_week_has_its_own_hours(make_reservation, quota):
    make_reservation("09:00", "14:00")
    make_reservation("2027-03-08 09:00", "2027-03-08 14:00")


def test_what_one_booking_asks_for_adds_up(make_booking, quota):
    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "12:00"), ("13:00", "16:00"))
    assert [(r.code, r.number) for r in refused.value.refusals] == [("over_quota", 1)]


def test_cancelled_in_time_gives_back_and_late_does_not(make_reservation, quota, engineer):
    cancel(reservation=make_reservation("09:00", "14:00"), actor=engineer, now=NOW)
    late = make_reservation("09:00", "14:00")
    cancel(reservation=late, actor=engineer, now=wall("2027-02-28 12:00"))
    with pytest.raises(Refused) as refused:
        make_reservation("2027-03-02 09:00", "2027-03-02 09:30")
    assert codes(refused) == ["over_quota"]


@pytest.mark.parametrize(
    ("state", "counts"), [("no_show", True), ("completed", True), ("displaced", False), ("declined", False)]
)
def test_what_counts_after_the_fact(make_reservation, quota, state, counts):
    Reservation.objects.filter(pk=make_reservation("09:00", "14:00").pk).update(state=state)
    if counts:
        with pytest.raises(Refused):
            make_reservation("2027-03-02 09:00", "2027-03-02 10:00")
    else:
        make_reservation("2027-03-02 09:00", "2027-03-02 10:00")


def test_off_peak_hours_weigh_less(make_reservation, quota):
    quota.off_peak_weight, quota.peak_from, quota.peak_until = Decimal("0.5"), time(9), time(12)
    quota.save()
    make_reservation("09:00", "16:00")  # three hours of peak and four that count half
    with pytest.raises(Refused):
        make_reservation("2027-03-02 09:00", "2027-03-02 09:30")


def test_a_quota_on_another_type_or_fieldlab_does_not_count(make_reservation, quota, fieldlab):
    from equipment.models import Fieldlab

    quota.fieldlab = Fieldlab.objects.create(name="Metaal", slug="metal")
    quota.save()
    make_reservation("09:00", "16:00")


@pytest.mark.parametrize(
    ("span", "day", "first", "hours"),
    [
        ("week", date(2027, 3, 28), "2027-03-22 00:00", 167),
        ("week", date(2027, 10, 31), "2027-10-25 00:00", 169),
        ("month", date(2027, 3, 28), "2027-03-01 00:00", 31 * 24 - 1),
        ("quarter", date(2027, 12, 31), "2027-10-01 00:00", 92 * 24 + 1),
    ],
)
def test_windows_are_whole_on_the_wall_also_when_the_clocks_change(span, day, first, hours):
    window = Quota(span=span).window_of(day)
    assert window.start == wall(first)
    assert window.end - window.start == timedelta(hours=hours)


def test_a_limit_on_open_reservations_counts_the_organisations_ahead(make_reservation, printer_type, engineer):
    printer_type.open_reservation_limit = 2
    printer_type.save()
    first = make_reservation("09:00", "10:00")
    make_reservation("11:00", "12:00")
    with pytest.raises(Refused) as refused:
        make_reservation("13:00", "14:00")
    assert codes(refused) == ["too_many_open"]
    move(reservation=first, actor=engineer, now=NOW, start=wall("15:00"), end=wall("16:00"))
    cancel(reservation=first, actor=engineer, now=NOW)
    make_reservation("13:00", "14:00")


# ---- Approval ---------------------------------------------------------------------------------------------------


@pytest.fixture
def request_of(make_reservation, printer_type):
    printer_type.approval = "manager"
    printer_type.save()
    return make_reservation


def test_a_request_holds_its_slot_until_it_is_decided(request_of, facility_manager):
    request = request_of()
    assert request.state == ReservationState.REQUESTED
    with pytest.raises(Refused) as refused:
        request_of()
    assert codes(refused) == ["clash"]
    approve(reservation=request, actor=facility_manager, now=NOW)
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (ReservationState.CONFIRMED, facility_manager)


def test_declining_needs_a_reason_and_frees_the_slot(request_of, facility_manager):
    request = request_of()
    with pytest.raises(Refused):
        decline(reservation=request, actor=facility_manager, now=NOW, reason="  ")
    decline(reservation=request, actor=facility_manager, now=NOW, reason="Open day")
    assert Reservation.objects.get().decision_reason == "Open day"
    request_of()


def test_only_a_facility_manager_decides_and_only_once(request_of, facility_manager, engineer):
    request = request_of()
    with pytest.raises(PermissionDenied):
        approve(reservation=request, actor=engineer, now=NOW)
    approve(reservation=request, actor=facility_manager, now=NOW)
    with pytest.raises(Refused) as refused:
        decline(reservation=request, actor=facility_manager, now=NOW, reason="Too late")
    assert codes(refused) == ["wrong_state"]


def test_what_was_approved_is_asked_anew_when_it_is_moved(request_of, facility_manager, engineer):
    request = request_of()
    approve(reservation=request, actor=facility_manager, now=NOW)
    request.refresh_from_db()
    moved = move(reservation=request, actor=engineer, now=NOW, start=wall("13:00"), end=wall("15:00"))
    assert moved.state == Reservation.objects.get().state == ReservationState.REQUESTED


# ---- Search -----------------------------------------------------------------------------------------------------


def test_the_search_leaves_out_what_the_person_cannot_book(
    engineer, verhagen, operator, quota, instruction, technician, printer
):
    arguments = {
        "person": engineer,
        "organisation": verhagen,
        "equipment": Equipment.objects.filter(pk=printer.pk),
        "duration": timedelta(hours=2),
        "earliest": wall("00:00"),
        "latest": wall("2027-03-08 00:00"),
        "now": NOW,
    }
    assert find_slots(**arguments) == []
    grant(user=engineer, kind=instruction, by=technician, now=NOW)
    slots = find_slots(**arguments)
    assert [slot.start for slot in slots[:2]] == [wall("09:30"), wall("2027-03-02 09:30")]
    quota.hours = Decimal("1.5")
    quota.save()
    assert find_slots(**arguments) == []


def test_a_facility_manager_books_without_an_operator_and_says_why(make_booking, operated, printer, facility_manager):
    override = Overriding(by=facility_manager, reason="I run it myself", codes={"no_operator"})
    reservation = make_booking(
        RequestedSlot(wall("14:00"), wall("15:00"), reload(printer)), override=override
    ).reservations[0]
    assert (reservation.operator, reservation.overrides.get().code) == (None, "no_operator")


def test_two_units_count_twice_for_a_quota(engineer, verhagen, purpose, quota, printer, second_printer):
    requested_slot = RequestedSlot(wall("09:00"), wall("12:00"), equipment_type=printer.type, units=2)
    with pytest.raises(Refused) as refused:
        book(booker=engineer, organisation=verhagen, purpose=purpose, requested_slots=[requested_slot], now=NOW)
    assert codes(refused) == ["no_unit_free"]
