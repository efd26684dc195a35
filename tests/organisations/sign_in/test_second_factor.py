"""The second step of signing in: everybody may have it, and the facility says for which roles it is a must."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from organisations.models import FACILITY_MANAGERS, TECHNICIANS, ApiToken, User
from tests.api_caller import Caller

RIGHT = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

pytestmark = pytest.mark.django_db
committing = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_counted_yet():
    cache.clear()


@pytest.fixture
def asked_of_managers(settings):
    settings.SECOND_FACTOR_FOR = frozenset({FACILITY_MANAGERS})


@pytest.fixture
def manager():
    person = User.objects.create_user("manager@example.org", RIGHT, name="Mo", language="en", is_staff=True)
    person.groups.add(Group.objects.get(name=FACILITY_MANAGERS))
    return person


def sign_in(client, person):
    return client.post("/account/login/", {"login": person.email, "password": RIGHT})


def code(secret=SECRET) -> str:
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def set_up(client) -> str:
    """Through the pages, as a person does; gives where it leads to. It counts in the session once it is committed."""
    form = client.get("/account/2fa/totp/activate/")
    assert form.status_code == 200
    return client.post("/account/2fa/totp/activate/", {"code": code(form.context["form"].secret)})["Location"]


@committing
def test_anybody_sets_it_up_from_their_account_with_the_address_they_were_given(client, manager):
    sign_in(client, manager)
    assert 'href="/account/2fa/totp/activate/"' in client.get("/me/").content.decode()
    assert set_up(client) == "/account/2fa/recovery-codes/"
    assert manager.has_second_factor
    assert "Two-step sign-in is on" in client.get("/me/").content.decode()


def test_where_no_role_asks_for_it_a_password_is_enough(client, manager):
    assert sign_in(client, manager)["Location"] == "/"
    assert client.get("/bookings/").status_code == 200
    assert client.get("/admin/").status_code == 200


@committing
@pytest.mark.usefixtures("asked_of_managers")
def test_until_it_is_set_up_every_page_leads_there(client, manager):
    sign_in(client, manager)
    for page in ("/", "/bookings/", "/desk/", "/admin/", "/admin/organisations/user/", "/me/"):
        assert client.get(page)["Location"] == "/account/2fa/"
    page = client.get("/account/2fa/").content.decode()
    assert "Your role at the facility asks for two-step sign-in" in page
    assert 'href="/account/2fa/totp/activate/"' in page
    set_up(client)
    assert client.get("/bookings/").status_code == 200


@pytest.mark.usefixtures("asked_of_managers")
def test_who_will_not_set_it_up_signs_out(client, manager):
    sign_in(client, manager)
    assert 'action="/account/logout/"' in client.get("/account/2fa/").content.decode()
    client.post("/account/logout/")
    assert client.get("/bookings/")["Location"].startswith("/account/login/")


@pytest.mark.usefixtures("asked_of_managers")
def test_others_are_not_asked(client, manager):
    technician = User.objects.create_user("technician@example.org", RIGHT, name="Tom")
    technician.groups.add(Group.objects.get(name=TECHNICIANS))
    sign_in(client, technician)
    assert client.get("/bookings/").status_code == 200


@pytest.mark.usefixtures("asked_of_managers")
def test_a_superuser_counts_as_a_facility_manager(client):
    chief = User.objects.create_superuser("chief@example.org", RIGHT, name="Chief")
    sign_in(client, chief)
    assert client.get("/bookings/")["Location"] == "/account/2fa/"


@pytest.mark.usefixtures("asked_of_managers")
def test_a_session_from_before_gives_the_code_first(client, manager):
    sign_in(client, manager)  # before it was set up, say by somebody who knows the password
    TOTP.activate(manager, SECRET)
    there = client.get("/bookings/?when=past")
    assert there["Location"] == "/account/2fa/reauthenticate/?next=%2Fbookings%2F%3Fwhen%3Dpast"
    given = {"code": code(), "next": "/bookings/?when=past"}
    assert client.post("/account/2fa/reauthenticate/", given)["Location"] == "/bookings/?when=past"
    assert client.get("/bookings/").status_code == 200


@committing
@pytest.mark.usefixtures("asked_of_managers")
def test_it_cannot_be_turned_off_while_the_role_asks_for_it(client, manager):
    sign_in(client, manager)
    set_up(client)
    page = client.post("/account/2fa/totp/deactivate/").content.decode()
    assert "Your role at the facility asks for two-step sign-in, so you cannot turn it off." in page
    assert manager.has_second_factor


@committing
@pytest.mark.usefixtures("asked_of_managers")
def test_the_session_of_the_api_answers_after_the_second_step_alone(client, manager):
    sign_in(client, manager)
    refused = client.get("/api/v1/me")
    assert refused.status_code == 403
    assert "two-step sign-in" in refused.json()["detail"]
    set_up(client)
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.usefixtures("asked_of_managers")
def test_a_token_works_once_its_person_has_set_it_up(manager):
    caller = Caller(manager)
    assert caller.get("me").status_code == 403
    TOTP.activate(manager, SECRET)
    assert caller.get("me").status_code == 200


# ---- One door ---------------------------------------------------------------------------------------------------


def test_the_set_up_pages_are_entered_through_the_page_of_everybody(client, manager):
    asked = client.get("/admin/organisations/user/")
    assert asked["Location"] == "/admin/login/?next=/admin/organisations/user/"
    door = client.get(asked["Location"])
    assert door["Location"] == "/account/login/?next=/admin/organisations/user/"
    given = {"login": manager.email, "password": RIGHT, "next": "/admin/organisations/user/"}
    assert client.post("/account/login/", given)["Location"] == "/admin/organisations/user/"
    assert client.get("/admin/login/")["Location"] == "/admin/"


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_password_sent_to_the_admins_own_door_lets_nobody_in(client, manager, signed_in):
    chief = User.objects.create_superuser("chief@example.org", RIGHT, name="Chief")
    TOTP.activate(chief, SECRET)
    if signed_in:
        sign_in(client, manager)
    client.post("/admin/login/?next=/admin/", {"username": chief.email, "password": RIGHT})
    assert client.session.get("_auth_user_id") == (str(manager.pk) if signed_in else None)


def test_who_has_a_second_step_gives_it_for_the_set_up_pages_too(client, manager):
    TOTP.activate(manager, SECRET)
    given = {"login": manager.email, "password": RIGHT, "next": "/admin/"}
    assert client.post("/account/login/", given)["Location"].startswith("/account/2fa/authenticate/")
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.post("/account/2fa/authenticate/", {"code": code()})["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_who_may_not_open_them_reads_so_and_is_not_sent_in_circles(client):
    engineer = User.objects.create_user("engineer@example.org", RIGHT, name="Eva", language="en")
    sign_in(client, engineer)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.content.decode()


def test_the_door_leads_nowhere_else(client, manager):
    sign_in(client, manager)
    assert client.get("/admin/login/?next=https://example.org/")["Location"] == "/admin/"


def test_the_admins_own_page_for_passwords_leads_to_that_of_everybody(client, manager):
    sign_in(client, manager)
    assert client.get("/admin/password_change/")["Location"] == "/account/password/change/"


def test_wrong_codes_are_limited_from_wherever_they_come(client, manager):
    TOTP.activate(manager, SECRET)
    for _number in range(5):
        other = Client()
        sign_in(other, manager)
        other.post("/account/2fa/authenticate/", {"code": "000000"})
    sign_in(client, manager)
    client.post("/account/2fa/authenticate/", {"code": code()})
    assert "_auth_user_id" not in client.session
    assert Authenticator.objects.filter(user=manager).count() == 1
    assert not ApiToken.objects.exists()
