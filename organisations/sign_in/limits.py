"""How often a password may be wrong, without anybody shutting out somebody else.

Counted are wrong passwords for one person from one address, and all from one address. Signing in rightly costs
nothing, so a class behind one address does not meet a limit, and whoever guesses from elsewhere uses up tries of
their own. A browser in which a person signed in before keeps a signed cookie and counts for itself: there its owner
gets in also while somebody at the same address is guessing. (OWASP: slow down online guessing with device cookies.)
"""

import secrets
from datetime import datetime, timedelta

from allauth.account.signals import password_reset, user_logged_in
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.db.models import Count
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from organisations.models import SignInTry, User, digest_of

WINDOW = timedelta(minutes=10)
MOST_FOR_A_PERSON = 10  # from one address, or in one known browser
MOST_FROM_AN_ADDRESS = 300  # in browsers that are not known; a school where everybody mistypes does not reach it

COOKIE = "known_browser"
COOKIE_AGE = timedelta(days=365)
MOST_PEOPLE_PER_BROWSER = 30  # at the desk many sign in on one computer


def count_a_try(request: HttpRequest, email: str, *, now: datetime) -> list[SignInTry]:
    """What was counted, to be forgotten when the password is right; nothing when there were too many wrong ones.

    Counted before the password is looked at, so that guesses sent at once all count.
    """
    SignInTry.objects.filter(at__lte=now - WINDOW).delete()
    browser = _known_browser_of(request, email)
    limits = {_key(request, email, browser): MOST_FOR_A_PERSON}
    if not browser:
        limits[digest_of(f"all from {get_ip(request)}")] = MOST_FROM_AN_ADDRESS
    tries = SignInTry.objects.bulk_create(SignInTry(counted_for=key, at=now) for key in limits)
    counted = SignInTry.objects.filter(counted_for__in=limits).values_list("counted_for")
    if all(times <= limits[key] for key, times in counted.annotate(Count("pk"))):
        return tries
    forget(tries)  # waiting is counted from the last that was tried, not from the last that was refused
    return []


def forget(tries: list[SignInTry]) -> None:
    SignInTry.objects.filter(pk__in=[each.pk for each in tries]).delete()


@receiver(password_reset)
def _begin_anew(request: HttpRequest, user: User, **kwargs) -> None:
    """Who just chose a new password by mail need not wait for the limit of the one they forgot."""
    keys = [_key(request, user.email, browser) for browser in ("", _known_browser_of(request, user.email))]
    SignInTry.objects.filter(counted_for__in=keys).delete()


@receiver(user_logged_in)
def _remember_browser(request: HttpRequest, response: HttpResponse, user: User, **kwargs) -> None:
    """From now on this person's tries in this browser count for themselves."""
    browser, people = _read_cookie(request)
    people = [pk for pk in people if pk != str(user.pk)][1 - MOST_PEOPLE_PER_BROWSER :]
    response.set_signed_cookie(
        COOKIE,
        ":".join([browser or secrets.token_hex(16), *people, str(user.pk)]),
        salt=COOKIE,
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _key(request: HttpRequest, email: str, browser: str) -> str:
    return digest_of(f"{email.lower()} {browser or get_ip(request)}")


def _known_browser_of(request: HttpRequest, email: str) -> str:
    """The id of this browser if that person signed in with it before, else ""."""
    browser, people = _read_cookie(request)
    known = browser and User.objects.filter(email__iexact=email, pk__in=people).exists()
    return browser if known else ""


def _read_cookie(request: HttpRequest) -> tuple[str, list[str]]:
    """The id of this browser, and the keys of the people who signed in with it, the latest last."""
    value = request.get_signed_cookie(COOKIE, default="", salt=COOKIE, max_age=COOKIE_AGE)
    browser, *people = value.split(":")
    return browser, people
