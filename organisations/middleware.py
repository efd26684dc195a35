"""One reader, one language: that of the person who signed in, on pages, in messages and in calls of the API."""

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.utils import translation


class ReaderLanguageMiddleware:
    """A signed-in person's own language wins over the browser's; LocaleMiddleware decides for everyone else.

    It is remembered in the browser, for what comes before the next sign-in and after signing out: nobody reads one
    page in two languages there.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        language = ""
        if request.user.is_authenticated:
            language = request.LANGUAGE_CODE = request.user.language
            translation.activate(language)
        response = self.get_response(request)
        # Signed in by this very request; a token makes somebody known as well, but to a program.
        if not language and request.user.is_authenticated and SESSION_KEY in request.session:
            language = request.user.language
        if language and language != request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME):
            remember_language(response, language)
        return response


def remember_language(response: HttpResponse, language: str) -> None:
    """In a cookie, unless the answer sets it already: for pages on which nobody is signed in."""
    if settings.LANGUAGE_COOKIE_NAME not in response.cookies:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.SESSION_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
        )
