"""Metrics, request ids, timers that stopped, and a mail server that is tried."""

import json
import logging
import subprocess
import sys
from datetime import timedelta
from socket import socket
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from bic.celery import app
from bic.models import TaskTimes
from bic.monitoring.mail_server import try_mail_server
from bic.monitoring.request_id import KnowsTheRequest, request_id
from bic.monitoring.request_metrics import count_requests
from bic.monitoring.timers import EACH_MINUTE, timers_stopped_since
from notifications.models import Notification
from tests.conftest import NOW
from tests.notifications.conftest import mail_server as mail_server


@pytest.fixture
def figures(client, settings):
    settings.METRICS_TOKEN = "secret"

    def read():
        answer = client.get("/metrics", headers={"authorization": "Bearer secret"})
        assert answer.status_code == 200
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return read


@pytest.mark.django_db
class TestMetrics:
    def test_they_say_what_waits_was_sent_and_failed(self, figures, make_reservation):
        make_reservation()
        waiting = Notification.objects.get(kind="confirmation")
        Notification.objects.filter(pk=waiting.pk).update(due_at=timezone.now() - timedelta(minutes=10))
        ended = list(Notification.objects.exclude(pk=waiting.pk).values_list("pk", flat=True))
        Notification.objects.filter(pk=ended[0]).update(sent_at=NOW)
        Notification.objects.filter(pk=ended[1]).update(given_up_at=NOW)
        said = figures()
        assert said[("bic_notifications_due",)] == 1
        assert 600 <= said[("bic_notifications_oldest_due_seconds",)] < 700
        assert (said[("bic_notifications_ended", "sent")], said[("bic_notifications_ended", "failed")]) == (1, 1)

    def test_what_failed_of_late_is_told_until_a_day_later_or_until_it_is_sent_again(self, figures, make_reservation):
        make_reservation()
        one, other, *_rest = Notification.objects.values_list("pk", flat=True)
        now = timezone.now()
        Notification.objects.filter(pk=one).update(given_up_at=now - timedelta(hours=1))
        Notification.objects.filter(pk=other).update(given_up_at=now - timedelta(days=2))
        assert figures()[("bic_notifications_failed_last_day",)] == 1
        Notification.objects.filter(pk=one).update(given_up_at=None)
        assert figures()[("bic_notifications_failed_last_day",)] == 0

    def test_they_say_how_long_tasks_took(self, figures):
        for seconds, failed in ((1.5, False), (0.5, True)):
            TaskTimes.add("a.task", seconds=seconds, failed=failed, ended_at=NOW)
        said = figures()
        assert said[("bic_task_seconds_count", "a.task")] == 2
        assert said[("bic_task_seconds_sum", "a.task")] == 2
        assert said[("bic_task_failures_total", "a.task")] == 1
        assert said[("bic_task_last_ended_timestamp_seconds", "a.task")] == NOW.timestamp()

    def test_they_say_how_many_tasks_wait_for_a_worker(self, figures):
        assert figures()[("bic_broker_up",)] == 1
        assert figures()[("bic_broker_queue_length",)] >= 0

    def test_a_broker_that_is_gone_is_a_figure_and_no_error(self, figures, settings):
        with socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{unused.getsockname()[1]}/0"
            said = figures()
        assert said[("bic_broker_up",)] == 0

    def test_a_database_that_is_gone_is_a_figure_and_requests_are_told_all_the_same(self, figures, monkeypatch):
        assert (figures()[("bic_database_up",)], figures()[("bic_database_lock_timeout_seconds",)]) == (1, 15)
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "host", "/nowhere")
        said = figures()
        assert said[("bic_database_up",)] == 0
        assert ("bic_request_failures_total",) in said
        assert ("bic_notifications_due",) not in said

    def test_requests_are_counted_by_pattern_and_not_by_what_visitors_think_up(self, figures, client):
        def of(name):
            return {
                labels: value
                for (sample, *labels), value in figures().items()
                for labels in [tuple(labels)]
                if sample == name
            }

        before = of("bic_requests_total")
        client.get("/feeds/some-secret.ics")
        client.get("/thought/up/1")
        client.generic("BREW", "/thought/up/2")
        after = of("bic_requests_total")
        new = {labels: value - before.get(labels, 0) for labels, value in after.items() if value != before.get(labels)}
        assert new == {
            ("GET", "feeds/<str:secret>.ics", "404"): 1,
            ("GET", "(no page)", "404"): 1,
            ("other", "(no page)", "404"): 1,
        }
        assert of("bic_request_seconds_count")[("GET", "feeds/<str:secret>.ics")] >= 1

    @pytest.mark.parametrize(("status", "counts"), [(404, 0), (500, 1), (503, 1)])
    def test_a_page_that_fails_counts(self, figures, rf, status, counts):
        before = figures()[("bic_request_failures_total",)]
        count_requests(lambda request: HttpResponse(status=status))(rf.get("/"))
        assert figures()[("bic_request_failures_total",)] == before + counts

    def test_they_are_for_who_has_the_token(self, client, settings):
        settings.METRICS_TOKEN = "secret"
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"authorization": "Bearer other"}).status_code == 403
        assert client.get("/metrics", headers={"authorization": "Bearer geheim\u00e9"}).status_code == 403
        settings.METRICS_TOKEN, settings.DEBUG = "", False
        assert client.get("/metrics").status_code == 403


