"""What the log says, and what it never says."""

import io
import json
import logging
import re
import subprocess
import sys
from datetime import datetime

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from bic.monitoring.logs import KEYS, JsonLineFormatter, LineFormatter, without_secrets

SECRET = "aMzCeVu-7yXqR5wN1"
# Arguments of addresses that name something and open nothing.
NAMES = {
    *("code", "reference", "pk", "id", "slug", "month", "year", "object_id", "app_label", "content_type_id", "url"),
    *("name", "number", "path_format", "provider_id", "final_catch_all_url"),
}


def addresses(patterns=None, before="/", arguments=()):
    """Every address of the site as (pattern, names of its arguments)."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(each.pattern).removeprefix("^")
        named = (*arguments, *re.findall(r"<(?:\w+:)?(\w+)>", str(each.pattern)))
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, address, named)
        elif isinstance(each, URLPattern):
            yield address, named


@pytest.mark.parametrize("key", KEYS)
def test_an_address_that_is_a_key_exists(key):
    assert [address for address, _ in addresses() if address.startswith(key)]


def test_every_argument_of_an_address_is_a_name_or_hidden():
    """A new kind of argument is decided here: it names something, or the address is a key."""
    open_ones = [
        (address, argument)
        for address, arguments in addresses()
        for argument in arguments
        if argument not in NAMES and not address.startswith(KEYS)
    ]
    assert open_ones == []


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"Not Found: /feeds/{SECRET}.ics", "Not Found: /feeds/***"),
        (
            f"Forbidden (Origin checking failed.): /act/{SECRET}:1a:b-c/",
            "Forbidden (Origin checking failed.): /act/***/",
        ),
        (f'"GET /account/confirm-email/{SECRET}/ HTTP/1.1" 404', '"GET /account/confirm-email/***/ HTTP/1.1" 404'),
        (f"/account/login/?next=%2Fact%2F{SECRET}%2F", "/account/login/?next=%2Fact%2F***"),
        (f"/account/oidc/callback/?code={SECRET}&state={SECRET}", "/account/oidc/callback/?code=***&state=***"),
        ("/machines/FDM-01/ /bookings/?q=key", "/machines/FDM-01/ /bookings/?q=key"),
    ],
)
def test_the_key_in_an_address_is_hidden_and_the_rest_stays(said, written):
    assert without_secrets(said) == written


@pytest.fixture
def written():
    """What a handler with each of our formatters writes of the loggers named, and what one of a stranger does."""
    streams = {}

    def listen(formatter: logging.Formatter) -> io.StringIO:
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        logging.getLogger().addHandler(handler)
        streams[handler] = stream
        return stream

    yield listen
    for handler in streams:
        logging.getLogger().removeHandler(handler)


class TestEveryLogger:
    @pytest.mark.parametrize("formatter", [LineFormatter(), JsonLineFormatter(), logging.Formatter("%(message)s")])
    @pytest.mark.parametrize(
        "address",
        [f"/feeds/{SECRET}.ics", f"/act/{SECRET}/", f"/account/password/reset/key/1-{SECRET}/"],
    )
    @pytest.mark.django_db
    def test_no_key_is_written_of_a_request_that_is_refused(self, written, formatter, address):
        stream = written(formatter)
        client = Client(enforce_csrf_checks=True)
        client.post(address)
        client.get(address + "more/")
        said = stream.getvalue()
        assert "***" in said
        assert SECRET not in said

    def test_nor_by_the_web_server_which_puts_its_lines_together_itself(self, written):
        """As gunicorn's access log does: one mapping of all that there is to tell."""
        stream = written(logging.Formatter("%(message)s"))
        logger = logging.getLogger("gunicorn.access")
        logger.setLevel("INFO")
        logger.info("%(r)s %(s)s", {"r": f"GET /feeds/{SECRET}.ics HTTP/1.1", "s": 100 % 7})
        assert stream.getvalue() == "GET /feeds/*** HTTP/1.1 2\n"

    def test_nor_in_a_traceback_or_an_extra(self, written):
        for formatter in (LineFormatter(), JsonLineFormatter()):
            stream = written(formatter)
            try:
                raise ValueError(f"/act/{SECRET}/ is odd")
            except ValueError:
                logging.getLogger("any").exception("failed", extra={"request": f"<GET '/act/{SECRET}/'>"})
            assert "is odd" in stream.getvalue()
            assert SECRET not in stream.getvalue()

    def test_a_line_that_cannot_be_put_together_is_not_made_worse(self):
        record = logging.getLogger("any").makeRecord("any", 20, "", 1, "%d of /act/x/", ("one",), None)
        assert record.args == ("one",)


class TestTimes:
    def lines(self, **environment) -> list[str]:
        code = "import django, logging; django.setup(); logging.getLogger('bic').warning('said')"
        env = {"SECRET_KEY": "x" * 50, "DATABASE_URL": "postgresql://x@localhost/x", "REDIS_URL": "redis://localhost"}
        env |= {"DJANGO_SETTINGS_MODULE": "bic.settings"} | environment
        run = [sys.executable, "-c", code]
        done = subprocess.run(run, capture_output=True, text=True, env=env, cwd=site.BASE_DIR, check=True)
        return done.stderr.splitlines()

    @pytest.mark.parametrize("style", ["line", "json"])
    def test_they_have_their_offset(self, style):
        [line] = self.lines(LOG_FORMAT=style)
        time = json.loads(line)["time"] if style == "json" else line.split(" ")[0]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", time)
        assert datetime.fromisoformat(time).utcoffset() is not None
