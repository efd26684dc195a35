"""Booking through the service: what is reserved, what is refused and why."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Override, Reservation, ReservationState
from bookings.scheduling.placement import RequestedSlot
from bookings.services import Overriding, book
from core.refusals import Refused
from equipment.availability import add_outage
from equipment.models import EquipmentState
from tests.conftest import NOW, wall


def codes(refused) -> list[str]:
    return [refusal.code for refusal in refused.value.refusals]


def test_a_booking_holds_its_machine_with_set_up_and_clean_up(make_booking, printer):
    outcome = make_booking(("09:00", "11:00"), title="Bracket")
    reservation = Reservation.objects.get()
    assert outcome.booking.reference.startswith("B-")
    assert (reservation.start, reservation.end) == (wall("09:00"), wall("11:00"))
    assert (reservation.occupied.lower, reservation.occupied.upper) == (wall("08:45"), wall("11:15"))
    assert reservation.state == ReservationState.CONFIRMED
    assert (reservation.economic, reservation.organisation_class) == ("economic", "micro")


def test_a_reservation_may_start_the_minute_another_is_cleaned_up(make_booking):
    make_booking(("09:00", "11:00"))
    make_booking(("11:30", "12:00"))
    assert Reservation.objects.holding().count() == 2


def test_set_up_and_clean_up_keep_others_off(make_booking):
    make_booking(("09:00", "11:00"))
    with pytest.raises(Refused) as refused:
        make_booking(("11:00", "12:00"))
    assert codes(refused) == ["clash"]


def test_a_clash_says_what_of_the_time_is_occupied_and_offers_what_can_be_had(make_booking, second_printer):
    make_booking(("09:00", "11:00"))
    with pytest.raises(Refused) as refused:
        make_booking(("09:30", "10:30"))
    refusal = refused.value.refusals[0]
    assert (refusal.equipment, refusal.start) == ("FDM-01", wall("09:30"))
    assert "all that time" in refusal.message
    assert [(a.start, a.equipment) for a in refusal.alternatives] == [
        (wall("09:30"), ("FDM-02",)),
        (wall("11:30"), ("FDM-01",)),
    ]


def test_alternatives_can_be_booked_as_they_stand(make_booking, printer, second_printer):
    make_booking(("09:00", "11:00"))
    machines = {"FDM-01": printer, "FDM-02": second_printer}
    with pytest.raises(Refused) as refused:
        make_booking(("10:00", "12:00"))
    for alternative in refused.value.refusals[0].alternatives:
        make_booking(RequestedSlot(alternative.start, alternative.end, machines[alternative.equipment[0]]))


def test_all_refusals_come_at_once_with_the_reservation_they_are_about(make_booking, printer):
    with pytest.raises(Refused) as refused:
        make_booking(("09:10", "09:20"), ("17:00", "18:00"), ("10:00", "11:00"))
    found = [(r.code, r.number) for r in refused.value.refusals]
    assert found == [("off_grid", 0), ("too_short", 0), ("outside_opening_hours", 1)]
    assert not Booking.objects.exists()


def test_what_is_possible_is_booked_when_asked_and_the_rest_is_told(make_booking):
    outcome = make_booking(("09:00", "10:00"), ("17:30", "18:00"), on_refusal="skip")
    assert [r.start for r in outcome.reservations] == [wall("09:00")]
    assert [r.code for r in outcome.skipped] == ["outside_opening_hours"]


def test_nothing_possible_is_a_refusal_also_when_skipping(make_booking):
    with pytest.raises(Refused):
        make_booking(("20:00", "21:00"), on_refusal="skip")
    assert not Booking.objects.exists()


def test_a_booking_cannot_hold_one_machine_twice_at_once(make_booking):
    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "10:00"), ("09:30", "10:30"))
    assert [(r.code, r.number) for r in refused.value.refusals] == [("clash", 1)]


def test_a_dry_run_judges_and_writes_nothing(make_booking):
    outcome = make_booking(("09:00", "11:00"), dry_run=True)
    assert outcome.booking is None
    assert outcome.reservations[0].pk is None
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2027-02-22 09:00", "2027-02-22 10:00", {"in_the_past"}),
        ("2027-03-01 10:00", "2027-03-01 10:00", {"zero_length"}),
        ("2027-03-01 10:00", "2027-03-01 09:00", {"zero_length"}),
        ("2027-03-01 09:10", "2027-03-01 10:00", {"off_grid"}),
        ("2027-03-01 09:00", "2027-03-01 17:30", {"too_long"}),
        ("2027-03-06 09:00", "2027-03-06 10:00", {"outside_opening_hours"}),
        ("2027-03-01 08:00", "2027-03-01 09:00", {"outside_opening_hours"}),
        ("2028-03-01 09:00", "2028-03-01 10:00", {"beyond_horizon"}),
        ("9999-12-31 09:00", "9999-12-31 10:00", {"beyond_horizon"}),
        ("0001-01-02 09:00", "0001-01-02 10:00", {"in_the_past"}),
    ],
)
def test_every_broken_rule_is_named(make_booking, printer, start, end, expected):
    with pytest.raises(Refused) as refused:
        make_booking(RequestedSlot(wall(start), wall(end), printer))
    assert set(codes(refused)) == expected


def test_a_machine_that_is_out_of_service_is_refused_as_such(make_booking, printer, second_printer):
    add_outage(printer, start=wall("10:00"), end=wall("12:00"), title="Nozzle", now=NOW)
    with pytest.raises(Refused) as refused:
        make_booking(("11:00", "13:00"))
    assert codes(refused) == ["during_outage"]
    assert "12:00" in refused.value.refusals[0].message


def test_retired_machines_strangers_and_missing_purposes_are_refused_together(make_booking, printer, other_engineer):
    printer.state = EquipmentState.RETIRED
    printer.save()
    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "10:00"), booker=other_engineer, purpose=None)
    assert codes(refused) == ["not_member", "needs_purpose", "equipment_retired"]


def test_an_unknown_organisation_reads_like_a_foreign_one(make_booking, other_engineer):
    with pytest.raises(Refused) as foreign:
        make_booking(("09:00", "10:00"), booker=other_engineer)
    with pytest.raises(Refused) as unknown:
        make_booking(("09:00", "10:00"), booker=other_engineer, organisation=None)
    assert foreign.value.refusals == unknown.value.refusals


def test_a_suspended_organisation_cannot_book(make_booking, verhagen):
    verhagen.suspended_at = NOW - timedelta(days=1)
    verhagen.save()
    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "10:00"))
    assert codes(refused) == ["organisation_suspended"]


def test_a_purpose_of_another_class_of_organisation_is_refused(make_booking):
    from bookings.models import Purpose

    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "10:00"), purpose=Purpose.objects.get(code="education"))
    assert codes(refused) == ["needs_purpose"]


def test_notice_is_counted_from_now(make_booking, printer_type):
    printer_type.notice_period = timedelta(days=7)
    printer_type.save()
    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "10:00"))
    assert codes(refused) == ["notice_too_short"]
    make_booking(("2027-03-04 09:00", "2027-03-04 10:00"))


def test_a_type_is_served_by_the_machine_whose_free_stretch_is_shortest(make_booking, printer, second_printer):
    make_booking(RequestedSlot(wall("08:30"), wall("12:00"), second_printer))
    outcome = make_booking(RequestedSlot(wall("13:00"), wall("14:00"), equipment_type=printer.type))
    assert outcome.reservations[0].equipment == second_printer


def test_two_units_take_two_machines_or_none(make_booking, printer, second_printer):
    requested_slot = RequestedSlot(wall("13:00"), wall("14:00"), equipment_type=printer.type, units=2)
    assert {r.equipment for r in make_booking(requested_slot).reservations} == {printer, second_printer}
    with pytest.raises(Refused) as refused:
        make_booking(requested_slot)
    assert codes(refused) == ["no_unit_free"]
    assert refused.value.refusals[0].alternatives[0].equipment == ("FDM-01", "FDM-02")


def test_wishes_for_a_type_do_not_share_a_machine(make_booking, printer, second_printer):
    requested_slot = RequestedSlot(wall("13:00"), wall("14:00"), equipment_type=printer.type)
    assert len({r.equipment for r in make_booking(requested_slot, requested_slot).reservations}) == 2
    with pytest.raises(Refused) as refused:
        make_booking(requested_slot)
    assert codes(refused) == ["no_unit_free"]


def test_a_reason_that_all_machines_share_is_told_instead_of_no_unit_free(make_booking, printer, second_printer):
    with pytest.raises(Refused) as refused:
        make_booking(RequestedSlot(wall("20:00"), wall("21:00"), equipment_type=printer.type))
    assert codes(refused) == ["outside_opening_hours"]


def test_a_facility_manager_sets_rules_aside_with_a_reason_kept(make_booking, facility_manager):
    override = Overriding(by=facility_manager, reason="Open day")
    outcome = make_booking(("19:00", "20:00"), booker=facility_manager, override=override)
    assert outcome.reservations[0].state == ReservationState.CONFIRMED
    assert {(o.code, o.by, o.reason) for o in Override.objects.all()} == {
        ("not_member", facility_manager, "Open day"),
        ("outside_opening_hours", facility_manager, "Open day"),
    }


def test_nobody_sets_a_clash_aside(make_booking, facility_manager):
    make_booking(("09:00", "10:00"))
    with pytest.raises(Refused) as refused:
        make_booking(("09:00", "10:00"), override=Overriding(by=facility_manager, reason="Mine"))
    assert codes(refused) == ["clash"]


def test_only_a_facility_manager_sets_rules_aside(make_booking, engineer):
    with pytest.raises(Refused):
        make_booking(("19:00", "20:00"), override=Overriding(by=engineer, reason="Please"))


def test_the_database_itself_refuses_an_overlap(make_booking, make_reservation):
    reservation = make_reservation()
    with pytest.raises(IntegrityError, match="no_double_booking"):
        Reservation.objects.create(
            booking=reservation.booking,
            equipment=reservation.equipment,
            period=(wall("10:00"), wall("12:00")),
            occupied=(wall("10:00"), wall("12:00")),
            state=ReservationState.REQUESTED,
            economic="economic",
            organisation_class="micro",
        )


def test_history_tells_who_booked_and_who_moved(make_reservation, engineer, org_manager):
    from bookings.services import move

    reservation = make_reservation()
    move(reservation=reservation, actor=org_manager, now=NOW, start=wall("13:00"), end=wall("14:00"))
    users = [event.pgh_context.metadata["user"] for event in reservation.events.order_by("pgh_id")]
    assert users == [engineer.pk, org_manager.pk]


@pytest.mark.parametrize("size", [1, 3])
def test_the_number_of_statements_does_not_grow_with_the_reservations(make_booking, engineer, printer, size):
    requested_slots = [
        RequestedSlot(wall(f"{9 + i}:00".zfill(5)), wall(f"{9 + i}:30".zfill(5)), printer) for i in range(size)
    ]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        make_booking(*requested_slots)
    work = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(work) <= 8, work


def test_elapsed_time_counts_across_the_change_of_the_clocks(engineer, verhagen, purpose, make_equipment, printer_type):
    always = make_equipment("FDM-09", opening_hours=None, longest=timedelta(hours=2))
    night = RequestedSlot(wall("2027-03-28 01:00"), wall("2027-03-28 04:00"), always)
    arguments = {"booker": engineer, "organisation": verhagen, "purpose": purpose, "now": NOW}
    reservation = book(requested_slots=[night], **arguments).reservations[0]
    assert reservation.end - reservation.start == timedelta(hours=2)
    with pytest.raises(Refused) as refused:
        book(requested_slots=[RequestedSlot(wall("2027-10-31 01:00"), wall("2027-10-31 03:00"), always)], **arguments)
    assert codes(refused) == ["too_long"]
