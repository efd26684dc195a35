import pytest

from organisations.models import Membership, Organisation, OrganisationClass, Role, User
from tests.api_caller import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return User.objects.create_user("eva@example.org", "a password", name="Eva")


def join(person, name, role):
    organisation = Organisation.objects.create(name=name, slug=name.lower(), organisation_class=OrganisationClass.SMALL)
    return Membership.objects.create(user=person, organisation=organisation, role=role)


def test_me_tells_who_one_is_and_for_whom_one_may_book(person):
    join(person, "Kempen", Role.PLANNER)
    join(person, "Dommel", Role.MEMBER)
    assert Caller(person).get("me").json() == {
        "email": "eva@example.org",
        "organisations": [
            {"slug": "dommel", "name": "Dommel", "role": "member"},
            {"slug": "kempen", "name": "Kempen", "role": "planner"},
        ],
    }


def test_me_of_somebody_without_an_organisation(person):
    assert Caller(person).get("me").json()["organisations"] == []


def test_me_takes_the_same_number_of_statements_for_three_organisations_as_for_one(person, django_assert_num_queries):
    caller = Caller(person)
    join(person, "Kempen", Role.MEMBER)
    caller.get("me")  # writes the token's last use
    with django_assert_num_queries(2):
        caller.get("me")
    join(person, "Dommel", Role.MEMBER)
    join(person, "Strijp", Role.MEMBER)
    with django_assert_num_queries(2):
        caller.get("me")
