"""A point of the policy is named once: every place that shows or reads it, walked for all of them."""

from datetime import time, timedelta

import pytest
from django.contrib import admin
from django.db import models
from django.utils import translation

from bic.api.assembly import api
from equipment.api import name_in_api, policy_out
from equipment.catalogue import keys
from equipment.models import Equipment, EquipmentType
from equipment.policy import POLICY_FIELDS, POLICY_POINTS, Approval, Policy

ASKING = Policy(
    grid_minutes=60,
    shortest=timedelta(hours=2),
    longest=timedelta(hours=5),
    notice_period=timedelta(hours=3),
    horizon=timedelta(days=41),
    set_up=timedelta(minutes=7),
    clean_up=timedelta(minutes=11),
    last_start=time(13, 7),
    unattended=True,
    approval=Approval.MANAGER,
    operator_needed=True,
    open_reservation_limit=17,
    free_cancellation_term=timedelta(hours=19),
    check_in_grace=timedelta(minutes=23),
)


@pytest.mark.parametrize("name", POLICY_FIELDS)
def test_a_point_is_a_column_of_types_and_an_override_of_machines(name):
    of_type, of_machine = EquipmentType._meta.get_field(name), Equipment._meta.get_field(name)
    assert isinstance(of_type, models.Field)
    assert isinstance(of_machine, models.Field)
    assert of_machine.null
    assert of_machine.blank
    assert of_type.get_default() == getattr(Policy(), name)
    assert str(of_type.verbose_name) == str(of_machine.verbose_name) == str(POLICY_POINTS[name].label)


@pytest.mark.parametrize("name", POLICY_FIELDS)
def test_a_point_stands_on_both_set_up_pages(name):
    for model in (EquipmentType, Equipment):
        shown = [field for _title, group in admin.site._registry[model].fieldsets for field in group["fields"]]
        assert name in shown


@pytest.mark.parametrize("name", POLICY_FIELDS)
def test_a_point_is_a_key_of_a_catalogue_for_types_and_machines(name):
    key = POLICY_POINTS[name].key or name
    assert key in keys.TYPES
    assert key in keys.EQUIPMENT


@pytest.mark.parametrize("name", POLICY_FIELDS)
def test_a_point_is_in_the_api_and_in_its_description(name):
    called = name_in_api(name, POLICY_POINTS[name])
    described = api.get_openapi_schema(path_prefix="/api/v1/")["components"]["schemas"]["PolicyOut"]
    assert called in described["properties"]
    assert called in described["required"]
    assert policy_out(ASKING).model_dump()[called] not in (None, False, 0, "")


# The page of a machine says when one may start as part of the lengths, and says of the waiting time nothing ahead.
SAID_ELSEWHERE = {"grid_minutes", "longest", "check_in_grace"}
NOT_IN_THE_TABLE = {"grid_minutes", "check_in_grace"}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", POLICY_FIELDS)
def test_a_point_is_said_on_the_house_rules_and_on_the_page_of_a_machine(name, language):
    with translation.override(language):
        asked = {label: value for point, label, value in ASKING.in_table() if point == name}
        assert name in NOT_IN_THE_TABLE or (len(asked) == 1 and all(asked.values()))
        sentence = POLICY_POINTS[name].sentence(ASKING)
        assert name in SAID_ELSEWHERE or (sentence and sentence in ASKING.in_sentences())


def test_what_is_said_differs_by_language():
    said = []
    for language in ("nl", "en"):
        with translation.override(language):
            said.append(ASKING.in_sentences())
    assert all(dutch != english for dutch, english in zip(*said, strict=True))


@pytest.mark.django_db
def test_an_override_of_any_point_holds_for_that_machine_alone(make_equipment, printer):
    machine = make_equipment("ALL-01")
    for name in POLICY_FIELDS:
        setattr(machine, name, getattr(ASKING, name))
    machine.save()
    machine.refresh_from_db()
    assert machine.policy == ASKING
    assert printer.policy != ASKING
