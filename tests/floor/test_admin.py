"""Settling what is the matter with reservations."""

import pytest
from django.core.exceptions import PermissionDenied

from bookings.models import Concern
from floor.services import settle
from tests.conftest import NOW, wall


@pytest.fixture
def concern(make_reservation) -> Concern:
    return Concern.objects.create(reservation=make_reservation(), code="during_outage", raised_at=NOW)


def test_what_is_settled_is_settled_once(concern, facility_manager):
    assert settle(concern_ids=[concern.pk], actor=facility_manager, now=NOW) == 1
    assert settle(concern_ids=[concern.pk], actor=facility_manager, now=wall("09:00")) == 0
    concern.refresh_from_db()
    assert concern.settled_at == NOW


def test_only_a_facility_manager_settles(concern, org_manager):
    with pytest.raises(PermissionDenied):
        settle(concern_ids=[concern.pk], actor=org_manager, now=NOW)
    concern.refresh_from_db()
    assert concern.settled_at is None
