"""Who is calling: a program with a token, or a person's browser with its session."""

import logging
from contextlib import suppress

from django.conf import settings
from django.db import Error
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja.errors import AuthenticationError, HttpError
from ninja.security import HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from organisations.models import ApiToken, User
from organisations.sign_in.log import write_line
from organisations.sign_in.second_factor import waits_for_second_factor


def speak_the_language_asked_for(request: HttpRequest, user: User) -> None:
    """The first of Accept-Language that the site speaks, else the person's own; never the site's default."""
    translation.activate(user.language)
    for language, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if language == "*":
            return
        try:
            translation.activate(get_supported_language_variant(language))
        except LookupError:
            continue
        return


class BearerToken(HttpBearer):
    """A token of `manage.py api_token`. A header without a valid token is a 401, also beside a session."""

    def __call__(self, request: HttpRequest) -> User | None:
        if "Authorization" not in request.headers:
            return None
        user = super().__call__(request)
        if user is None:
            write_line(logging.WARNING, "failed: no valid token of the API", request, None)
            raise AuthenticationError
        return user

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        now = timezone.now()
        found = ApiToken.objects.matching(token.strip(), now).first()
        if found is None:
            return None
        today = timezone.localdate(now)
        if found.last_used_on != today:  # once a day, so that reading does not write
            ApiToken.objects.filter(pk=found.pk).update(last_used_on=today)
        request.api_token = found
        request.user = found.user  # the history of changes names this person
        speak_the_language_asked_for(request, found.user)
        if found.user.must_have_second_factor and not found.user.has_second_factor:
            raise HttpError(403, _("Your role asks for two-step sign-in. Set it up on the page of your account."))
        return found.user


def speak_to_the_caller(request: HttpRequest) -> None:
    """For an answer that is made before anybody asked who calls, as that of an address that is not known."""
    with suppress(AuthenticationError, HttpError, Error):  # while the database is away, in the language of the site
        BearerToken()(request)


class Session(AuthBase):
    """The cookie of somebody who signed in on the pages; what changes something needs the CSRF token too.

    The pages call the API, so it speaks the language of the page: the person's own, as `ReaderLanguageMiddleware` says.
    """

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | None:
        if not request.user.is_authenticated:
            return None
        if check_csrf(request):
            raise HttpError(403, _("The CSRF token is missing or wrong; send it in the header X-CSRFToken."))
        if waits_for_second_factor(request):
            raise HttpError(403, _("Your role asks for two-step sign-in. Set it up on the page of your account."))
        return request.user
