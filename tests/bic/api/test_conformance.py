"""The API over real HTTP against its own description, as three roles, with made-up and wrong input: never a 5xx, never
an answer or a header that the description does not know. Always the same examples, and few of them: it is a net below
the tests of each call.
"""

import pytest
import schemathesis
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bookings.api.bodies import AbilityIn
from bookings.models import Reservation
from organisations.models import ApiToken

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = ["engineer", "org_manager", "facility_manager"]
MORE_THAN_IT_ASKS = {name: (1_000_000, 60) for name in ("token", "person", "address")}
few_and_always_the_same = settings(
    max_examples=6, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(params=ROLES)
def caller(request, make_reservation):
    """Headers of somebody who may see a booking, so that there is something to read."""
    make_reservation("09:00", "11:00")
    person = request.getfixturevalue(request.param)
    return {"Authorization": f"Bearer {ApiToken.issue(user=person)[1]}", "Accept-Language": "en"}


@pytest.fixture
def sets_rules_aside(caller, request) -> bool:
    """Others are told so at once, and their booking is not looked at."""
    return request.node.callspec.params["caller"] == "facility_manager"


def name_what_exists(case, sets_rules_aside):
    """Made-up codes would only ever be unknown; with these the call gets to its work."""
    reservation = Reservation.objects.select_related("booking").order_by("pk")[0]
    known = {"code": "FDM-01", "id": reservation.pk, "reference": reservation.booking.reference}
    for name in set(case.path_parameters or ()) & set(known):
        case.path_parameters[name] = known[name]
    for name, value in {"organisation": "verhagen", "type": "ultimaker-s5", "fieldlab": "mm3d"}.items():
        if name in (case.query or ()):
            case.query[name] = value
    if "type" in (case.query or ()):
        for name in (*AbilityIn.model_fields, "equipment", "supervisor"):
            case.query.pop(name, None)
    if isinstance(case.body, dict) and "reservations" in case.body:
        name_what_can_be_booked(case.body)
        if not sets_rules_aside:
            case.body["override"] = None


def name_what_can_be_booked(body):
    body |= {"organisation": "verhagen", "purpose": "trial-production", "supervisor": "engineer@example.org"}
    if body.get("repeat"):
        body["repeat"]["rrule"] = "FREQ=WEEKLY;COUNT=2"
    for requested_slot in body["reservations"]:
        if requested_slot.get("process"):
            requested_slot |= {"equipment": None, "type": None, "process": "fdm"}
        else:
            requested_slot |= {"equipment": "FDM-01", "type": None, "units": 1} | dict.fromkeys(AbilityIn.model_fields)


@override_settings(API_RATE_LIMITS=MORE_THAN_IT_ASKS)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_description_knows(live_server, caller, sets_rules_aside, mode):
    described = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json")
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) == 17
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not (operation.query or operation.path_parameters or operation.body):
            continue  # nothing to get wrong

        @few_and_always_the_same
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers_as_described(case):
            if mode is GenerationMode.POSITIVE:
                name_what_exists(case, sets_rules_aside)
            case.call_and_validate(headers=caller, checks=CHECKS)

        answers_as_described()
