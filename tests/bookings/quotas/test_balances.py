"""What is left of quotas: what counts, in which window, and for whom."""

from decimal import Decimal

import pytest

from bookings.models import Quota
from bookings.quotas.balances import Balance, load_balances
from bookings.services import cancel
from equipment.models import Fieldlab
from tests.conftest import NOW, wall


@pytest.fixture
def quota(verhagen) -> Quota:
    return Quota.objects.create(organisation=verhagen, span="week", hours=Decimal("10.00"))


def balance(organisation, now=NOW):
    [found] = load_balances([organisation], now=now)
    return found


def test_hours_count_in_the_week_they_lie_in(make_reservation, quota, verhagen):
    make_reservation("2027-02-25 09:00", "2027-02-25 10:30")
    make_reservation("09:00", "11:00")
    found = balance(verhagen)
    assert (found.current.used, found.current.left) == (Decimal("1.5"), Decimal("8.5"))
    assert (found.coming.used, found.coming.left) == (2, 8)
    assert found.coming.window.start == wall("00:00")


def test_the_weeks_are_those_of_the_wall_clock(quota, verhagen):
    found = balance(verhagen, now=wall("2027-03-28 12:00"))
    assert found.coming.window.start == wall("2027-03-29 00:00")
    assert (found.current.window.end - found.current.window.start).total_seconds() == 167 * 3600


def test_cancelled_in_time_gives_back_and_late_does_not(make_reservation, quota, verhagen, engineer):
    in_time, late = make_reservation("09:00", "10:00"), make_reservation("11:00", "13:00")
    cancel(reservation=in_time, actor=engineer, now=NOW)
    cancel(reservation=late, actor=engineer, now=wall("10:00"))
    assert balance(verhagen).coming.used == 2


def test_only_what_the_quota_covers_counts(make_reservation, printer_type, fieldlab, verhagen, make_equipment):
    Quota.objects.create(organisation=verhagen, fieldlab=fieldlab, span="week", hours=10)
    elsewhere = make_equipment("FDM-07", fieldlab=Fieldlab.objects.create(name="Elsewhere", slug="elsewhere"))
    make_reservation("09:00", "10:00")
    make_reservation("09:00", "12:00", equipment=elsewhere)
    assert balance(verhagen).coming.used == 1


def test_another_organisations_hours_are_not_counted_or_shown(
    make_reservation, quota, verhagen, kempen, other_engineer
):
    make_reservation("09:00", "10:00", booker=other_engineer, organisation=kempen)
    assert balance(verhagen).coming.used == 0
    assert load_balances([kempen], now=NOW) == []


def test_a_quota_that_was_made_smaller_is_told_as_over():
    told = Balance(None, hours=Decimal(10), used=Decimal(12))
    assert (told.left, told.over, told.percent_used) == (0, 2, 100)
    assert Balance(None, hours=Decimal(0), used=Decimal(0)).percent_used == 100
    assert Balance(None, hours=Decimal(10), used=Decimal("2.5")).percent_used == 25


def test_balances_cost_two_statements(django_assert_num_queries, make_reservation, quota, verhagen, kempen, printer):
    make_reservation("09:00", "10:00")
    make_reservation("11:00", "12:00")
    Quota.objects.create(organisation=verhagen, span="month", hours=40)
    Quota.objects.create(organisation=kempen, span="quarter", hours=400)
    with django_assert_num_queries(2):
        found = load_balances([verhagen, kempen], now=NOW)
        assert [str(b.quota.organisation) for b in found] == ["Kempen Cobotics", *["Verhagen Fijnmechanica"] * 2]
    assert found[0].current.window.start == wall("2027-01-01 00:00")
