"""A print and the station that finishes it, asked for at once."""

from datetime import timedelta

import pytest

from bookings.models import Reservation
from bookings.scheduling.placement import RequestedSlot
from core.refusals import Refused
from equipment.models import EquipmentType, Process
from tests.conftest import wall


@pytest.fixture
def saw(printer_type, make_equipment):
    """A saw on the quarter, an hour of which finishes a print."""
    kind = EquipmentType.objects.create(name="Wire EDM", slug="wire-edm", process=Process.CUTTING, grid_minutes=15)
    printer_type.finished_on, printer_type.finishing_time = kind, timedelta(hours=1)
    printer_type.save()
    return make_equipment("POST-01", type=kind)


def test_the_station_is_booked_at_the_first_time_after_the_print(make_booking, saw, printer):
    outcome = make_booking(RequestedSlot(wall("09:00"), wall("11:00"), printer, finish=True))
    assert [(r.equipment.code, r.start, r.end) for r in outcome.reservations] == [
        ("FDM-01", wall("09:00"), wall("11:00")),
        ("POST-01", wall("11:15"), wall("12:15")),
    ]


def test_a_station_that_is_taken_is_booked_later(make_booking, saw, printer):
    make_booking(RequestedSlot(wall("11:00"), wall("17:30"), saw))
    outcome = make_booking(RequestedSlot(wall("09:00"), wall("11:00"), printer, finish=True))
    assert outcome.reservations[1].start == wall("2027-03-02 08:00")


def test_two_prints_do_not_share_a_station_at_once(make_booking, saw, printer, second_printer):
    outcome = make_booking(
        RequestedSlot(wall("09:00"), wall("11:00"), equipment_type=printer.type, units=2, finish=True)
    )
    assert [r.start for r in outcome.reservations[2:]] == [wall("11:15"), wall("12:15")]


def test_nothing_is_booked_where_the_station_is_never_free(make_booking, saw, printer):
    saw.state = "retired"
    saw.save()
    with pytest.raises(Refused) as refused:
        make_booking(RequestedSlot(wall("09:00"), wall("11:00"), printer, finish=True))
    assert [r.code for r in refused.value.refusals] == ["no_unit_free"]
    assert not Reservation.objects.exists()


def test_a_type_without_a_station_says_so(make_booking, printer):
    with pytest.raises(Refused) as refused:
        make_booking(RequestedSlot(wall("09:00"), wall("11:00"), printer, finish=True))
    assert "without finishing" in refused.value.refusals[0].message
