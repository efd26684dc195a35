"""Who made whom what: the history of people, roles, memberships, organisations and tokens."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from bic.middleware.history import HistoryMiddleware
from organisations.history import history_of_organisation, history_of_person
from organisations.models import FACILITY_MANAGERS, ApiToken, Membership, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_manager(client, facility_manager):
    User.objects.filter(pk=facility_manager.pk).update(is_staff=True)
    client.force_login(facility_manager)
    return client


def told(entries, about: str) -> list[tuple[str, str]]:
    """Who and what, of those about this, the latest first."""
    return [(entry.who, "; ".join(entry.changes)) for entry in entries if entry.about == about]


def save_person(client, person: User, **changes):
    data = {"name": person.name, "email": person.email, "language": "en", "is_active": "on"}
    none = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    data |= {f"memberships-{name}": value for name, value in none.items()} | changes
    answer = client.post(reverse("admin:organisations_user_change", args=[person.pk]), data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def test_who_made_somebody_a_facility_manager_is_told_and_who_took_it_away(as_manager, engineer):
    group = Group.objects.get(name=FACILITY_MANAGERS)
    save_person(as_manager, engineer, groups=[group.pk])
    save_person(as_manager, engineer)
    about = "role “facility manager” at the facility"
    assert told(history_of_person(engineer), about) == [("Manager", "taken away"), ("Manager", "given")]


def test_who_changed_a_persons_role_in_an_organisation_is_told_on_both_pages(as_manager, engineer, verhagen):
    membership = engineer.memberships.get()
    save_person(
        as_manager,
        engineer,
        **{
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 1,
            "memberships-0-id": membership.pk,
            "memberships-0-user": engineer.pk,
            "memberships-0-organisation": verhagen.pk,
            "memberships-0-role": Role.MANAGER,
        },
    )
    about = "Engineer at Verhagen Fijnmechanica"
    for entries in (history_of_person(engineer), history_of_organisation(verhagen)):
        assert told(entries, about) == [
            ("Manager", "role: member → organisation manager"),
            ("", "created; role: member"),
        ]
    for page, of in (("user", engineer), ("organisation", verhagen)):
        shown = as_manager.get(reverse(f"admin:organisations_{page}_change", args=[of.pk])).content.decode()
        assert "Engineer at Verhagen Fijnmechanica. role: member → organisation manager" in shown


def test_a_membership_that_ended_is_still_told(engineer, verhagen):
    Membership.objects.filter(user=engineer).delete()
    entries = told(history_of_organisation(verhagen), "Engineer at Verhagen Fijnmechanica")
    assert entries == [("", "taken away"), ("", "created; role: member")]


def test_a_suspension_is_told(as_manager, verhagen):
    verhagen.suspended_at = timezone.now()
    verhagen.save()
    [suspended, made] = told(history_of_organisation(verhagen), "Verhagen Fijnmechanica")
    assert suspended[1].startswith("suspended since: – → ")
    assert made == ("", "created")


def test_a_revoked_token_is_told(engineer):
    token, _secret = ApiToken.issue(user=engineer, name="planning")
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    [revoked, made] = told(history_of_person(engineer), "API token “planning”")
    assert revoked[1].startswith("revoked: – → ")
    assert made == ("", "created")


def test_no_password_and_no_token_is_in_the_history(engineer):
    token, secret = ApiToken.issue(user=engineer)
    engineer.set_password("another password")
    engineer.save()
    rows = [*User.pgh_event_model.objects.values(), *ApiToken.pgh_event_model.objects.values()]
    written = str(rows)
    for hidden in (engineer.password, token.digest, secret):
        assert hidden not in written


def test_signing_in_writes_no_history(client, engineer):
    before = User.pgh_event_model.objects.count()
    client.force_login(engineer)
    assert User.pgh_event_model.objects.count() == before


def test_the_address_of_a_change_is_kept_without_its_key(rf):
    """The button of a mail changes something at an address that is a key."""
    context = HistoryMiddleware(lambda request: None).get_context(rf.post("/act/some-secret:1:2/"))
    assert context["url"] == "/act/***/"
