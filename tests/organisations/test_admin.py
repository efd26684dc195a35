import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group
from django.urls import reverse

from organisations.models import (
    FACILITY_MANAGERS,
    TECHNICIANS,
    ApiToken,
    Membership,
    Organisation,
    OrganisationClass,
    Role,
    User,
)

pytestmark = pytest.mark.django_db


def make_person(email, *, groups=(), **fields):
    person = User.objects.create_user(email, "a password", **{"name": email.split("@")[0], **fields})
    person.groups.set(Group.objects.filter(name__in=groups))
    return person


@pytest.fixture
def manager():
    return make_person("manager@example.org", groups=[FACILITY_MANAGERS], is_staff=True, language="en")


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def engineer():
    return make_person("engineer@example.org")


@pytest.fixture
def company():
    return Organisation.objects.create(
        name="Kempen Cobotics", slug="kempen", organisation_class=OrganisationClass.MICRO
    )


PAGES = ["user_changelist", "user_add", "organisation_changelist", "organisation_add", "apitoken_changelist"]


@pytest.mark.parametrize("page", PAGES)
def test_a_facility_manager_opens_every_page(as_manager, engineer, page):
    ApiToken.issue(user=engineer)
    assert as_manager.get(reverse(f"admin:organisations_{page}")).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_technician_with_access_to_the_set_up_pages_opens_none_of_these(client, page):
    client.force_login(make_person("technician@example.org", groups=[TECHNICIANS], is_staff=True))
    assert client.get(reverse(f"admin:organisations_{page}")).status_code == 403


def test_a_person_is_made_with_an_address_and_a_password(as_manager):
    response = as_manager.post(
        reverse("admin:organisations_user_add"),
        {
            "name": "Eva Engineer",
            "email": "eva@example.org",
            "language": "nl",
            "usable_password": "true",
            "password1": "correct horse battery",
            "password2": "correct horse battery",
        },
    )
    assert response.status_code == 302
    assert User.objects.get(email="eva@example.org").check_password("correct horse battery")


def test_the_facility_s_roles_are_ticked_in_words(as_manager, engineer):
    page = reverse("admin:organisations_user_change", args=[engineer.pk])
    text = as_manager.get(page).content.decode()
    assert "Facility manager: calendars, booking rules, approvals, administration" in text
    technicians = Group.objects.get(name=TECHNICIANS)
    assert as_manager.post(page, person_form(engineer, groups=[technicians.pk])).status_code == 302
    assert User.objects.get(pk=engineer.pk).is_technician


def test_a_membership_is_given_on_the_page_of_the_person(as_manager, engineer, company):
    page = reverse("admin:organisations_user_change", args=[engineer.pk])
    row = {"memberships-0-organisation": company.pk, "memberships-0-role": Role.PLANNER}
    form = person_form(engineer) | row | {"memberships-TOTAL_FORMS": "1"}
    assert as_manager.post(page, form).status_code == 302
    assert Membership.objects.get(user=engineer).organisation == company


def test_a_membership_is_given_on_the_page_of_the_organisation(as_manager, engineer, company):
    page = reverse("admin:organisations_organisation_change", args=[company.pk])
    assert as_manager.get(page).status_code == 200
    form = {
        "name": company.name,
        "slug": company.slug,
        "organisation_class": OrganisationClass.SMALL,
        "region": company.region,
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": engineer.pk,
        "memberships-0-role": Role.MEMBER,
    }
    assert as_manager.post(page, form).status_code == 302
    company.refresh_from_db()
    assert company.organisation_class == OrganisationClass.SMALL
    assert Membership.objects.get(organisation=company).user == engineer


def test_a_facility_manager_cannot_make_a_superuser(as_manager, engineer):
    page = reverse("admin:organisations_user_change", args=[engineer.pk])
    as_manager.post(page, person_form(engineer) | {"is_superuser": "on"})
    engineer.refresh_from_db()
    assert not engineer.is_superuser


@pytest.mark.parametrize("page", ["organisations_user_change", "auth_user_password_change"])
def test_a_facility_manager_cannot_take_over_a_superuser(as_manager, page):
    chief = User.objects.create_superuser("chief@example.org", "a password", name="Chief")
    response = as_manager.post(
        reverse(f"admin:{page}", args=[chief.pk]),
        person_form(chief) | {"email": "manager+chief@example.org", "password1": "taken", "password2": "taken"},
    )
    assert response.status_code == 403


@pytest.mark.parametrize(("is_superuser", "left"), [(False, 0), (True, 1)])
def test_whose_telephone_is_lost_gets_the_second_step_taken_away_unless_above(as_manager, engineer, is_superuser, left):
    User.objects.filter(pk=engineer.pk).update(is_superuser=is_superuser)
    TOTP.activate(engineer, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    asked = {"action": "take_away_second_factor", "_selected_action": [engineer.pk]}
    assert as_manager.post(reverse("admin:organisations_user_changelist"), asked).status_code == 302
    assert engineer.authenticator_set.count() == left


def test_nobody_is_deleted(as_manager, engineer):
    assert as_manager.post(reverse("admin:organisations_user_delete", args=[engineer.pk])).status_code == 403


def test_tokens_are_revoked_and_never_made_or_shown(as_manager, engineer):
    token, secret = ApiToken.issue(user=engineer, name="scheduler")
    changelist = reverse("admin:organisations_apitoken_changelist")
    assert secret not in as_manager.get(changelist).content.decode()
    assert as_manager.get(reverse("admin:organisations_apitoken_add")).status_code == 403
    as_manager.post(changelist, {"action": "revoke", "_selected_action": [token.pk]})
    assert not ApiToken.objects.matching(secret).exists()


def person_form(person, **changed):
    """What the page of a person sends when nothing is changed."""
    return {
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    } | changed
