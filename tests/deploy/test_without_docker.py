"""docs/running.md, "Without Docker", followed by the letter: its commands, its unit files, its nginx, on Debian's own
PostgreSQL and Redis. Then somebody signs in through the proxy, books, and is mailed."""

import os
import re
import shlex
import shutil
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from aiosmtpd.controller import Controller
from django.conf import settings

from tests.deploy import servers
from tests.deploy.test_compose import make_certificate
from tests.notifications.conftest import MailServer

ROOT = settings.BASE_DIR
PAGE = (ROOT / "docs" / "running.md").read_text()
PASSWORD = "a-long-password-of-the-test"
WHO = "manager@example.org"
A_FIRST_ORGANISATION = f"""
from organisations.models import Membership, Organisation, User
organisation = Organisation.objects.create(name="Verhagen", slug="verhagen", organisation_class="micro")
Membership.objects.create(user=User.objects.get(email="{WHO}"), organisation=organisation)
"""


def commands_of_the_page() -> list[str]:
    """Those that the account of the site gives, in its folder."""
    section = PAGE.partition("### Without Docker")[2].partition("\n### ")[0]
    (block,) = [each for each in re.findall(r"```sh\n(.*?)```", section, re.S) if each.startswith("python3 -m venv")]
    return block.splitlines()


@dataclass
class Site:
    folder: Path
    environment: dict[str, str]

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, env=self.environment, cwd=self.folder, check=False
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def unit(self, name: str) -> tuple[list[str], dict[str, str]]:
        """What systemd would start, and in which environment, with the folders of the unit file moved here."""
        text = (self.folder / "deploy" / "systemd" / f"bic-{name}.service").read_text()
        text = text.replace("/srv/bic", str(self.folder)).replace("/var/lib/bic", str(self.folder / "state"))
        values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
        added = dict(each.split("=", 1) for each in shlex.split(values["Environment"]))
        return shlex.split(values["ExecStart"]), self.environment | added


def copy_of_the_project(folder: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


@pytest.fixture(scope="module")
def mail():
    server = MailServer()
    server.port = servers.free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture(scope="module")
def address(tmp_path_factory, mail):
    """The site as the page leaves it, over HTTPS."""
    servers.need("npm", "npm")
    folder = tmp_path_factory.mktemp("srv-bic")
    copy_of_the_project(folder)
    (folder / "state").mkdir()
    web, plain, tls = (servers.free_port() for _port in range(3))
    with ExitStack() as stack:
        cluster = stack.enter_context(servers.postgresql())
        broker = stack.enter_context(servers.redis("secret-of-redis"))
        role = ["sh", folder / "deploy" / "postgres" / "application-role.sh"]
        subprocess.run(role, env=cluster | {"BIC_PASSWORD": "secret"}, check=True)
        filled_in = {
            "SECRET_KEY": "kAbQ8vZ2n6mW4xYcT0rLpE9sJdHfUgIoB3tK7yXqR5wN1aMzCeVu",
            "ALLOWED_HOSTS": "localhost",
            "SITE_URL": f"https://localhost:{tls}",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
            "DATABASE_URL": f"postgres://bic:secret@127.0.0.1:{cluster['PGPORT']}/bic",
            "REDIS_URL": broker,
        }
        example = (folder / ".env.example").read_text()
        for name, value in filled_in.items():
            example, found = re.subn(rf"(?m)^(# )?{name}=.*$", lambda _m, n=name, v=value: f"{n}={v}", example)
            assert found == 1, name
        (folder / ".env").write_text(example)
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HOME", "LANG", "npm_"))}
        site = Site(folder, kept | {"PATH": os.environ["PATH"], "DJANGO_SUPERUSER_PASSWORD": PASSWORD})
        for command in commands_of_the_page():
            asked = f" --noinput --email {WHO} --name Manager" if command.endswith("createsuperuser") else ""
            said = site.run(command + asked)
            if "check" in command:
                assert "no issues" in said
        site.run(f".venv/bin/python manage.py shell -c {shlex.quote(A_FIRST_ORGANISATION)}")

        site.environment["GUNICORN_CMD_ARGS"] = f"--bind=127.0.0.1:{web}"
        health = servers.page_answers(f"http://127.0.0.1:{web}/health/ready")
        log = folder / "state" / "log"
        for name, answers in (("web", health), ("worker", lambda: None), ("beat", lambda: None)):
            command, environment = site.unit(name)
            stack.enter_context(servers.running(command, answers=answers, log=log, env=environment, cwd=folder))
        certificate = folder / "site.pem"
        key = folder / "site.key"
        make_certificate(certificate, key)
        _open_to_nobody(folder)
        conf = (folder / "deploy" / "nginx" / "bic.conf").read_text()
        for old, new in {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2;",
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{web};",
            "booking.example.org;": "localhost;",
            "/etc/ssl/certs/booking.example.org.pem": str(certificate),
            "/etc/ssl/private/booking.example.org.key": str(key),
        }.items():
            assert old in conf, old
            conf = conf.replace(old, new)
        stack.enter_context(servers.nginx(conf, tls))
        assert requests.get(f"http://localhost:{plain}/book/", allow_redirects=False).status_code == 301
        yield f"https://localhost:{tls}", certificate


def _open_to_nobody(folder: Path) -> None:
    """The folders of a test are its own account's; nginx runs as another."""
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.geteuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)


