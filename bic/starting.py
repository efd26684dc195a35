"""Outside DEBUG the site, its workers and beat do not start on settings that are wrong; they say what to mend."""

import logging
import sys
from contextlib import suppress

import psycopg
from celery import signals
from django.core.checks import run_checks

from bic import checks, database

BOOT_ERROR = 3  # to gunicorn: give up, and start no other worker in this one's place

logger = logging.getLogger(__name__)


def refuse_on_errors() -> None:
    """Exits with all that is wrong, in words."""
    errors = [
        found for found in run_checks(tags=[checks.PRODUCTION], include_deployment_checks=True) if found.is_serious()
    ]
    if errors:
        for error in errors:
            print(f"Not started: {error.msg} {error.hint}", file=sys.stderr, flush=True)
        sys.exit(BOOT_ERROR)


def warn_of_timeouts() -> None:
    """A line in the log; that the database is away now is for others to say."""
    with suppress(psycopg.Error):
        if said := database.timeouts_that_are_off():
            logger.warning("%s Run manage.py migrate, as the account of DATABASE_URL.", said)


@signals.celeryd_init.connect
def _worker_starts(**kwargs) -> None:
    refuse_on_errors()


@signals.worker_ready.connect
def _worker_is_ready(**kwargs) -> None:
    warn_of_timeouts()


@signals.beat_init.connect
def _beat_starts(**kwargs) -> None:
    refuse_on_errors()
