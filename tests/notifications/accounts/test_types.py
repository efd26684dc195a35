"""What people are mailed about their account, through allauth's own pages and a real mail server."""

import re
from datetime import timedelta
from pathlib import Path

import allauth
import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from notifications import outbox
from notifications.models import Notification, NotificationPreference
from notifications.outbox import send_again
from notifications.tasks import sweep_notifications
from notifications.types import all_types, codes
from organisations.models import ApiToken, PasswordRequest, User
from organisations.sign_in.account_adapter import SIGN_IN_CHANGES, TOLD_OTHERWISE

pytestmark = pytest.mark.django_db

PASSWORD, ANOTHER = "correct horse battery", "staple wagon tulip 9"


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_URL = "https://book.example.org"


@pytest.fixture
def mailed(mail_server):
    """What arrived since the last look: (to, subject)."""
    seen = 0

    def mailed() -> list[tuple[str, str]]:
        nonlocal seen
        sweep_notifications()
        arrived = [(str(m["To"]), str(m["Subject"])) for m in mail_server.taken[seen:]]
        seen = len(mail_server.taken)
        return arrived

    return mailed


@pytest.fixture
def link(mail_server):
    """The path that the last mail leads to, the same in its text and its HTML."""

    def link() -> str:
        mail = mail_server.taken[-1]
        found = {
            re.search(r"https://book\.example\.org(/account/[^\s\"]+)", mail.get_body((kind,)).get_content())[1]
            for kind in ("plain", "html")
        }
        assert len(found) == 1
        return found.pop()

    return link


