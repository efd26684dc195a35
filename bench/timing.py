"""Timing work against bare SQL for the same work, turn by turn, so that both meet the same noise."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from django.db import connection

WARM_UP = 3


@dataclass(frozen=True)
class Measured:
    """Milliseconds; `statements` is the most that one call needed, BEGIN and COMMIT not counted."""

    p50: float
    p95: float
    statements: int
    bare_p50: float

    @property
    def times_bare(self) -> float:
        return self.p50 / self.bare_p50


def measure(work: Callable[[], object], bare: Callable[[], object], *, rounds: int) -> Measured:
    """Both are called once a round, and a few times before to warm up."""
    times, bare_times, statements = [], [], 0
    for number in range(-WARM_UP, rounds):
        with _counting() as count:
            elapsed = _timed(work)
        bare_elapsed = _timed(bare)
        if number >= 0:
            times.append(elapsed)
            bare_times.append(bare_elapsed)
            statements = max(statements, count[0])
    return Measured(median(times), quantiles(times, n=20)[-1], statements, median(bare_times))


def _timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


@contextmanager
def _counting():
    count = [0]

    def wrapper(execute, sql, params, many, context):
        count[0] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield count
