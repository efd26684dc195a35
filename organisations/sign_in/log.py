"""Who signed in, who tried, and from which address: lines of the log under the name `organisations.sign_in.adapters`.

A person is named by their number. What was typed is never written down, neither the password nor an address that
belongs to nobody: people type passwords into the wrong field.
"""

import logging
from typing import Any

from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from organisations.client_address import client_of
from organisations.models import User

logger = logging.getLogger("organisations.sign_in")


def write_line(level: int, what: str, request: HttpRequest | None, person: int | None) -> None:
    """`what` happened, as "failed: wrong password". `person` is None where nobody is known by what was given."""
    client = client_of(request)
    whom = f"person {person}" if person else "nobody known here"
    extra = {"event": f"sign-in {what}", "person": person, "client": client}
    logger.log(level, "Sign-in %s, %s, from %s", what, whom, client, extra=extra)


def known_as(credentials: dict[str, Any]) -> int | None:
    """The person whose address was given, if it is anybody's."""
    address = credentials.get("email") or credentials.get("username") or ""
    return User.objects.filter(email__iexact=address).values_list("pk", flat=True).first() if address else None


def write_refused(request: HttpRequest, credentials: dict[str, Any]) -> None:
    """Too many tries: this one was not even looked at."""
    write_line(logging.WARNING, "refused: too many tries", request, known_as(credentials))


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **kwargs) -> None:
    write_line(logging.INFO, "succeeded", request, user.pk)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **kwargs) -> None:
    if user is not None:
        write_line(logging.INFO, "ended", request, user.pk)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs) -> None:
    write_line(logging.WARNING, "failed: wrong password", request, known_as(credentials))


@receiver(authentication_failed)
def _second_factor_failed(request: HttpRequest, user: User, **kwargs) -> None:
    write_line(logging.WARNING, "failed: wrong code of the second factor", request, user.pk)
