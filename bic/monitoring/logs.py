"""How lines of the log are written, and what they never say: the secret in an address.

Some addresses are keys: who has the address of a calendar or of a button in a mail needs no password. They reach the
log in many ways: Django names the path of every 4xx, the web server that of every request, a traceback what it was
about. So every record of every logger is read over when it is made, and every line once more when it is written.
"""

import logging
import re
from datetime import UTC, datetime

from pythonjsonlogger.json import JsonFormatter

# The patterns of addresses that are keys, each up to where the key begins. The test of this
# module holds every address of the site against them: one with a new kind of argument fails until it is decided what
# it is.
KEYS = (
    "/feeds/",
    "/act/",
    "/account/password/reset/key/",
    "/account/confirm-email/",
)
# In a query: what identity providers send back, and what people put into an address by mistake.
SECRET_PARAMETERS = ("access_token", "code", "id_token", "key", "password", "secret", "signed", "state", "token")

HIDDEN = "***"
_SECRETS = re.compile(
    # A slash may be percent-encoded, where the address stands in the query of another.
    rf"(?P<address>{'|'.join(re.escape(key).replace('/', '(?:/|%2F)') for key in KEYS)})[^/\s?&#\"'<>\\,;)]+"
    rf"|(?P<parameter>[?&](?:{'|'.join(SECRET_PARAMETERS)})=)[^&\s\"'<>\\]+",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """The same text with `***` in place of the key in every address that is one."""
    return _SECRETS.sub(lambda found: (found["address"] or found["parameter"]) + HIDDEN, text)


def read_over_every_record() -> None:
    """From now on no record of this process has a secret address in its message, whichever logger and handler it is
    for: Django's, gunicorn's, WhiteNoise's, those of an error collector. Harmless when called twice."""
    make = logging.getLogRecordFactory()
    if getattr(make, "reads_over", False):
        return

    def made(*args, **kwargs) -> logging.LogRecord:
        record = make(*args, **kwargs)
        said = _message(record)
        if said is not None and (hidden := without_secrets(said)) != said:
            record.msg, record.args = hidden, ()
        return record

    made.reads_over = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(made)


def _message(record: logging.LogRecord) -> str | None:
    """None where it cannot be put together; logging tells of that itself, when the line is written."""
    try:
        return record.getMessage()
    except Exception:
        return None


class _ReadsOver(logging.Formatter):
    """Times as RFC 3339 has them, with their offset; no secret in what is written, tracebacks and extras included."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class LineFormatter(_ReadsOver):
    """For people."""


class JsonLineFormatter(_ReadsOver, JsonFormatter):
    """For what collects logs: one object a line."""
