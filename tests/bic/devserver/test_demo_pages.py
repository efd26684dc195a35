"""The demonstration: what is not there, what goes wrong, and that it says what it is."""

import re

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client
from django.urls import path

from bic.management.commands import run
from bic.urls import urlpatterns as addresses_of_the_site


def fails(request):
    secret = "what only the code knows"
    raise RuntimeError(f"Nobody should read this, nor {secret}")


def refuses(request):
    raise PermissionDenied("Only technicians may do this.")


def suspects(request):
    raise SuspiciousOperation("Nobody should read this")


urlpatterns = [*addresses_of_the_site, path("fails/", fails), path("refuses/", refuses), path("suspects/", suspects)]


@pytest.mark.parametrize(("demo", "others", "ours"), [(True, False, True), (False, True, True), (False, False, False)])
def test_the_demonstration_shows_the_page_that_visitors_see(client, db, settings, demo, others, ours):
    settings.DEBUG, settings.DEMO, settings.SEEN_BY_OTHERS = True, demo, others
    answer = client.get("/none/")
    assert answer.status_code == 404
    assert ("DEBUG = True" not in answer.content.decode()) is ours


def test_a_page_of_its_own_that_answers_404_stays(client, db, settings):
    settings.DEBUG, settings.DEMO = True, True
    assert "Deze link werkt niet" in client.get("/act/x/").content.decode()


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(("address", "status"), [("/fails/", 500), ("/refuses/", 403), ("/suspects/", 400)])
def test_an_error_shows_nothing_of_the_code_and_settings(client, db, settings, address, status, accept):
    settings.DEBUG, settings.DEMO, settings.SEEN_BY_OTHERS = True, accept == "text/html", accept != "text/html"
    client.raise_request_exception = False
    answer = client.get(address, headers={"accept": accept})
    assert answer.status_code == status
    said = answer.content.decode()
    assert not re.search("Traceback|only the code knows|Nobody should|SECRET_KEY|DEBUG|Request Method", said)
    if status == 403:
        assert "Only technicians may do this." in said  # what a service says of who may is for its reader
    if status == 500 and accept == "text/html":
        assert "Er ging iets mis bij ons" in said


@pytest.mark.urls(__name__)
def test_whoever_works_on_it_without_the_demonstration_sees_djangos_account(client, db, settings):
    settings.DEBUG, settings.DEMO = True, False
    client.raise_request_exception = False
    assert "Traceback" in client.get("/fails/").content.decode()


def test_a_form_that_was_forged_is_answered_with_our_page(db, settings):
    settings.DEBUG, settings.DEMO = True, True
    said = Client(enforce_csrf_checks=True).post("/account/login/").content.decode()
    assert "DEBUG" not in said
    assert "Het formulier is niet verstuurd" in said


@pytest.mark.parametrize("seen_by_others", [True, False])
def test_pages_say_that_it_is_a_demonstration_where_others_can_reach_it(client, db, settings, seen_by_others):
    settings.DEMO, settings.SEEN_BY_OTHERS = True, seen_by_others
    said = client.get("/account/login/").content.decode()
    assert ("Dit is een demonstratie waar anderen bij kunnen" in said) is seen_by_others


def test_the_set_up_pages_say_that_it_is_one(client, facility_manager, settings):
    settings.DEMO = True
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    assert "Demonstration" in client.get("/admin/").content.decode()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "booking.example.org"])
def test_where_others_can_reach_it_the_start_says_so_aloud_and_the_pages_are_told(settings, host):
    settings.DEBUG = True
    assert "This is a DEMONSTRATION" in run._warning(host)
    assert run._environment(host, "http://here")["SEEN_BY_OTHERS"] == "1"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_this_machine_alone_it_says_nothing(settings, host):
    settings.DEBUG = True
    assert run._warning(host) == ""
    assert run._environment(host, "http://here")["SEEN_BY_OTHERS"] == "0"
