"""What is dangerous asks who signed in to show it is them again, and then does what was sent."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from bic.middleware import dangerous
from organisations.models import FACILITY_MANAGERS, TECHNICIANS, Organisation, User

RIGHT = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    person = User.objects.create_user("manager@example.org", RIGHT, name="Mo", language="en", is_staff=True)
    person.groups.add(Group.objects.get(name=FACILITY_MANAGERS))
    return person


@pytest.fixture
def signed_in_a_while_ago(manager, monkeypatch):
    """Eleven minutes; the browser checks CSRF tokens, as browsers' requests are checked."""
    cache.clear()
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    client.force_login(manager)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 11 * 60
    session.save()
    client.get("/me/")
    return client


def post(client, address, given):
    return client.post(address, given | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})


def answer_question(client, asked, **proof):
    """Answers at the page that `asked` leads to, as its form would."""
    page = client.get(asked["Location"])
    field = re.search(r'name="next" value="([^"]*)"', page.content.decode())
    return post(client, asked["Location"].partition("?")[0], proof | {"next": field[1]})


def test_what_was_sent_is_done_after_the_password(signed_in_a_while_ago, manager):
    asked = post(signed_in_a_while_ago, "/me/tokens/", {"name": "scheduler"})
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert not manager.api_tokens.exists()
    made = answer_question(signed_in_a_while_ago, asked, password=RIGHT)
    assert "bic_" in made.content.decode()
    assert manager.api_tokens.get().name == "scheduler"


def test_a_wrong_password_does_nothing(signed_in_a_while_ago, manager):
    asked = post(signed_in_a_while_ago, "/me/tokens/", {"name": "scheduler"})
    assert answer_question(signed_in_a_while_ago, asked, password="wrong").status_code == 200
    assert not manager.api_tokens.exists()


def test_who_just_signed_in_is_not_asked(client, manager):
    client.force_login(manager)
    assert client.post("/me/tokens/", {"name": "scheduler"}).status_code == 200


def test_who_has_a_second_step_shows_that_one_and_not_the_password(signed_in_a_while_ago, manager):
    TOTP.activate(manager, SECRET)
    asked = post(signed_in_a_while_ago, "/me/tokens/", {"name": "scheduler"})
    assert asked["Location"].startswith("/account/2fa/reauthenticate/")
    by_password = post(signed_in_a_while_ago, "/account/reauthenticate/", {"password": RIGHT, "next": "/me/tokens/"})
    assert by_password["Location"].startswith("/account/2fa/reauthenticate/")
    assert not manager.api_tokens.exists()
    code = format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))
    answer_question(signed_in_a_while_ago, asked, code=code)
    assert manager.api_tokens.count() == 1


def test_a_form_of_the_set_up_pages_is_kept_with_all_that_was_filled_in(signed_in_a_while_ago):
    page = "/admin/organisations/organisation/add/?_changelist_filters=region%3Dbrabant"
    given = {
        "name": "Dommel Optics",
        "slug": "dommel",
        "organisation_class": "small",
        "region": "brabant",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    signed_in_a_while_ago.get("/admin/organisations/organisation/add/")
    asked = post(signed_in_a_while_ago, page, given)
    assert not Organisation.objects.exists()
    done = answer_question(signed_in_a_while_ago, asked, password=RIGHT)
    assert done["Location"] == "/admin/organisations/organisation/?region=brabant"
    assert Organisation.objects.get().slug == "dommel"


def test_a_role_is_given_after_the_question_alone(signed_in_a_while_ago):
    person = User.objects.create_user("tom@example.org", RIGHT, name="Tom")
    page = f"/admin/organisations/user/{person.pk}/change/"
    assert signed_in_a_while_ago.get(page).status_code == 200
    given = {"name": "Tom", "email": person.email, "language": "nl", "is_active": "on"}
    given |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    asked = post(signed_in_a_while_ago, page, given | {"groups": [Group.objects.get(name=TECHNICIANS).pk]})
    assert not User.objects.get(pk=person.pk).is_technician
    answer_question(signed_in_a_while_ago, asked, password=RIGHT)
    assert User.objects.get(pk=person.pk).is_technician


@pytest.mark.parametrize("page", ["/admin/organisations/user/add/", "/admin/organisations/user/{pk}/password/"])
def test_where_a_password_is_typed_the_question_comes_first(signed_in_a_while_ago, manager, page):
    page = page.format(pk=manager.pk)
    asked = signed_in_a_while_ago.get(page)
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert answer_question(signed_in_a_while_ago, asked, password=RIGHT)["Location"] == page


def test_no_password_is_kept_while_the_question_stands(signed_in_a_while_ago):
    post(signed_in_a_while_ago, "/admin/organisations/user/add/", {"name": "Eva", "password1": "her new secret"})
    kept = str(dict(signed_in_a_while_ago.session))
    assert "Eva" in kept
    assert "her new secret" not in kept


def test_what_another_site_sent_is_refused_and_not_kept(signed_in_a_while_ago):
    answer = signed_in_a_while_ago.post("/me/tokens/", {"name": "planted"})
    assert answer.status_code == 403
    assert "planted" not in str(dict(signed_in_a_while_ago.session))


def test_changing_the_password_asks_for_the_second_step_of_whoever_has_one(signed_in_a_while_ago, manager):
    assert signed_in_a_while_ago.get("/account/password/change/").status_code == 200
    TOTP.activate(manager, SECRET)
    asked = signed_in_a_while_ago.get("/account/password/change/")
    assert asked["Location"].startswith("/account/2fa/reauthenticate/")


DANGEROUS = [
    "/me/tokens/",
    "/me/feeds/",
    "/account/email/",
    "/account/2fa/totp/activate/",
    "/account/2fa/recovery-codes/generate/",
    "/admin/organisations/user/add/",
    "/admin/organisations/user/1/change/",
    "/admin/organisations/user/1/password/",
    "/admin/organisations/organisation/add/",
    "/admin/organisations/organisation/1/delete/",
    "/admin/organisations/apitoken/",
    "/admin/mfa/authenticator/add/",
    "/admin/socialaccount/socialaccount/add/",
    "/admin/socialaccount/socialapp/add/",
]


@pytest.mark.parametrize("address", DANGEROUS)
def test_the_list_of_what_is_dangerous(signed_in_a_while_ago, manager, address):
    User.objects.filter(pk=manager.pk).update(is_superuser=True)
    assert post(signed_in_a_while_ago, address, {})["Location"].startswith("/account/reauthenticate/")


@pytest.mark.parametrize("address", ["/language/", "/notices/read/", "/me/notices/"])
def test_the_rest_is_not(signed_in_a_while_ago, address):
    answer = post(signed_in_a_while_ago, address, {})
    assert "reauthenticate" not in answer.get("Location", "")


def test_every_model_that_says_who_may_what_is_among_them():
    from django.contrib import admin

    labels = {model._meta.app_label for model in admin.site._registry}
    assert labels - set(dangerous.ADMIN_APPS) == {"bookings", "equipment", "schedule", "usage"} & labels
