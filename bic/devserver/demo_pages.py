"""The demonstration shows the pages that visitors of the real site see, also where something went wrong.

`make run` has DEBUG on, for whoever works on it, and Django then answers with its table of addresses and with the
settings and the code around an error. Those stand in the log of the terminal; others may look at the pages.
"""

from typing import Any, cast

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.debug import ExceptionReporter
from django.views.defaults import bad_request, page_not_found, server_error

DJANGOS_OWN = b"<code>DEBUG = True</code>"


def shows_our_own() -> bool:
    """In the demonstration, and wherever others than the person who works on it can look."""
    return settings.DEMO or settings.SEEN_BY_OTHERS


def show_our_own_404(get_response):
    """Middleware; does nothing where `shows_our_own` does not hold."""

    def middleware(request):
        answer = get_response(request)
        if shows_our_own() and answer.status_code == 404 and not answer.streaming and DJANGOS_OWN in answer.content:
            return page_not_found(request, None)
        return answer

    return middleware


class OurOwnError(ExceptionReporter):
    """Django's account of an error, or our page in its place."""

    def get_traceback_html(self) -> Any:
        return self._page() if shows_our_own() else super().get_traceback_html()

    def get_traceback_text(self) -> Any:
        return "Something went wrong; the log says what.\n" if shows_our_own() else super().get_traceback_text()

    def _page(self) -> str:
        request, error = cast(HttpRequest, self.request), self.exc_value
        if isinstance(error, BadRequest | SuspiciousOperation):
            return bad_request(request, error).content.decode()
        return server_error(request).content.decode()


def set_up_pages_badge(request) -> list[Any] | None:
    """What django-unfold shows beside the name of the site."""
    return [_("Demonstration"), "warning"] if settings.DEMO else None