class TestRequestId:
    @pytest.mark.parametrize(
        ("given", "kept"), [("abcdef-123456", True), ("short", False), ("x" * 65, False), ("with\ttab12345", False)]
    )
    def test_a_good_one_is_kept_and_any_other_replaced(self, client, db, given, kept):
        answer = client.get("/account/login/", headers={"x-request-id": given})
        assert (answer["X-Request-ID"] == given) is kept
        assert len(answer["X-Request-ID"]) >= 8

    def test_lines_of_the_log_are_objects_with_the_id_and_no_secret(self, client, db, caplog):
        caplog.set_level("INFO", "bic.requests")
        caplog.handler.addFilter(KnowsTheRequest())
        client.get("/feeds/some-secret.ics", headers={"x-request-id": "abcdef-123456"})
        line = next(r for r in caplog.records if r.name == "bic.requests")
        assert line.request_id == "abcdef-123456"
        assert (line.route, line.status) == ("feeds/<str:secret>.ics", 404)
        assert "some-secret" not in line.getMessage()

    def test_it_goes_along_to_the_tasks_that_a_request_sets_off(self):
        """Read back from the broker, as a worker gets it; on a queue of its own, which no worker empties."""
        queue = f"test-{uuid4().hex}"
        token = request_id.set("abcdef-123456")
        try:
            app.send_task("notifications.tasks.deliver_notifications", args=[[]], queue=queue)
        finally:
            request_id.reset(token)
        with app.connection_for_read() as connection, connection.SimpleQueue(queue) as waiting:
            message = waiting.get(timeout=10)
            message.ack()
        assert message.headers["request_id"] == "abcdef-123456"

    def test_outside_a_request_there_is_none(self):
        record = logging.makeLogRecord({})
        KnowsTheRequest().filter(record)
        assert record.request_id == "-"
        assert request_id.get() == ""

    def test_in_production_each_line_is_json(self, settings):
        code = "import django, logging; django.setup();logging.getLogger('bic').info('said', extra={'seconds': 2})"
        env = {"SECRET_KEY": "x" * 50, "DATABASE_URL": "postgresql://x@localhost/x", "REDIS_URL": "redis://localhost"}
        env |= {"DJANGO_SETTINGS_MODULE": "bic.settings"}
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=settings.BASE_DIR, check=True
        )
        line = json.loads(run.stderr.splitlines()[-1])
        assert {
            "level": "INFO",
            "logger": "bic",
            "message": "said",
            "seconds": 2,
            "request_id": "-",
        }.items() <= line.items()


@pytest.mark.django_db
class TestTimers:
    def ran(self, ago: timedelta):
        TaskTimes.add(EACH_MINUTE, seconds=0.1, failed=False, ended_at=NOW - ago)

    def test_while_they_run_nothing_is_said(self):
        self.ran(timedelta(minutes=1))
        assert timers_stopped_since(NOW) is None

    def test_since_when_they_stand_still(self):
        self.ran(timedelta(minutes=30))
        assert timers_stopped_since(NOW) == NOW - timedelta(minutes=30)

    def test_that_they_never_ran_shows_from_the_first_notification_on(self, make_reservation):
        assert timers_stopped_since(NOW) is None
        make_reservation()
        assert timers_stopped_since(NOW + timedelta(minutes=1)) is None
        assert timers_stopped_since(NOW + timedelta(minutes=6)) == NOW

    def test_the_facility_reads_it_on_every_page_and_others_do_not(
        self, client, facility_manager, engineer, monkeypatch
    ):
        self.ran(timedelta(minutes=30))
        monkeypatch.setattr(timezone, "now", lambda: NOW)
        for user, told in ((facility_manager, True), (engineer, False)):
            client.force_login(user)
            assert (
                "Reminders and emails have not been sent since" in client.get("/bookings/").content.decode()
            ) is told


class TestMailServer:
    def test_one_that_works_is_said_to(self, mail_server):
        assert try_mail_server() == (True, f"The mail server 127.0.0.1:{mail_server.port} takes mail.")

    def test_one_that_is_not_there_is_told_with_what_to_look_at(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        with socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused.getsockname()[1]
            works, said = try_mail_server()
        assert not works
        assert "Look at EMAIL_URL" in said

    def test_in_production_mail_that_is_kept_reaches_nobody(self, settings):
        settings.DEBUG, settings.EMAIL_BACKEND = False, "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = "/somewhere"
        with pytest.raises(CommandError, match="Set EMAIL_URL"):
            call_command("try_mail")

    def test_a_mail_goes_where_one_asks(self, mail_server, capsys):
        call_command("try_mail", "someone@example.org")
        assert mail_server.recipients == {"someone@example.org": 1}
