import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from organisations.models import FACILITY_MANAGERS, ApiToken, Membership, Organisation, OrganisationClass, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer():
    return User.objects.create_user("engineer@example.org", "a password", name="Eva Engineer")


def make_company(name="Kempen Cobotics", slug="kempen", **fields):
    return Organisation.objects.create(name=name, slug=slug, organisation_class=OrganisationClass.MICRO, **fields)


def test_a_person_is_found_by_address_in_any_case(engineer):
    assert User.objects.get_by_natural_key("Engineer@Example.ORG") == engineer


def test_one_address_is_one_person_in_any_case(engineer):
    with pytest.raises(IntegrityError, match="one_person_per_email_address"), transaction.atomic():
        User.objects.create(email="ENGINEER@example.org", name="Somebody else")


def test_a_person_is_shown_by_name_and_else_by_address():
    assert str(User(email="a@example.org", name="Ada")) == "Ada"
    assert str(User(email="a@example.org")) == "a@example.org"


def test_a_facility_role_is_being_in_the_group_of_that_name(engineer):
    assert not engineer.is_technician
    assert not engineer.sees_every_booking
    engineer.groups.add(Group.objects.get(name=FACILITY_MANAGERS))
    again = User.objects.get(pk=engineer.pk)
    assert again.is_facility_manager
    assert again.is_technician
    assert again.sees_every_booking


def test_a_superuser_is_a_facility_manager():
    chief = User.objects.create_superuser("chief@example.org", "a password", name="Chief")
    assert chief.is_staff
    assert chief.is_facility_manager


def test_people_see_the_organisations_they_belong_to(engineer):
    own, _other = make_company(), make_company("Dommel Optics", "dommel")
    Membership.objects.create(user=engineer, organisation=own)
    assert list(Organisation.objects.visible_to(engineer)) == [own]


@pytest.mark.parametrize("number", ["1234567", "1234567a", " 1234567"])
def test_a_kvk_number_has_eight_digits(number):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_company(kvk_number=number)


def test_somebody_belongs_to_an_organisation_once(engineer):
    company = make_company()
    Membership.objects.create(user=engineer, organisation=company)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=engineer, organisation=company)


def test_a_token_is_found_by_its_secret_which_is_not_kept(engineer):
    token, secret = ApiToken.issue(user=engineer, name="scheduler")
    assert ApiToken.objects.matching(secret).get() == token
    assert secret not in str(ApiToken.objects.values_list())
    assert not ApiToken.objects.matching(f"{secret}x").exists()


def test_a_revoked_token_is_not_found(engineer):
    token, secret = ApiToken.issue(user=engineer)
    token.revoked_at = token.created_at
    token.save()
    assert not ApiToken.objects.matching(secret).exists()


def test_a_token_of_somebody_who_may_not_sign_in_is_not_found(engineer):
    _token, secret = ApiToken.issue(user=engineer)
    engineer.is_active = False
    engineer.save()
    assert not ApiToken.objects.matching(secret).exists()


def test_every_token_is_another(engineer):
    assert ApiToken.issue(user=engineer)[1] != ApiToken.issue(user=engineer)[1]
