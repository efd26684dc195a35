"""Eight people and what each is to a reservation of the engineer's, from 09:00 to 11:00 on FDM-01."""

import pytest
from django.utils import timezone

from bookings.models import Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from organisations.models import AUDITORS, TECHNICIANS
from tests.api_caller import make_person
from tests.conftest import NOW, wall


@pytest.fixture
def people(engineer, org_manager, other_engineer, facility_manager, verhagen):
    return {
        "booker": engineer,
        "supervisor": make_person("supervisor@example.org", verhagen),
        "colleague": make_person("colleague@example.org", verhagen),
        "organisation manager": org_manager,
        "stranger": other_engineer,
        "technician": make_person("technician@example.org", groups=[TECHNICIANS]),
        "auditor": make_person("auditor@example.org", groups=[AUDITORS]),
        "facility manager": facility_manager,
    }


@pytest.fixture
def reservation(people, verhagen, purpose, printer, second_printer) -> Reservation:
    """As it is read from the database, with booking and machine."""
    booked = book(
        booker=people["booker"],
        organisation=verhagen,
        purpose=purpose,
        supervisor=people["supervisor"],
        requested_slots=[RequestedSlot(wall("09:00"), wall("11:00"), printer)],
        now=NOW,
    )
    return as_it_is(booked.reservations[0])


def as_it_is(reservation: Reservation) -> Reservation:
    return Reservation.objects.select_related("booking", "equipment__type").get(pk=reservation.pk)


@pytest.fixture
def at(monkeypatch):
    """`at(moment)` makes it that time for pages and the API."""

    def set_clock(moment) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_clock(NOW)
    return set_clock
