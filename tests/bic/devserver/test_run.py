"""`make run` as somebody types it, with the real supervisor: what it begins with, and what it refuses to mix."""

import http.cookiejar
import re
import urllib.parse
import urllib.request

import pytest
from django.core.management import CommandError, call_command

from bic.management.commands.run import people_to_sign_in_as
from equipment.models import Equipment
from organisations.models import User
from tests.copy_of_the_project import copy_of_the_project


class Visitor:
    """Somebody with a browser: cookies, and forms sent with their token."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        return self.opener.open(self.site + path, timeout=60).read().decode()

    def sign_in(self, email: str, password: str) -> str:
        """The page one comes to."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get("/account/login/"))
        assert token
        form = {"csrfmiddlewaretoken": token[1], "login": email, "password": password}
        sent = urllib.request.Request(
            self.site + "/account/login/", urllib.parse.urlencode(form).encode(), {"Referer": self.site}
        )
        return self.opener.open(sent, timeout=60).read().decode()


def test_an_empty_facility_greets_its_first_manager_and_is_kept_apart_from_the_demo():
    with copy_of_the_project() as here:
        with here.running("DEMO=0") as run:
            account = run.says(r"Sign in as (\S+) with the password (\S+)\n.*shown this once.*\n")
            page = Visitor(here.site).sign_in(account[1], account[2])
            assert 'class="first-steps"' in page
            assert "/me/" in page
            assert "demonstratie" not in page
        demo = here.shell("make run")
        assert demo.returncode != 0
        assert "make run DEMO=0" in demo.stdout + demo.stderr
        assert "Labbeheerder" in demo.stdout + demo.stderr


def test_the_demo_leaves_a_facility_that_has_begun_alone(db, facility_manager):
    with pytest.raises(CommandError, match=r"\(Manager\).*make run DEMO=0"):
        people_to_sign_in_as(demo=True)
    assert not Equipment.objects.exists()


def test_without_demo_it_leaves_the_demos_data_alone(db):
    User.objects.create_user("engineer@example.org", "x", name="Eva")
    with pytest.raises(CommandError, match=r"holds the demonstration.*make run\. .*remove \.data"):
        people_to_sign_in_as(demo=False)
    assert User.objects.count() == 1


def test_the_first_manager_is_made_once(db, capsys):
    with pytest.raises(CommandError, match="not an email address"):
        call_command("first_manager", "nobody")
    call_command("first_manager", "you@example.org")
    person = User.objects.get()
    password = re.search(r"as you@example.org with the password (\S+)", capsys.readouterr().out)
    assert password
    assert person.check_password(password[1])
    assert person.is_facility_manager
    assert person.is_staff
    call_command("first_manager", "other@example.org")
    assert "changepassword" in capsys.readouterr().out
    assert User.objects.get() == person
