"""Certificates at the desk: granted and withdrawn by technicians, who need no right to the set-up pages."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from equipment.certificates.services import grant
from equipment.models import Certificate, CertificateKind
from organisations.models import TECHNICIANS, User
from tests.conftest import NOW


@pytest.fixture
def powder(db):
    return CertificateKind.objects.create(name="Powder", slug="powder")


@pytest.fixture
def technician(db):
    user = User.objects.create_user("tech@example.org", "x", name="Tech", language="en")
    user.groups.add(Group.objects.get(name=TECHNICIANS))
    return user


@pytest.fixture
def desk(client, technician, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    client.force_login(technician)
    return client


@pytest.mark.parametrize("written", ["engineer@example.org", "Engineer <ENGINEER@example.org>"])
def test_a_technician_grants_one(desk, powder, engineer, written):
    answer = desk.post(
        "/certificates/grant/", {"person": written, "kind": powder.pk, "last_valid_day": ""}, follow=True
    )
    assert "Engineer has “Powder” through 23-02-2028." in answer.content.decode()
    assert Certificate.objects.get().user == engineer


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"person": "nobody@example.org"}, "Nobody with the address “nobody@example.org” can sign in."),
        ({"person": ""}, "This field is required."),
        ({"kind": ""}, "This field is required."),
        ({"last_valid_day": "2027-02-23"}, "valid for at least a day"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(desk, powder, engineer, changes, said):
    given = {"person": "engineer@example.org", "kind": powder.pk, "last_valid_day": ""} | changes
    answer = desk.post("/certificates/grant/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert f'value="{given["person"]}"' in page or not given["person"]
    assert not Certificate.objects.exists()


def test_one_is_withdrawn_with_a_reason(desk, powder, engineer, technician):
    held = grant(user=engineer, kind=powder, by=technician, now=NOW)
    assert desk.post(f"/certificates/{held.pk}/withdraw/", {"reason": " "}).status_code == 422
    held.refresh_from_db()
    assert held.withdrawn_at is None
    desk.post(f"/certificates/{held.pk}/withdraw/", {"reason": "Without a mask"})
    held.refresh_from_db()
    assert held.withdrawal_reason == "Without a mask"
    assert "Nobody has a certificate yet." in desk.get("/certificates/").content.decode()
    assert "Without a mask" in desk.get("/certificates/?show=all").content.decode()


def test_those_that_end_first_come_first_and_are_found_by_person(desk, powder, engineer, other_engineer, technician):
    grant(user=engineer, kind=powder, by=technician, now=NOW, valid_until=date(2027, 9, 1))
    grant(user=other_engineer, kind=powder, by=technician, now=NOW, valid_until=date(2027, 4, 1))
    rows = desk.get("/certificates/").context["rows"]
    assert [row["certificate"].user.name for row in rows] == ["Stranger", "Engineer"]
    assert len(desk.get("/certificates/?q=engineer@").context["rows"]) == 1
    assert "No certificate of that person" in desk.get("/certificates/?q=zzz").content.decode()


def test_it_is_for_people_of_the_floor(client, powder, engineer, org_manager, technician):
    held = grant(user=engineer, kind=powder, by=technician, now=NOW)
    for user in (engineer, org_manager):
        client.force_login(user)
        assert client.get("/certificates/").status_code == 403
        assert client.post("/certificates/grant/").status_code == 403
        assert client.post(f"/certificates/{held.pk}/withdraw/", {"reason": "x"}).status_code == 403
