"""How many requests the API answers of one token, one person and one address, so that one program's slip leaves the
others their turn.

Counted in Redis, where every web process sees the same number. While Redis is away nobody is held back, and the API
goes on. Told in the header fields of draft-ietf-httpapi-ratelimit-headers.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from time import monotonic

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.throttling import BaseThrottle
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

PATIENCE = 0.25  # seconds for Redis to answer
ASKED_AGAIN_AFTER = 5  # seconds after it did not
_away_until = 0.0  # on the clock of `monotonic`


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one caller may still ask under one limit: `left` of `quota` requests, in the `resets_in` seconds that remain
    of `window` seconds. `exceeded`: this request is one too many."""

    name: str
    quota: int
    window: int
    left: int
    resets_in: int
    exceeded: bool


class RateLimits(BaseThrottle):
    """django-ninja asks it for each call, once it is known who calls. What was found is kept on the request."""

    def allow_request(self, request: HttpRequest) -> bool:
        callers = [("person", request.auth.pk)]
        if token := getattr(request, "api_token", None):
            callers.insert(0, ("token", token.pk))
        request.allowances = count(callers, now=timezone.now())
        return not any(each.exceeded for each in request.allowances)


def failed_too_often(request: HttpRequest) -> bool:
    """Counts a request that nobody could be found for, by the address it came from. Who has a good token there is not
    held back by those."""
    address = request.client_address
    request.allowances = count([("address", address)] if address else [], now=timezone.now())
    return any(each.exceeded for each in request.allowances)


def count(callers: Sequence[tuple[str, object]], *, now: datetime) -> list[Allowance]:
    """Counts one request of each caller, which is the name of a limit in `API_RATE_LIMITS` and who it is. Limits of no
    requests are left out, and all of them while Redis is away."""
    second = int(now.timestamp())
    limits = settings.API_RATE_LIMITS
    limited = [(name, who, *limits[name]) for name, who in callers if limits[name][0]]
    keys = [f"{_site()}:{name}:{who}:{second // window}" for name, who, _quota, window in limited]
    counted = _counted(keys, [window for *_who, window in limited])
    return [
        Allowance(
            name=name,
            quota=quota,
            window=window,
            left=max(0, quota - number),
            resets_in=window - second % window,
            exceeded=number > quota,
        )
        for (name, _who, quota, window), number in zip(limited, counted, strict=False)
    ]


def _counted(keys: Sequence[str], lasting: Sequence[int]) -> list[int]:
    """Each key's number with this request; none where Redis does not answer, which is then left alone for a while."""
    global _away_until
    if not keys or monotonic() < _away_until:
        return []
    try:
        with _redis().pipeline(transaction=False) as pipe:
            for key, seconds in zip(keys, lasting, strict=True):
                pipe.incr(key)
                pipe.expire(key, seconds)
            return pipe.execute()[::2]
    # The last two are what redis-py raises where another thread closes the connection that this one reads from: of a
    # closed file, or of a buffer that is None by then.
    except (redis.RedisError, ValueError, AttributeError) as error:
        _away_until = monotonic() + ASKED_AGAIN_AFTER
        logger.warning("Requests are not counted, Redis does not answer: %s", error)
        return []


@cache
def _redis() -> redis.Redis:
    # Celery's words for a socket and for a numbered database there, and redis-py's.
    url = settings.REDIS_URL.replace("redis+socket://", "unix://", 1).replace("?virtual_host=", "?db=", 1)
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
    return redis.Redis.from_url(url, **patience)


def _site() -> str:
    """Sites that share a Redis are counted apart."""
    return f"requests:{connection.settings_dict['NAME']}"


def tell_what_is_left(request: HttpRequest, response: HttpResponse) -> None:
    """`RateLimit-Policy: "person";q=600;w=60` and `RateLimit: "person";r=599;t=42`; Retry-After after too many."""
    allowances: list[Allowance] = getattr(request, "allowances", [])
    if allowances:
        response["RateLimit-Policy"] = ", ".join(f'"{each.name}";q={each.quota};w={each.window}' for each in allowances)
        response["RateLimit"] = ", ".join(f'"{each.name}";r={each.left};t={each.resets_in}' for each in allowances)
    waits = [each.resets_in for each in allowances if each.exceeded]
    if waits:
        response["Retry-After"] = str(max(waits))
