"""Booking what a machine can do: the system chooses the machines, says which, and can choose again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.scheduling.recurrence import Repeat
from bookings.services import reassign
from core.refusals import Refused
from equipment.availability import add_outage, closed_days, new_calendar
from equipment.models import CertificateKind, EquipmentType, Process
from floor.services import approve
from tests.conftest import MONDAY, NOW, wall


@pytest.fixture
def large_type(db):
    """A printer type with a bed of 500 mm, beside the ordinary one of 300 mm."""
    EquipmentType.objects.filter(slug="ultimaker-s5").update(height_mm=300, materials=["PLA"])
    return make_type("bigrep-one", height_mm=500, materials=["PLA", "PETG"])


def make_type(slug, **fields):
    """On the quarter, with no set-up or clean-up."""
    values = {"process": Process.FDM, "grid_minutes": 15, "shortest": timedelta(minutes=30), **fields}
    return EquipmentType.objects.create(name=slug.title(), slug=slug, **values)


@pytest.fixture
def large(make_equipment, large_type):
    return make_equipment("FDM-90", type=large_type)


def able(start="09:00", end="11:00", *, units=1, finish=False, **ability):
    types = tuple(EquipmentType.objects.able_to(**{"process": "fdm", **ability}))
    return RequestedSlot(wall(start), wall(end), units=units, finish=finish, able_types=types)


def codes(reservations):
    return sorted(r.equipment.code for r in reservations)


def refusals(refused):
    return [refusal.code for refusal in refused.value.refusals]


# ---- Choosing ---------------------------------------------------------------------------------------------------


def test_the_machine_is_one_that_is_able(make_booking, printer, large):
    assert codes(make_booking(able(height_mm=400)).reservations) == ["FDM-90"]
    assert codes(make_booking(able("13:00", "14:00", material="PETG")).reservations) == ["FDM-90"]


def test_machines_of_different_types_serve_together(make_booking, printer, large):
    assert codes(make_booking(able(units=2)).reservations) == ["FDM-01", "FDM-90"]


def test_the_choice_leaves_the_longest_gap_unbroken(make_booking, make_reservation, printer, large):
    make_reservation("14:00", "17:00", equipment=large)
    assert codes(make_booking(able()).reservations) == ["FDM-90"]


def test_a_repeated_wish_stays_on_the_machines_it_had(make_booking, printer, second_printer, large):
    outcome = make_booking(able(units=2), repeat=Repeat("FREQ=WEEKLY;COUNT=4"))
    assert len(outcome.reservations) == 8
    assert len(set(codes(outcome.reservations))) == 2


def test_a_date_is_left_out_only_when_every_able_machine_is_closed(make_booking, printer, large):
    closures = new_calendar("Closures")
    closed_days(closures, first=MONDAY + timedelta(days=7), title="Repairs", now=NOW)
    printer.closures.add(closures)
    repeat = Repeat("FREQ=WEEKLY;COUNT=2", skip_closures=True)
    assert codes(make_booking(able(), repeat=repeat).reservations) == ["FDM-01", "FDM-90"]
    large.closures.add(closures)
    assert len(make_booking(able("13:00", "14:00"), repeat=repeat).reservations) == 1


def test_too_few_say_how_many_are_free_and_when_there_are_enough(make_booking, make_reservation, printer, large):
    make_reservation("09:00", "11:00", equipment=large)
    with pytest.raises(Refused) as refused:
        make_booking(able(units=2))
    (refusal,) = refused.value.refusals
    assert refusal.code == "no_unit_free"
    assert refusal.message.startswith("1 of 2 are free then")
    alternative = refusal.alternatives[0]
    again = make_booking(
        RequestedSlot(alternative.start, alternative.end, units=2, able_types=tuple(EquipmentType.objects.all()))
    )
    assert codes(again.reservations) == sorted(alternative.equipment)


def test_what_no_machine_can_do_is_said(make_booking, printer):
    with pytest.raises(Refused) as refused:
        make_booking(able(height_mm=9000), ("13:00", "14:00"))
    assert [r.message for r in refused.value.refusals] == ["No machine can do this."]
    assert len(make_booking(able(height_mm=9000), ("13:00", "14:00"), on_refusal="skip").reservations) == 1


def test_each_is_finished_on_the_station_of_its_own_type(make_booking, make_equipment, printer_type, printer, large):
    for number, type_ in enumerate((printer_type, large.type), start=1):
        station = make_type(f"saw-{number}", process=Process.CUTTING)
        make_equipment(f"POST-0{number}", type=station)
        type_.finished_on, type_.finishing_time = station, timedelta(hours=number)
        type_.save()
    made = make_booking(able(units=2, finish=True)).reservations
    finished = {r.equipment.code: r.end - r.start for r in made}
    assert finished["POST-01"] == timedelta(hours=1)
    assert finished["POST-02"] == timedelta(hours=2)


def test_the_statements_do_not_grow_with_the_dates(make_booking, make_equipment, printer, second_printer, large):
    saw = make_type("saw", process=Process.CUTTING)
    make_equipment("POST-01", type=saw)
    EquipmentType.objects.filter(process=Process.FDM).update(finished_on=saw, finishing_time=timedelta(minutes=30))

    def statements(dates):
        requested_slot = able(units=3, finish=True)
        with CaptureQueriesContext(connection) as captured:
            make_booking(requested_slot, repeat=Repeat(f"FREQ=WEEKLY;COUNT={dates}"), dry_run=True)
        return len(captured)

    statements(1)  # reads what the purpose counts as, once
    assert statements(14) == statements(1)


# ---- Choosing again ---------------------------------------------------------------------------------------------


def test_a_machine_that_breaks_is_replaced_by_one_of_its_type(
    make_reservation, engineer, printer, large, second_printer
):
    reservation = make_reservation()
    add_outage(equipment=printer, start=wall("08:00"), end=wall("18:00"), title="Nozzle", now=NOW)
    chosen = reassign(reservation=reservation, actor=engineer, now=NOW)
    assert chosen.equipment == second_printer
    reservation.refresh_from_db()
    assert (reservation.equipment, reservation.start, reservation.revision) == (second_printer, wall("09:00"), 1)


def test_another_type_serves_when_it_can_do_as_much(make_reservation, engineer, printer, large):
    reservation = make_reservation()
    assert reassign(reservation=reservation, actor=engineer, now=NOW).equipment == large
    assert Reservation.objects.get().occupied.lower == wall("09:00")  # the large one has no set-up


@pytest.mark.parametrize("lacking", [{"height_mm": 200}, {"materials": ["PETG"]}, {"process": "sla"}])
def test_what_can_do_less_does_not_serve(make_reservation, engineer, printer, large, lacking):
    EquipmentType.objects.filter(pk=large.type_id).update(**lacking)
    reservation = make_reservation()
    with pytest.raises(Refused) as refused:
        reassign(reservation=reservation, actor=engineer, now=NOW)
    assert refusals(refused) == ["no_unit_free"]
    assert Reservation.objects.get().equipment == printer


def test_where_none_serves_at_that_time_another_time_is_told(make_reservation, engineer, printer, second_printer):
    reservation = make_reservation()
    make_reservation("10:00", "12:00", equipment=second_printer)
    with pytest.raises(Refused) as refused:
        reassign(reservation=reservation, actor=engineer, now=NOW)
    assert ("FDM-02",) in [a.equipment for a in refused.value.refusals[0].alternatives]


def test_the_rules_hold_for_the_machine_that_is_chosen(make_reservation, engineer, printer, large):
    CertificateKind.objects.create(name="Groot", slug="large").required_for.add(large.type)
    reservation = make_reservation()
    with pytest.raises(Refused) as refused:
        reassign(reservation=reservation, actor=engineer, now=NOW)
    assert refusals(refused) == ["not_certified"]


def test_an_approval_is_asked_anew(make_reservation, engineer, facility_manager, printer, second_printer, printer_type):
    printer_type.approval = "manager"
    printer_type.save()
    reservation = approve(reservation=make_reservation(), actor=facility_manager, now=NOW)
    reassign(reservation=reservation, actor=engineer, now=NOW)
    assert Reservation.objects.get().state == "requested"


def test_what_is_over_or_cancelled_is_left_alone(make_reservation, engineer, second_printer):
    reservation = make_reservation()
    with pytest.raises(Refused) as refused:
        reassign(reservation=reservation, actor=engineer, now=wall("11:00"))
    assert refusals(refused) == ["is_over"]
