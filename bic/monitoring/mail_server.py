"""Whether mail can leave: tried when a worker starts, and by hand with `manage.py try_mail`."""

import logging

from celery import signals
from django.conf import settings
from django.core.mail import get_connection

logger = logging.getLogger(__name__)

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def try_mail_server() -> tuple[bool, str]:
    """Whether the server takes mail from us, and a sentence that says what it is, or what to set. Sends nothing."""
    if settings.EMAIL_BACKEND != SMTP:
        kept = getattr(settings, "EMAIL_FILE_PATH", None)
        if settings.DEMO:
            return True, "Mail is kept and shown at /mail/, as this is the demonstration."
        where = f"kept in {kept}" if kept else f"given to {settings.EMAIL_BACKEND}"
        return settings.DEBUG, (
            f"Mail is {where} and reaches nobody. Set EMAIL_URL, as in "
            "EMAIL_URL=smtp+tls://user:password@mail.example.org:587"
        )
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with get_connection():
            pass
    except Exception as error:  # whatever it is: a name, a port, a certificate, a password
        return False, (
            f"The mail server {server} cannot be used: {type(error).__name__}: {error}. Look at EMAIL_URL: the name, "
            "the port (587 with smtp+tls, 465 with smtp+ssl), user and password. Notices wait until it works."
        )
    return True, f"The mail server {server} takes mail."


@signals.worker_ready.connect
def _say_at_start(**kwargs) -> None:
    """The worker starts all the same: what waits is sent as soon as the server is there."""
    works, said = try_mail_server()
    logger.log(logging.INFO if works else logging.ERROR, said)
