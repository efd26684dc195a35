"""What a policy may say, on a type and on one machine; without a database."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from equipment.models import Equipment, EquipmentType
from equipment.policy import Policy

AHEAD = settings.CALENDARS_EXPANDED_AHEAD


class TestHorizon:
    """Further ahead than calendars are expanded nobody can be told what is open."""

    def test_a_horizon_may_be_as_far_as_calendars_are_known(self):
        EquipmentType(horizon=AHEAD).clean()

    def test_a_horizon_beyond_them_is_refused(self):
        with pytest.raises(ValidationError, match=f"{AHEAD.days} days ahead") as refused:
            EquipmentType(horizon=AHEAD + timedelta(days=1)).clean()
        assert list(refused.value.message_dict) == ["horizon"]

    def test_one_machines_own_horizon_is_held_to_the_same(self):
        machine = Equipment(horizon=AHEAD + timedelta(days=1))
        with pytest.raises(ValidationError, match=f"{AHEAD.days} days ahead"):
            machine.check_policy_on(Policy())


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"longest": timedelta(minutes=15)}, "longest"),
        ({"shortest": timedelta(minutes=20)}, "shortest"),
        ({"set_up": timedelta(minutes=-1)}, "set_up"),
        ({"horizon": timedelta(days=-1)}, "horizon"),
    ],
)
def test_points_that_contradict_each_other_are_refused_at_their_field(fields, refused):
    with pytest.raises(ValidationError) as told:
        EquipmentType(**fields).clean()
    assert list(told.value.message_dict) == [refused]


@pytest.mark.parametrize(
    ("minutes", "allowed"), [(15, False), (30, True), (40, False), (45, True), (120, True), (135, False)]
)
def test_a_length_is_allowed_from_the_shortest_to_the_longest_on_the_grid(minutes, allowed):
    policy = Policy(grid_minutes=15, shortest=timedelta(minutes=30), longest=timedelta(hours=2))
    assert policy.allows(timedelta(minutes=minutes)) is allowed


def test_without_a_longest_every_length_on_the_grid_is_allowed():
    assert Policy(longest=None).allows(timedelta(days=30))
