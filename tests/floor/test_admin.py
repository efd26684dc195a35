"""Settling what is the matter with reservations."""

import pytest
from django.core.exceptions import PermissionDenied

from bookings.models import Issue
from floor.services import dismiss
from tests.conftest import NOW, wall


@pytest.fixture
def issue(make_reservation) -> Issue:
    return Issue.objects.create(reservation=make_reservation(), code="during_outage", opened_at=NOW)


def test_what_is_dismissed_is_dismissed_once(issue, facility_manager):
    assert dismiss(issue_ids=[issue.pk], actor=facility_manager, now=NOW) == 1
    assert dismiss(issue_ids=[issue.pk], actor=facility_manager, now=wall("09:00")) == 0
    issue.refresh_from_db()
    assert issue.closed_at == NOW


def test_only_a_facility_manager_dismisses(issue, org_manager):
    with pytest.raises(PermissionDenied):
        dismiss(issue_ids=[issue.pk], actor=org_manager, now=NOW)
    issue.refresh_from_db()
    assert issue.closed_at is None
