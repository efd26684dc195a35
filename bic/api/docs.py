"""docs/api.md as a page of the site, with every call of the description for programs."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from bic.api.assembly import api

WRITTEN = settings.BASE_DIR / "docs" / "api.md"
SITE_IN_IT = "http://127.0.0.1:8000"


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """For everybody, as the description for programs is. The commands name this site."""
    site = request.build_absolute_uri("/").rstrip("/")
    context = {"text": mark_safe(_text().replace(SITE_IN_IT, site)), "calls": _calls()}
    return render(request, "api_docs.html", context)


@cache
def _text() -> SafeString:
    """Our own words, so nothing in them is unsafe. What is wide scrolls in itself, with the keyboard too."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    text = markdown.render(WRITTEN.read_text(encoding="utf-8").partition("\n")[2])
    text = text.replace("<pre>", '<pre tabindex="0">')
    text = text.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>")
    return mark_safe(text)


@cache
def _calls() -> list[tuple[str, str, str]]:
    """Method, path and what it does, in the order of the description."""
    paths = api.get_openapi_schema()["paths"]
    return [(method.upper(), path, call["summary"]) for path, calls in paths.items() for method, call in calls.items()]
