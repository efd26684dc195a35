"""What the database cannot do leaves every page as an answer that says what to do: 503 where it is away or busy, 409
where somebody else changed the same thing at the same moment. Never as a 500.

Django makes a 500 of an exception in the middleware that meets it, so those outside see no exception any more. It sends
a signal first, though, while the exception can be looked at: `note_what_failed` keeps what it comes to on the request.
"""

import sys

from django.core.signals import got_request_exception
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.dispatch import receiver
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter
from psycopg import errors

# A row that came, went or was taken between looking and writing. Other refusals, as of a column left empty, are ours.
CONFLICTS = (errors.UniqueViolation, errors.ExclusionViolation, errors.ForeignKeyViolation)
SECONDS_UNTIL_RETRY = 5


def status_of(error: BaseException | None) -> int | None:
    """503, 409, or None where the error is another one and an error of ours."""
    if isinstance(error, OperationalError | InterfaceError):
        return 503
    if isinstance(error, ProtectedError | RestrictedError):
        return 409
    if isinstance(error, IntegrityError) and isinstance(error.__cause__, CONFLICTS):
        return 409
    return None


class NothingToReport(ExceptionReporter):
    """While DEBUG Django would draw a page of all variables, and ask the database that is away for some of them."""

    def get_traceback_html(self) -> SafeString:
        return SafeString()

    get_traceback_text = get_traceback_html


@receiver(got_request_exception, dispatch_uid="bic.database_errors")
def note_what_failed(request=None, **kwargs) -> None:
    status = status_of(sys.exc_info()[1])
    if request is not None and status:
        request.database_refused_with = status
        request.exception_reporter_class = NothingToReport


def answer_database_errors(get_response):
    """Middleware; stands outside every other that asks the database."""

    def middleware(request):
        answer = get_response(request)
        status = getattr(request, "database_refused_with", None)
        return page(status) if status and answer.status_code == 500 else answer

    return middleware


def page(status: int) -> HttpResponse:
    """In both languages, since who reads it is not known without the database."""
    answer = HttpResponse(render_to_string(f"{status}.html"), status=status)
    add_never_cache_headers(answer)
    if status == 503:
        answer["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return answer
