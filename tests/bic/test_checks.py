"""In production each setting that is missing or wrong is told, and neither the site nor its workers start with it."""

import re
import subprocess
import sys
from runpy import run_path

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from bic.database import set_timeouts
from tests.bic.test_settings import PRODUCTION, ROOT, manage

GUNICORN = ["-m", "gunicorn", "bic.wsgi", "--bind", "127.0.0.1:0"]
WORKER = ["-m", "celery", "-A", "bic", "worker", "--pool", "solo"]
BEAT = ["-m", "celery", "-A", "bic", "beat"]

# What is set, and what a person reads of it. None: not set.
WRONG = [
    ("SECRET_KEY", "x", "SECRET_KEY is too easily guessed"),
    ("SECRET_KEY", "x" * 60, "SECRET_KEY is too easily guessed"),
    ("SECRET_KEY", "django-insecure-" + PRODUCTION["SECRET_KEY"], "SECRET_KEY is too easily guessed"),
    ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS is not set"),
    ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS=* lets a visitor choose"),
    ("SITE_URL", None, "SITE_URL is not set"),
    ("SITE_URL", "http://booking.example.org", "SITE_URL=http://booking.example.org is not https://"),
    ("SITE_URL", "booking.example.org", "SITE_URL=booking.example.org is not https://"),
    ("SITE_URL", "https://booking.example.org/atrium", "with nothing after it"),
    ("SITE_URL", "https://elsewhere.example.org", "elsewhere.example.org, which is not among ALLOWED_HOSTS"),
    ("EMAIL_URL", None, "EMAIL_URL names no mail server"),
    ("EMAIL_URL", "consolemail://", "EMAIL_URL names no mail server"),
    ("EMAIL_URL", "smtp://", "EMAIL_URL has no name of a mail server in it"),
    ("DEFAULT_FROM_EMAIL", None, "is no address that mail can come from"),
    ("DEFAULT_FROM_EMAIL", "BIC Atrium", "is no address that mail can come from"),
    ("OIDC_SERVER_URL", "https://id.example.org", "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET not"),
]
ONLY_DEPLOY_SAYS = [
    ("METRICS_TOKEN", "short", "METRICS_TOKEN is too easily guessed"),
    ("DEMO", "1", "DEMO is on"),
    ("HSTS_SECONDS", "0", "SECURE_HSTS_SECONDS"),
    ("HTTPS_REDIRECT", "0", "SECURE_SSL_REDIRECT"),
    ("DEBUG", "1", "You should not have DEBUG set to True in deployment"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The environment of a site whose static files are collected."""
    static = tmp_path_factory.mktemp("static")
    (static / "staticfiles.json").write_text("{}")
    return {"STATIC_ROOT": str(static)}


def changed(made, **variables: str | None) -> dict[str, str]:
    return {name: text for name, text in (PRODUCTION | made | variables).items() if text is not None}


def start(command, environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin"} | environment,
        cwd=ROOT,
        timeout=60,
        check=False,
    )


def test_a_right_configuration_is_looked_over_in_silence(made):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **made)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.fixture
def look_over(made, settings, monkeypatch, capsys):
    """What `manage.py check --deploy` says of an environment: of the settings as the file reads them from it."""

    def look_over(environment: dict[str, str]) -> str:
        for name in (*PRODUCTION, "DEBUG", "DEMO", "DJANGO_ALLOW_ASYNC_UNSAFE"):  # the last is of the browser's tests
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for name, value in run_path(str(ROOT / "bic" / "settings.py")).items():
            # Apps that are loaded anew would begin with set-up pages that nobody registered.
            if name.isupper() and name not in ("DATABASES", "LOGGING", "INSTALLED_APPS"):
                setattr(settings, name, value)
        call_command("check", deploy=True, fail_level="WARNING")
        return "".join(capsys.readouterr())

    return look_over


@pytest.mark.parametrize(("variable", "value", "words"), WRONG + ONLY_DEPLOY_SAYS)
def test_each_wrong_one_is_told(look_over, made, variable, value, words):
    assert "no issues" in look_over(changed(made))
    with pytest.raises(SystemCheckError, match=re.escape(words)):
        look_over(changed(made, **{variable: value}))


def test_commands_do_not_work_on_what_is_wrong():
    done = manage("try_mail", without="SITE_URL")
    assert done.returncode == 1
    assert "SITE_URL is not set" in done.stderr


@pytest.mark.parametrize("command", [GUNICORN, WORKER, BEAT], ids=["gunicorn", "worker", "beat"])
def test_neither_site_nor_worker_nor_beat_start_and_all_reasons_are_told_at_once(made, command):
    done = start(command, changed(made, SECRET_KEY="x", SITE_URL=None, EMAIL_URL=None))
    assert done.returncode == 3
    for words in ("SECRET_KEY is too easily guessed", "SITE_URL is not set", "EMAIL_URL names no mail server"):
        assert done.stderr.count(f"Not started: {words}") == 1
    assert "Traceback" not in done.stderr


def test_without_static_files_the_site_does_not_start(tmp_path):
    done = start(GUNICORN, PRODUCTION | {"STATIC_ROOT": str(tmp_path)})
    assert done.returncode == 3
    assert f"Not started: The static files are not in {tmp_path}" in done.stderr


def test_without_dutch_the_site_does_not_start(made, settings, monkeypatch, tmp_path):
    settings.DEBUG, settings.STATIC_ROOT = False, made["STATIC_ROOT"]
    monkeypatch.setattr("bic.catalogues.not_compiled", lambda: iter([settings.BASE_DIR / "locale/nl/django.po"]))
    told = [
        found for found in run_checks(tags=["production"], include_deployment_checks=True) if found.id == "bic.E011"
    ]
    assert told[0].msg == "locale/nl/django.po is not compiled: the site would speak English to everyone."


@pytest.mark.django_db
class TestTheDatabase:
    def told(self) -> list[str]:
        found = run_checks(tags=[Tags.database], include_deployment_checks=True, databases=["default"])
        return [each.id for each in found if each.id.startswith("bic.")]

    def test_who_migrates_gets_the_timeouts(self):
        assert "bic.W003" not in self.told()

    @pytest.mark.django_db(transaction=True)
    def test_a_timeout_that_is_off_is_told(self):
        name = connection.settings_dict["NAME"]
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER ROLE CURRENT_USER IN DATABASE "{name}" RESET lock_timeout')
        try:
            assert "bic.W003" in self.told()
        finally:
            set_timeouts("default")
        assert "bic.W003" not in self.told()
