"""One id for all that a request sets off: it is in the answer, in each line of the log, and goes along to the tasks.

Whoever stands before the site may send its own as `X-Request-ID`; whatever else that header holds is not repeated.
"""

import logging
import re
import secrets
from contextvars import ContextVar
from time import monotonic

from celery import signals

from organisations.client_address import client_of

HEADER = "X-Request-ID"
GOOD = re.compile(r"[A-Za-z0-9._-]{8,64}")

logger = logging.getLogger("bic.requests")
request_id: ContextVar[str] = ContextVar("request_id", default="")


def name_requests(get_response):
    """Middleware, outermost but for health: names the request and writes a line of it."""

    def middleware(request):
        given = request.headers.get(HEADER, "")
        name = given if GOOD.fullmatch(given) else secrets.token_hex(8)
        token, began = request_id.set(name), monotonic()
        try:
            answer = get_response(request)
            answer[HEADER] = name
            _log(request, answer.status_code, monotonic() - began)
        finally:
            request_id.reset(token)
        return answer

    return middleware


def _log(request, status: int, seconds: float) -> None:
    """The pattern of the address, not the address: some hold a secret."""
    match = getattr(request, "resolver_match", None)
    user = getattr(request, "_cached_user", None)  # only where it was read: a log line asks no database
    logger.info(
        "%s %s %s",
        request.method,
        match.route if match else "(no page)",
        status,
        extra={
            "method": request.method,
            "route": match.route if match else "",
            "status": status,
            "seconds": round(seconds, 3),
            "user": getattr(user, "pk", None),
            "client": client_of(request),
        },
    )


class KnowsTheRequest(logging.Filter):
    """Gives every line the id, "-" where no request set it off."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get() or "-"
        return True


# ---- Along to the tasks ----------------------------------------------------------------------------------------

_tokens: dict[str, object] = {}


@signals.before_task_publish.connect
def _send_along(headers: dict, **kwargs) -> None:
    if name := request_id.get():
        headers["request_id"] = name


@signals.task_prerun.connect
def _take_over(task_id: str, task, **kwargs) -> None:
    request_id.set(getattr(task.request, "request_id", None) or task_id)


@signals.task_postrun.connect
def _let_go(**kwargs) -> None:
    request_id.set("")
