"""Refuses, for every page, what no page could read or keep: the sign NUL, which PostgreSQL's text cannot hold, and a
charset that is not ours. One place, so that no page needs to think of it.

Bodies in JSON are the API's to judge; it names the field.
"""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import parse_header_parameters

from bic.api.problems import API_ROOT

NUL = "\0"
CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


class ReadableOnly:
    """Middleware; stands outside every other that asks the database. The API makes a problem document of the answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Text in a foreign charset could hold anything once it is read, so that comes first.
        if request.content_params.get("charset", "utf-8").lower() not in CHARSETS or _any_nul(_told_outside(request)):
            return _unreadable()
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view) -> HttpResponse | None:
        """What was filled in; the files that came along may hold what they like."""
        if request.path_info.startswith(API_ROOT):
            return None
        return _unreadable() if _any_nul(_words(request.POST)) else None


def with_a_known_charset(environ: dict) -> dict:
    """What a web server hands over, but that a charset in which no text is written is called one that nobody knows.

    Django makes its request before any middleware is asked, and stumbles over such a name ("hex", "rot13"): the answer
    would be the web server's bare 500. What nobody knows `ReadableOnly` refuses.
    """
    content_type, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    try:
        b"".decode(parameters.get("charset", "utf-8"))
    except (LookupError, ValueError):
        return environ | {"CONTENT_TYPE": f"{content_type}; charset=unknown"}
    return environ


def _told_outside(request: HttpRequest) -> Iterable[str]:
    """Of the address, the cookies and the headers."""
    yield request.path_info
    yield from _words(request.GET)
    yield from request.COOKIES.values()
    yield from request.headers.values()


def _words(sent) -> Iterable[str]:
    for name, values in sent.lists():
        yield name
        yield from values


def _any_nul(texts: Iterable[str]) -> bool:
    return any(NUL in text for text in texts)


def _unreadable() -> HttpResponse:
    return HttpResponse(render_to_string("400.html"), status=400)
