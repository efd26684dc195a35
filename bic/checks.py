"""What a deployment must have set and made, as system checks: each says what is missing and what to do.

`manage.py check --deploy` runs them, and so do all commands that look at the settings. The site, its workers and beat
refuse to start on an error (`bic/starting.py`). Where DEBUG is on, nothing is asked for.
"""

from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.checks.security.base import (
    SECRET_KEY_INSECURE_PREFIX,
    SECRET_KEY_MIN_LENGTH,
    SECRET_KEY_MIN_UNIQUE_CHARACTERS,
)
from django.http.request import validate_host

from bic import catalogues, database

PRODUCTION = "production"  # the tag of what the start asks for
REACH_NOBODY = {
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("filebased", "console", "locmem", "dummy")
}
SHORTEST_TOKEN = 20


@register(PRODUCTION)
def what_must_be_set(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.DEBUG:
        return []
    return [*_secret_key(), *_names(), *_site_url(), *_mail(), *_sign_in_elsewhere()]


def _secret_key() -> Iterator[CheckMessage]:
    key = settings.SECRET_KEY
    if (
        len(key) < SECRET_KEY_MIN_LENGTH
        or len(set(key)) < SECRET_KEY_MIN_UNIQUE_CHARACTERS
        or key.startswith(SECRET_KEY_INSECURE_PREFIX)
    ):
        yield Error(
            "SECRET_KEY is too easily guessed: whoever knows it can sign in as anyone.",
            hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="bic.E001",
        )


def _names() -> Iterator[CheckMessage]:
    hint = "Name the hosts that the site answers to, as in ALLOWED_HOSTS=booking.example.org"
    if not settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS is not set: every page would answer 400.", hint=hint, id="bic.E002")
    elif "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS=* lets a visitor choose the name that links in mails begin with.", hint=hint, id="bic.E003"
        )


def _site_url() -> Iterator[CheckMessage]:
    """It is what links in mails begin with, and the cookies are sent over HTTPS only."""
    hint = "Set it to the address that people type, as in SITE_URL=https://booking.example.org"
    if not settings.SITE_URL:
        yield Error("SITE_URL is not set: links in mails would lead nowhere.", hint=hint, id="bic.E004")
        return
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        yield Error(
            f"SITE_URL={settings.SITE_URL} is not https:// and a name, with nothing after it.", hint=hint, id="bic.E005"
        )
    elif settings.ALLOWED_HOSTS and not validate_host(parts.hostname, settings.ALLOWED_HOSTS):
        yield Error(
            f"SITE_URL leads to {parts.hostname}, which is not among ALLOWED_HOSTS: links in mails would answer 400.",
            hint=f"Add {parts.hostname} to ALLOWED_HOSTS, or correct SITE_URL.",
            id="bic.E006",
        )


def _mail() -> Iterator[CheckMessage]:
    hint = "Set it as in EMAIL_URL=smtp+tls://user:password@mail.example.org:587"
    if settings.EMAIL_BACKEND in REACH_NOBODY:
        yield Error(
            "EMAIL_URL names no mail server: mail would be written to a file and reach nobody.",
            hint=hint,
            id="bic.E007",
        )
    elif settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") and not settings.EMAIL_HOST:
        yield Error("EMAIL_URL has no name of a mail server in it.", hint=hint, id="bic.E008")
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    if "." not in domain:
        yield Error(
            f"DEFAULT_FROM_EMAIL={settings.DEFAULT_FROM_EMAIL} is no address that mail can come from.",
            hint="Set it as in DEFAULT_FROM_EMAIL=BIC Atrium <booking@example.org>",
            id="bic.E009",
        )


def _sign_in_elsewhere() -> Iterator[CheckMessage]:
    for provider in settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]:
        missing = [
            f"OIDC_{name}"
            for name, key in (("CLIENT_ID", "client_id"), ("CLIENT_SECRET", "secret"))
            if not provider[key]
        ]
        if missing:
            yield Error(
                f"OIDC_SERVER_URL is set and {' and '.join(missing)} not: its button on the sign-in page would fail.",
                hint="Set all three, or none.",
                id="bic.E010",
            )


@register(PRODUCTION, deploy=True)
def what_must_be_made(app_configs, **kwargs) -> list[CheckMessage]:
    """Asked for at the start only, since the commands that make it look at the settings, too."""
    if settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    if stale := [str(source.relative_to(settings.BASE_DIR)) for source in catalogues.not_compiled()]:
        found.append(
            Error(
                f"{', '.join(stale)} is not compiled: the site would speak English to everyone.",
                hint="Run: python -m bic.catalogues",
                id="bic.E011",
            )
        )
    if not Path(settings.STATIC_ROOT, "staticfiles.json").exists():
        found.append(
            Error(
                f"The static files are not in {settings.STATIC_ROOT}: every page would fail.",
                hint="Run: npm ci --omit=dev --ignore-scripts && python manage.py collectstatic --noinput",
                id="bic.E012",
            )
        )
    return found


@register(Tags.security, deploy=True)
def what_is_better_so(app_configs, **kwargs) -> list[CheckMessage]:
    if settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    if settings.DEMO:
        found.append(Warning("DEMO is on: people read that this is a demonstration.", hint="Unset it.", id="bic.W001"))
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        found.append(
            Warning(
                "METRICS_TOKEN is too easily guessed.",
                hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(30))'",
                id="bic.W002",
            )
        )
    return found


@register(Tags.database, deploy=True)
def the_database_account(app_configs, databases=None, **kwargs) -> list[CheckMessage]:
    """With `check --deploy --database default`."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        if said := database.timeouts_that_are_off(alias):
            found.append(Warning(said, hint="Run: python manage.py migrate", id="bic.W003"))
        if database.is_superuser(alias):
            found.append(
                Warning(
                    "The account of DATABASE_URL is a superuser of PostgreSQL: to own its database is enough.",
                    hint="Make one of its own: deploy/postgres/application-role.sh",
                    id="bic.W004",
                )
            )
    return found
