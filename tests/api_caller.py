"""Calling the API in tests as a program does: a token, JSON, over the whole stack of middleware."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from equipment.models import Equipment, EquipmentType, Fieldlab, Process
from organisations.models import ApiToken, Membership, Organisation, OrganisationClass, Role, User

PROBLEM = "application/problem+json"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Caller:
    """`caller.get("me")`; with a `user` their token goes along. Errors come as answers, not as exceptions."""

    def __init__(self, user=None, **headers):
        self.headers = dict(headers)
        if user is not None:
            _token, secret = ApiToken.issue(user=user)
            self.headers["Authorization"] = f"Bearer {secret}"
        self.client = Client(raise_request_exception=False)

    def get(self, address, **parameters):
        return self.client.get(f"/api/v1/{address}", parameters, headers=self.headers)

    def post(self, address, body=None, **headers):
        return self._send("post", address, body, headers)

    def patch(self, address, body=None, **headers):
        return self._send("patch", address, body, headers)

    def _send(self, method, address, body, headers):
        content = body if isinstance(body, (str, bytes)) else "" if body is None else json.dumps(body)
        return getattr(self.client, method)(
            f"/api/v1/{address}", content, content_type="application/json", headers=self.headers | headers
        )


def problem(response, status):
    """The document of a refusal or error; asserts that it is one."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    document = response.json()
    assert {"type", "title", "status", "detail"} <= set(document)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return document


def fields(document):
    """The fields that a 422 finds wrong."""
    return [error["field"] for error in document["errors"]]


def next_monday(hour=9, minute=0, *, weeks=1, days=0):
    """A moment some weeks ahead in the Atrium's time: the API reads the clock, so its tests look ahead."""
    today = timezone.localdate()
    monday = today + timedelta(days=7 * weeks - today.weekday() + days)
    return datetime(monday.year, monday.month, monday.day, hour, minute, tzinfo=AMSTERDAM)


def make_machine(code="FDM-01", *, type="ultimaker-s5", fieldlab="multi-material-3d", **overrides):
    """A machine that is always open; its type and fieldlab are made along."""
    lab, _new = Fieldlab.objects.get_or_create(slug=fieldlab, defaults={"name": fieldlab.title()})
    kind, _new = EquipmentType.objects.get_or_create(slug=type, defaults={"name": type.title(), "process": Process.FDM})
    return Equipment.objects.create(code=code, name=f"{code} of the lab", type=kind, fieldlab=lab, **overrides)


def make_organisation(slug, organisation_class=OrganisationClass.MICRO):
    return Organisation.objects.create(name=slug.title(), slug=slug, organisation_class=organisation_class)


def make_person(email, *organisations, role=Role.MEMBER, groups=()):
    person = User.objects.create_user(email, name=email.split("@")[0].title(), language="en")
    for organisation in organisations:
        Membership.objects.create(user=person, organisation=organisation, role=role)
    person.groups.set(Group.objects.filter(name__in=groups))
    return person