@pytest.fixture(scope="module")
def visitor(address):
    """Somebody who signed in through the proxy, with the page of the sign-in and the cookies it set."""
    site, certificate = address
    session = requests.Session()
    session.trust_env, session.verify = False, str(certificate)
    session.headers["Accept-Language"] = "nl"
    session.page = session.get(f"{site}/account/login/")
    done = session.post(
        f"{site}/account/login/",
        {"login": WHO, "password": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]},
        headers={"Referer": f"{site}/account/login/"},
    )
    assert done.status_code == 200, done.text
    assert not done.url.endswith("/account/login/"), "still at the sign-in"
    return session


def test_the_page_is_dutch_and_its_files_are_there(visitor, address):
    assert visitor.page.status_code == 200
    assert 'lang="nl"' in visitor.page.text
    assert "Aanmelden" in visitor.page.text
    sheets = re.findall(r'href="(/static/[^"]+\.css)"', visitor.page.text)
    assert sheets
    for sheet in sheets:
        answer = visitor.get(address[0] + sheet)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/css")
        assert "max-age" in answer.headers["Cache-Control"]


def test_cookies_and_pages_are_for_https_alone(visitor):
    assert {cookie.name for cookie in visitor.cookies} >= {"sessionid", "csrftoken"}
    assert all(cookie.secure for cookie in visitor.cookies)
    assert "max-age=31536000" in visitor.page.headers["Strict-Transport-Security"]


def test_somebody_books_through_the_proxy_and_is_mailed(visitor, address, mail):
    site, _certificate = address
    api = f"{site}/api/v1"
    purpose = visitor.get(f"{api}/purposes", params={"organisation": "verhagen"}).json()[0]["code"]
    code, free = next(
        (machine["code"], free)
        for machine in visitor.get(f"{api}/equipment").json()
        if not machine.get("certificates")
        and (
            free := visitor.get(f"{api}/equipment/{machine['code']}", params={"organisation": "verhagen"}).json()[
                "next_free"
            ]
        )
    )
    wanted = {
        "organisation": "verhagen", "purpose": purpose, "title": "The first",
        "reservations": [{"equipment": code, "start": free["start"], "end": free["end"]}],
    }  # fmt: skip
    headers = {"X-CSRFToken": visitor.cookies["csrftoken"], "Referer": f"{site}/book/"}
    booked = visitor.post(f"{api}/bookings", json=wanted, headers=headers)
    assert booked.status_code == 201, booked.text
    assert visitor.post(f"{api}/bookings", json=wanted, headers=headers).status_code == 409
    reference = booked.json()["reference"]

    def told() -> str:
        """The text of the mail about it."""
        texts = [message.get_body(("plain",)).get_content() for message in mail.taken]
        about = [text for text in texts if reference in text]
        assert about, texts
        return about[0]

    assert f"{site}/bookings/{reference}/" in wait_for(told, seconds=60)


def wait_for(check, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