def sign_in(email: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/account/login/", {"login": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def ask(email: str):
    return Client().post("/account/password/reset/", {"email": email}, follow=True)


def choose(path: str, **more):
    """Open the link, and choose another password there."""
    client = Client()
    form = client.get(path, follow=True)
    return client.post(form.request["PATH_INFO"], {"password1": ANOTHER, "password2": ANOTHER, **more}, follow=True)


class TestForgottenPassword:
    def test_a_link_in_the_reader_s_language_and_our_look_sets_another_once(self, engineer, mailed, mail_server, link):
        User.objects.filter(pk=engineer.pk).update(language="nl", email="Engineer@example.org")
        ask("engineer@Example.org")
        assert mailed() == [("Engineer@example.org", "Kies een nieuw wachtwoord")]
        html = mail_server.taken[-1].get_body(("html",)).get_content()
        assert 'lang="nl"' in html
        assert "BIC Atrium" in html
        path = link()
        choose(path)
        assert is_in(sign_in(engineer.email, ANOTHER))
        assert mailed() == [("Engineer@example.org", "Je wachtwoord is gewijzigd")]
        assert "password1" not in Client().get(path, follow=True).content.decode()

    def test_nothing_tells_whether_an_address_is_known(self, engineer, mailed):
        User.objects.create_user("gone@example.org", PASSWORD, name="Gone", is_active=False)
        ask("first@example.org")  # the limits on this computer begin to count
        answers, statements = set(), set()
        for address in ("engineer@example.org", "nobody@example.org", "gone@example.org"):
            with CaptureQueriesContext(connection) as asked:
                answer = ask(address)
            page = re.sub(r'(csrf\w+" value="|X-CSRFToken": "|data-now=")[^"]+', "", answer.content.decode())
            answers.add((answer.status_code, page))
            statements.add(tuple(re.sub(r"'[^']*'|\d+", "", one["sql"]) for one in asked))
        assert len(answers) == 1
        assert len(statements) == 1
        assert mailed() == [("engineer@example.org", "Choose a new password")]
        assert not PasswordRequest.objects.exists()

    def test_a_mail_server_that_is_gone_holds_up_nobody_and_the_mail_comes_later(
        self, engineer, mailed, mail_server, settings
    ):
        there, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
        assert ask(engineer.email).status_code == 200
        assert mailed() == []
        settings.EMAIL_PORT = there
        Notification.objects.update(next_try_at=timezone.now())
        assert mailed() == [("engineer@example.org", "Choose a new password")]

    def test_the_mail_goes_to_the_address_that_is_known_not_to_the_one_that_was_typed(self, engineer, mailed):
        """The sign of Kelvin becomes a k where capitals are mapped, the mailbox of another does not."""
        User.objects.filter(pk=engineer.pk).update(email="koen@example.org")
        assert ask("\u212aoen@example.org").status_code == 200
        assert {to for to, _subject in mailed()} <= {"koen@example.org"}

    def test_asking_again_at_once_is_one_mail(self, engineer, mailed):
        now = timezone.now()
        for _time in range(3):
            ask(engineer.email)
        assert len(mailed()) == 1 + (timezone.now().minute // 10 != now.minute // 10)

    def test_a_link_dies_with_the_password_the_address_and_the_hours(self, engineer, mailed, link, monkeypatch):
        def is_good(path: str) -> bool:
            return "password1" in Client().get(path, follow=True).content.decode()

        ask(engineer.email)
        mailed()
        path = link()
        assert is_good(path)
        now = timezone.now()
        for change in ({"email": "other@example.org"}, {"password": "md5$x$y"}):
            before = User.objects.filter(pk=engineer.pk).values(*change).get()
            User.objects.filter(pk=engineer.pk).update(**change)
            assert not is_good(path)
            User.objects.filter(pk=engineer.pk).update(**before)
        assert is_good(path)
        monkeypatch.setattr("django.contrib.auth.tokens.PasswordResetTokenGenerator._now", lambda self: _naive(now))
        assert not is_good(path)

    def test_tokens_and_calendar_addresses_end_with_the_password_where_that_is_asked(self, engineer, mailed, link):
        _token, secret = ApiToken.issue(user=engineer)
        ask(engineer.email)
        mailed()
        choose(link())
        assert ApiToken.objects.matching(secret).exists()
        Notification.objects.all().delete()
        ask(engineer.email)
        mailed()
        choose(link(), end_keys="on")
        assert not ApiToken.objects.matching(secret).exists()


def _naive(now):
    return (timezone.localtime(now) + timedelta(hours=4, minutes=1)).replace(tzinfo=None)


class TestTheSecretOfALink:
    @pytest.fixture
    def sent(self, engineer, mailed, link):
        ask(engineer.email)
        mailed()
        return link().split("/")[-2]

    def test_it_is_kept_nowhere_and_shown_to_nobody(self, sent, engineer, facility_manager):
        rows = str(list(Notification.objects.values())) + str(list(PasswordRequest.objects.values()))
        assert sent not in rows
        manager = sign_in(facility_manager.email)
        for show in ("sent", "waiting", "failed", "planned"):
            assert sent not in manager.get(f"/outbox/?show={show}").content.decode()
        assert "engineer@example.org" in manager.get("/outbox/?show=sent").content.decode()

    def test_whoever_holds_the_session_cannot_reach_it_through_the_bell(self, sent, engineer):
        client, notification = sign_in(engineer.email), Notification.objects.get(kind="password_reset")
        assert "new password" not in client.get("/notices/").content.decode()
        assert client.get(f"/notices/{notification.pk}/").status_code == 404
        assert client.get("/notices/unread.json").json()["unread"] == 0

    def test_the_facility_does_not_send_it_again(self, sent, mailed, facility_manager):
        notification = Notification.objects.get(kind="password_reset")
        manager = sign_in(facility_manager.email)
        manager.post("/outbox/again/", {"notification": str(notification.pk), "show": "sent"})
        assert send_again(Notification.objects.all(), now=timezone.now()) == 0
        assert mailed() == []

    def test_the_demonstration_shows_it_to_its_reader_alone(self, engineer, facility_manager, settings, tmp_path):
        settings.DEMO, settings.EMAIL_FILE_PATH = True, str(tmp_path)
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        ask(engineer.email)
        sweep_notifications()
        theirs = sign_in(engineer.email).get("/mail/").content.decode()
        address = re.search(r"/mail/[\w.-]+/", theirs)[0]
        assert "Choose a new password" in theirs
        manager = sign_in(facility_manager.email)
        assert "Choose a new password" not in manager.get("/mail/").content.decode()
        assert [manager.get(address + part).status_code for part in ("", "page/", "0/")] == [404] * 3


class TestChangingThePassword:
    FORM = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}

    def test_every_other_session_ends_and_the_person_is_told_whatever_they_chose(self, engineer, mailed):
        NotificationPreference.objects.create(person=engineer, unmailed=codes())
        here, elsewhere = sign_in(engineer.email), sign_in(engineer.email)
        answer = here.post("/account/password/change/", self.FORM)
        assert answer["Location"] == "/me/"
        assert (is_in(here), is_in(elsewhere)) == (True, False)
        assert mailed() == [("engineer@example.org", "Your password was changed")]

    def test_keys_end_where_that_is_ticked_and_it_is_asked_of_who_has_some(self, engineer):
        here = sign_in(engineer.email)
        assert "end_keys" not in here.get("/account/password/change/").content.decode()
        _token, secret = ApiToken.issue(user=engineer)
        feed = here.post("/me/feeds/", {"of": "mine"}).content.decode()
        path = re.search(r"/feeds/\S+?\.ics", feed)[0]
        assert "Also end 2 API tokens and calendar" in here.get("/account/password/change/").content.decode()
        here.post("/account/password/change/", self.FORM | {"end_keys": "on"})
        assert not ApiToken.objects.matching(secret).exists()
        assert Client().get(path).status_code == 404

    def test_old_mails_let_nobody_act_any_more(self, make_reservation, mail_server, engineer):
        make_reservation()
        outbox.sweep(clock=lambda: Notification.objects.get(kind="confirmation").due_at)
        path = re.search(r"/act/[^\s\"]+", mail_server.taken[-1].get_body(("plain",)).get_content())[0]
        assert Client().get(path).status_code == 200
        sign_in(engineer.email).post("/account/password/change/", self.FORM)
        assert Client().get(path).status_code == 404

    def test_the_set_up_pages_change_it_on_the_same_page(self, engineer, facility_manager):
        User.objects.filter(pk=facility_manager.pk).update(is_staff=True)
        answer = sign_in(facility_manager.email).get("/admin/password_change/")
        assert answer["Location"] == reverse("account_change_password")

    def test_whom_a_facility_manager_gives_another_is_told_and_signed_out(self, engineer, facility_manager, mailed):
        User.objects.filter(pk=facility_manager.pk).update(is_staff=True)
        _token, secret = ApiToken.issue(user=engineer)
        here, manager = sign_in(engineer.email), sign_in(facility_manager.email)
        page = reverse("admin:auth_user_password_change", args=[engineer.pk])
        assert "end_keys" in manager.get(page).content.decode()
        form = {"password1": ANOTHER, "password2": ANOTHER, "usable_password": "true", "end_keys": "on"}
        assert manager.post(page, form).status_code == 302
        assert not is_in(here)
        assert not ApiToken.objects.matching(secret).exists()
        assert mailed() == [("engineer@example.org", "Your password was changed")]


class TestAnotherAddress:
    NEW = "eva@new.example.org"

    def change(self, client: Client, to: str):
        return client.post("/account/email/", {"email": to, "action_add": ""}, follow=True)

    def confirm(self, path: str):
        client = Client()
        assert client.get(path).status_code == 200
        return client.post(path, follow=True)

    def test_it_counts_once_its_link_was_opened_and_the_old_one_is_told(
        self, claiming, engineer, mailed, link, mail_server
    ):
        self.change(claiming, self.NEW)
        engineer.refresh_from_db()
        assert engineer.email == "engineer@example.org"
        assert mailed() == [(self.NEW, "Confirm your new email address")]
        assert self.NEW in claiming.get("/account/email/").content.decode()
        self.confirm(link())
        engineer.refresh_from_db()
        assert engineer.email == self.NEW
        assert list(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == [
            (engineer.pk, self.NEW, True, True)
        ]
        assert mailed() == [("engineer@example.org", "Your email address was changed")]
        assert self.NEW in mail_server.taken[-1].get_body(("plain",)).get_content()
        assert is_in(sign_in(self.NEW))
        assert not is_in(sign_in("engineer@example.org"))

    def test_without_the_password_nothing_is_mailed_and_nothing_changes(self, engineer, mailed):
        client = sign_in(engineer.email)
        session = client.session
        session.pop("account_authentication_methods")  # it was asked for long ago
        session.save()
        answer = client.post("/account/email/", {"email": self.NEW, "action_add": ""})
        assert answer["Location"].startswith("/account/reauthenticate/")
        client.post("/account/reauthenticate/", {"password": "wrong", "next": "/account/email/"})
        assert not EmailAddress.objects.filter(email=self.NEW).exists()
        assert mailed() == []

    @pytest.fixture
    def claiming(self, engineer):
        """The engineer's browser, with the password just asked for."""
        client = sign_in(engineer.email)
        client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/account/email/"})
        return client

    @pytest.mark.parametrize(
        "claimed",
        ["stranger@example.org", "STRANGER@Example.ORG", "stranger@\uff45xample.org", " stranger@example.org "],
    )
    def test_an_address_of_somebody_else_is_claimed_in_vain_and_the_owner_notices_nothing(
        self, claiming, engineer, other_engineer, claimed, mailed
    ):
        said = self.change(claiming, claimed)
        free = self.change(claiming, "free@example.org")
        assert said.status_code == free.status_code == 200
        assert mailed() == [("free@example.org", "Confirm your new email address")]
        self.change(claiming, claimed)
        assert mailed() == []
        assert is_in(sign_in(other_engineer.email))
        Notification.objects.all().delete()
        ask(other_engineer.email)
        assert mailed() == [("stranger@example.org", "Choose a new password")]

    def test_of_two_who_claim_one_the_first_to_open_the_link_has_it(self, claiming, engineer, other_engineer):
        links = []
        for person in (engineer, other_engineer):
            claimed = EmailAddress.objects.create(user=person, email=self.NEW)
            links.append(reverse("account_confirm_email", args=[EmailConfirmationHMAC(claimed).key]))
        for path in links:
            assert self.confirm(path).status_code == 200
        emails = User.objects.filter(pk__in=[engineer.pk, other_engineer.pk]).order_by("pk")
        assert list(emails.values_list("email", flat=True)) == [self.NEW, "stranger@example.org"]

    def test_a_claim_stands_in_nobody_s_way(self, claiming):
        self.change(claiming, self.NEW)
        newcomer = User.objects.create_user(self.NEW, PASSWORD, name="Newcomer")
        assert is_in(sign_in(self.NEW))
        assert EmailAddress.objects.get(email=self.NEW, verified=True).user == newcomer

    def test_an_address_with_letters_that_look_like_others_is_refused(self, claiming):
        assert "letters without accents" in self.change(claiming, "\u0131ngrid@example.org").content.decode()

    def test_what_was_asked_for_is_taken_back(self, claiming, mailed, link):
        self.change(claiming, self.NEW)
        mailed()
        path = link()
        claiming.post("/account/email/", {"email": self.NEW, "action_remove": ""})
        assert not EmailAddress.objects.filter(email=self.NEW).exists()
        assert "no longer works" in Client(headers={"Accept-Language": "en"}).get(path).content.decode()
        assert mailed() == []

    def test_one_that_a_facility_manager_sets_counts_at_once_and_the_old_one_is_told(
        self, claiming, engineer, facility_manager, mailed
    ):
        self.change(claiming, "claimed@example.org")
        mailed()
        User.objects.filter(pk=facility_manager.pk).update(is_staff=True)
        page = reverse("admin:organisations_user_change", args=[engineer.pk])
        form = {"name": "Engineer", "email": "Eva@Example.org", "language": "en", "is_active": "on"}
        form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
        assert sign_in(facility_manager.email).post(page, form).status_code == 302
        assert mailed() == [("engineer@example.org", "Your email address was changed")]
        assert list(engineer.emailaddress_set.values_list("email", "verified")) == [("eva@example.org", True)]
        assert is_in(sign_in("eva@example.org"))


class TestSigningIn:
    def test_every_address_costs_the_same(self, engineer, monkeypatch):
        """One hash and the same statements, also for who may not sign in, or has no password."""
        User.objects.create_user("gone@example.org", PASSWORD, name="Gone", is_active=False)
        User.objects.create_user("office@example.org", None, name="Office")
        hashes, encode = [], MD5PasswordHasher.encode

        def counted(self, *arguments, **named):
            hashes.append(1)
            return encode(self, *arguments, **named)

        monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
        costs, answers = set(), set()
        for name in ("engineer", "nobody", "gone", "office"):
            hashes.clear()
            with CaptureQueriesContext(connection) as asked:
                form = {"login": f"{name}@example.org", "password": "wrong"}
                answer = Client(headers={"Accept-Language": "en"}).post("/account/login/", form)
            errors = answer.context["form"].errors
            answers.add((answer.status_code, str(errors)))
            costs.add((len(hashes), sum("organisations_user" in one["sql"] for one in asked), len(asked)))
        assert len(answers) == 1
        assert len(costs) == 1
        assert costs.pop()[:2] == (1, 2)  # the second statement is for the log, which names whom it knows

    def test_who_was_there_already_may_switch_on_the_second_step(self, engineer):
        client = sign_in(engineer.email)
        client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/account/2fa/"})
        page = client.get("/account/2fa/totp/activate/")
        assert page.status_code == 200
        assert "secret" in page.content.decode()

    def test_switching_it_on_is_told(self, engineer, mailed, mail_server, django_capture_on_commit_callbacks):
        client = sign_in(engineer.email)
        client.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/account/2fa/"})
        client.get("/account/2fa/totp/activate/")
        code = totp.hotp_value(client.session["mfa.totp.secret"], next(iter(totp.yield_hotp_counters_from_time())))
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/account/2fa/totp/activate/", {"code": totp.format_hotp_value(code)})
        assert mailed() == [("engineer@example.org", "How you sign in was changed")]
        assert "authenticator app is asked for" in mail_server.taken[-1].get_body(("plain",)).get_content()


def test_every_mail_that_allauth_knows_is_told_through_the_outbox_or_never_sent():
    root = Path(allauth.__file__).parent / "templates"
    known = {str(path.relative_to(root))[: -len("_subject.txt")] for path in root.glob("*/email/*_subject.txt")}
    of_sign_up_and_codes = {
        f"account/email/{name}"
        for name in (
            "account_already_exists",
            "email_confirm",
            "email_confirmation",
            "email_confirmation_signup",
            "login_code",
            "password_reset_code",
            "password_reset_key",
            "unknown_account",
        )
    }
    told = set(SIGN_IN_CHANGES) | TOLD_OTHERWISE | {"account/email/email_changed"}
    assert known - told == of_sign_up_and_codes


def test_kinds_with_a_link_are_always_mailed():
    proving = [kind for kind in all_types() if kind.proves_reader]
    assert len(proving) == 2
    assert all(kind.always_mailed for kind in proving)
