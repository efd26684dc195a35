"""Figures for Prometheus at `/metrics`: requests, what waits, what was sent, what failed, and how long tasks take.

All but the requests are read from the database and the broker when asked, so every web process gives the same answer.
Answered by the outermost middleware, as the health of the site is, so that a scraper may come by address and over
plain HTTP.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
from django.conf import settings
from django.db import Error
from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily

from bic import database
from bic.models import TaskTimes
from bic.monitoring.request_metrics import registry_of_requests
from notifications.models import Notification

QUEUE = "celery"
PATIENCE = 3  # seconds for the broker; a scraper that must wait longer has given up


def answer_metrics(get_response):
    """Middleware: `/metrics`; every other address is passed on."""

    def middleware(request):
        return metrics(request) if request.path_info == "/metrics" else get_response(request)

    return middleware


def metrics(request) -> HttpResponse:
    """With the token of METRICS_TOKEN; without one only while DEBUG."""
    if not _may_read(request):
        return HttpResponse("METRICS_TOKEN is needed as a bearer token.\n", status=403, content_type="text/plain")
    figures = CollectorRegistry()
    figures.register(Figures(timezone.now()))
    text = generate_latest(registry_of_requests()) + generate_latest(figures)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _may_read(request) -> bool:
    if not settings.METRICS_TOKEN:
        return settings.DEBUG
    given, right = request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    return hmac.compare_digest(given.encode(), right.encode())


class Figures:
    """A collector, as the library calls it, of the moment it was made for."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Where the database is away its figures are missing, and that it is away is one."""
        try:
            lock_timeout = database.setting_in_seconds("lock_timeout")
            of_the_database = [*_of_notifications(self._now), *_of_tasks()]
        except (psycopg.Error, Error):
            lock_timeout, of_the_database = None, []
        yield GaugeMetricFamily("bic_database_up", "Whether the database answers.", lock_timeout is not None)
        if lock_timeout is not None:
            yield GaugeMetricFamily("bic_database_lock_timeout_seconds", "0 where one may wait for ever.", lock_timeout)
        yield from of_the_database
        yield from _of_the_broker()

    def describe(self) -> list[Metric]:
        """Nothing is read while the registry makes acquaintance."""
        return []


def _of_notifications(now: datetime) -> Iterator[Metric]:
    waiting = Notification.objects.waiting()
    due = Notification.objects.waiting().filter(due_at__lte=now)
    oldest = due.order_by("due_at").values_list("due_at", flat=True).first()
    yield GaugeMetricFamily(
        "bic_notifications_due", "Notifications whose moment has come and that were not sent.", due.count()
    )
    yield GaugeMetricFamily(
        "bic_notifications_planned", "Notifications for later.", waiting.filter(due_at__gt=now).count()
    )
    yield GaugeMetricFamily(
        "bic_notifications_oldest_due_seconds",
        "How long the notification waits that waits longest.",
        (now - oldest).total_seconds() if oldest else 0,
    )
    # Gauges, not counters: what is sent again from the outbox no longer counts as failed.
    ended = Notification.objects.aggregate(
        sent=Count("sent_at"), failed=Count("given_up_at"), withdrawn=Count("withdrawn_at")
    )
    by_end = GaugeMetricFamily("bic_notifications_ended", "Notifications that ended so.", labels=["how"])
    for how, count in ended.items():
        by_end.add_metric([how], count)
    yield by_end
    lately = Notification.objects.filter(given_up_at__gt=now - timedelta(days=1)).count()
    yield GaugeMetricFamily("bic_notifications_failed_last_day", "Notifications given up in the last 24 hours.", lately)


def _of_tasks() -> Iterator[Metric]:
    times = SummaryMetricFamily("bic_task_seconds", "How long tasks took.", labels=["task"])
    failures = CounterMetricFamily("bic_task_failures", "Tasks that failed.", labels=["task"])
    last = GaugeMetricFamily("bic_task_last_ended_timestamp_seconds", "When a task last ended.", labels=["task"])
    for task in TaskTimes.objects.order_by("name"):
        times.add_metric([task.name], count_value=task.runs, sum_value=task.seconds)
        failures.add_metric([task.name], task.failures)
        last.add_metric([task.name], task.last_ended_at.timestamp())
    yield from (times, failures, last)


def _of_the_broker() -> Iterator[Metric]:
    """Tasks that no worker has taken; nothing where the broker does not answer, and that it does not."""
    from kombu import Connection
    from kombu.exceptions import ChannelError, KombuError

    options = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE, "max_retries": 0}
    length: int | None = None
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=PATIENCE, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE)
            try:
                length = broker.default_channel.queue_declare(QUEUE, passive=True).message_count
            except ChannelError:  # an empty queue is not there
                length = 0
    except (OSError, KombuError):
        pass
    yield GaugeMetricFamily("bic_broker_up", "Whether the broker answers.", length is not None)
    if length is not None:
        yield GaugeMetricFamily("bic_broker_queue_length", "Tasks that wait for a worker.", length)
