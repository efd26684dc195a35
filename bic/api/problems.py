"""Errors of the API as problem documents (RFC 9457), `application/problem+json`.

`problem` makes one; `answer_with_problems` teaches the API which exception becomes which; the middleware
makes one of what arises outside the calls: an unknown address, a wrong method, a failure before the call.
"""

import json
import logging
from http import HTTPStatus

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from bic.api.rate_limits import failed_too_often
from bic.api.sign_in import speak_to_the_caller
from bic.api.wording import field_errors
from bic.database_errors import SECONDS_UNTIL_RETRY, status_of
from core.api.problems import RefusalOut
from core.idempotency import KeyReused
from core.refusals import NotAllowed, Refused

logger = logging.getLogger(__name__)

API_ROOT = "/api/v1/"
CONTENT_TYPE = "application/problem+json"

TITLES = {
    400: gettext_lazy("The request cannot be read"),
    401: gettext_lazy("Not signed in"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Not possible at this address"),
    409: gettext_lazy("Refused"),
    413: gettext_lazy("The request is too large"),
    415: gettext_lazy("Not JSON"),
    422: gettext_lazy("Invalid request"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Server error"),
    503: gettext_lazy("Temporarily unavailable"),
}
DETAILS = {
    400: gettext_lazy("The request cannot be read."),
    401: gettext_lazy("Send a token in the header Authorization, as “Bearer …”, or sign in."),
    403: gettext_lazy("You do not have access to this."),
    404: gettext_lazy("This does not exist, or you do not have access to it."),
    405: gettext_lazy("This address does not know that method; the header Allow names those it knows."),
    409: gettext_lazy("Somebody else changed this at the same moment. Nothing was changed. Look at how it is now."),
    413: gettext_lazy("The body is larger than is accepted."),
    429: gettext_lazy("Too many requests at once. Nothing was changed; go on when the time in Retry-After is over."),
    500: gettext_lazy("Something went wrong here. It has been recorded. Nothing was changed."),
    503: gettext_lazy("The system is busy or being restarted. Nothing was changed; try again in a moment."),
}


class NotJson(Exception):
    """The body says that it is something else than JSON."""


def problem(status: int, *, kind: str = "", detail: str = "", **extras) -> HttpResponse:
    """A problem document. `kind` names a type of our own; without it the status says it all."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    document = {
        "type": f"{API_ROOT}problems/{kind}" if kind else "about:blank",
        "title": str(title),
        "status": status,
        "detail": str(detail or DETAILS.get(status, title)),
        **extras,
    }
    content = json.dumps(document, ensure_ascii=False)
    response = HttpResponse(content, status=status, content_type=CONTENT_TYPE)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return response


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, NotJson):
        return problem(415, detail=_("Send the body as JSON, with Content-Type: application/json."))
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem(400, kind="malformed-json", detail=_("The body is not valid JSON."))
    return problem(error.status_code, detail=error.message)


def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    if failed_too_often(request):
        return problem(429)
    token_given = "Authorization" in request.headers
    detail = _("This token is not valid, or was revoked.") if token_given else ""
    response = problem(401, detail=detail)
    response["WWW-Authenticate"] = 'Bearer realm="api"' + (', error="invalid_token"' if token_given else "")
    return response


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404)


def _not_allowed(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    missing = {"missing": error.missing} if isinstance(error, NotAllowed) else {}
    return problem(403, detail=str(error), **missing)


def _not_right(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = field_errors(error.errors)
    if len(errors) == 1 and errors[0]["field"]:
        detail = f"{errors[0]['field']}: {errors[0]['message']}"
    else:
        detail = _("These fields are invalid: %(fields)s.") % {
            "fields": ", ".join(dict.fromkeys(each["field"] or each["in"] for each in errors))
        }
    return problem(422, kind="invalid-request", detail=detail, errors=errors)


def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    refusals = [RefusalOut.of(refusal).model_dump(mode="json") for refusal in error.refusals]
    detail = " ".join(dict.fromkeys(refusal["message"] for refusal in refusals))
    return problem(409, kind="refused", detail=detail, refusals=refusals)


def _key_reused(request: HttpRequest, error: KeyReused) -> HttpResponse:
    detail = _("This Idempotency-Key was used before, for another request. Use a new key for a new request.")
    return problem(422, kind="idempotency-key-reused", detail=detail)


def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413)


def _too_many(request: HttpRequest, error: Throttled) -> HttpResponse:
    return problem(429)


def _busy(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database cannot be reached, or somebody else kept a lock longer than we wait."""
    logger.warning("%s %s: %s", request.method, request.path, error)
    return problem(503)


def _conflict(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    """Somebody else's row came first; anything else that the database finds wrong with ours is an error of ours."""
    return problem(409) if status_of(error) == 409 else _failed(request, error)


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s", request.method, request.path, exc_info=error)
    return problem(500)


def answer_with_problems(api: NinjaAPI) -> None:
    for kind, answer in {
        Exception: _failed,
        OperationalError: _busy,
        InterfaceError: _busy,
        IntegrityError: _conflict,
        HttpError: _http_error,
        AuthenticationError: _not_signed_in,
        Http404: _not_found,
        PermissionDenied: _not_allowed,
        ValidationError: _not_right,
        Refused: _refused,
        KeyReused: _key_reused,
        RequestDataTooBig: _too_large,
        Throttled: _too_many,
    }.items():
        api.add_exception_handler(kind, answer)


class ProblemsMiddleware:
    """Every error under the API leaves as a problem document, also those that Django answers by itself."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if (
            response.status_code < HTTPStatus.BAD_REQUEST
            or not request.path_info.startswith(API_ROOT)
            or response.get("Content-Type", "").startswith(CONTENT_TYPE)
        ):
            return response
        if response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            speak_to_the_caller(request)
        document = problem(response.status_code)
        for header, value in response.headers.items():
            if header not in ("Content-Type", "Content-Length"):
                document[header] = value
        document["Content-Language"] = get_language()
        return document
