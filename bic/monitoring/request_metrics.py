"""How often each page and call is asked for, how long it takes and how it ends: counted here, told at `/metrics`.

Under gunicorn all its processes count together (`gunicorn.conf.py`). Several gunicorns, on machines or in containers of
their own, are several targets to Prometheus, which adds them up.
"""

import os
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NO_PAGE = "(no page)"

counted = CollectorRegistry()
SECONDS = Histogram(
    "bic_request_seconds",
    "How long requests took, by the pattern of their address.",
    ["method", "route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
    registry=counted,
)
REQUESTS = Counter(
    "bic_requests", "Requests, by the pattern of their address and how they ended.", ["method", "route", "status"],
    registry=counted,
)  # fmt: skip
# Without labels, so that it is there at 0 from the start: a series that begins at 1 has not increased.
FAILURES = Counter("bic_request_failures", "Requests that ended in a 5xx.", registry=counted)


def count_requests(get_response):
    """Middleware, inside of those that answer health and metrics: what machines ask for every few seconds would drown
    what people do."""

    def middleware(request):
        began = monotonic()
        answer = get_response(request)
        _count(request, answer.status_code, monotonic() - began)
        return answer

    return middleware


def _count(request, status: int, seconds: float) -> None:
    """By pattern and by known method: whoever comes cannot make new series."""
    match = getattr(request, "resolver_match", None)
    method = request.method if request.method in METHODS else "other"
    route = match.route if match else NO_PAGE
    SECONDS.labels(method, route).observe(seconds)
    REQUESTS.labels(method, route, str(status)).inc()
    if status >= 500:
        FAILURES.inc()


def registry_of_requests() -> CollectorRegistry:
    """What was counted: by all processes of this gunicorn, elsewhere by this process."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return counted
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)
    return together
