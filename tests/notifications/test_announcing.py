"""After the commit a worker is woken; a broker that is gone holds up nothing and loses nothing."""

from logging import LogRecord
from logging.handlers import QueueHandler
from queue import Empty, Queue
from uuid import uuid4

import pytest
from celery import Celery
from django.conf import settings
from django.db import transaction

from bic.celery import app
from notifications import announcing, outbox
from notifications.announcing import DELIVER, Announcer, left_to_the_sweep
from notifications.models import Notification
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def use_broker(monkeypatch):
    """Publish to the broker at this address, by a queue that no worker of a running site listens to."""

    def use(url: str) -> Celery:
        site = Celery("announcing-tested", broker=url, set_as_current=False)
        site.conf.broker_connection_timeout = 1
        site.conf.task_default_queue = f"tested-{uuid4()}"
        monkeypatch.setattr(announcing, "current_app", site)
        monkeypatch.setattr(announcing, "_announcer", Announcer())
        return site

    return use


@pytest.fixture
def broker(use_broker):
    """The one of the settings; `get()` waits for what is published and gives the task and its arguments."""
    site = use_broker(settings.CELERY_BROKER_URL)
    with site.connection() as connection, connection.SimpleQueue(site.conf.task_default_queue) as queue:

        class Broker:
            def get(self) -> tuple[str, list]:
                message = queue.get(timeout=20)
                message.ack()
                return message.headers["task"], message.payload[0]

            def is_empty(self) -> bool:
                try:
                    queue.get_nowait()
                except Empty:
                    return True
                return False

        yield Broker()


def test_what_is_due_is_delivered_by_its_ids_after_the_commit(broker, make_reservation, mail_server):
    with transaction.atomic():
        make_reservation()
        assert broker.is_empty()
    task, arguments = broker.get()
    confirmation = Notification.objects.get(kind="confirmation")
    assert (task, arguments) == (DELIVER, [[str(confirmation.pk)]])
    assert [outbox.deliver(*arguments, clock=lambda: NOW) for _time in range(2)] == [1, 0]
    assert mail_server.recipients == {"engineer@example.org": 1}


def test_nothing_is_announced_of_what_is_rolled_back_or_left_to_the_sweep(broker, make_reservation):
    with transaction.atomic():
        make_reservation()
        transaction.set_rollback(True)
    with left_to_the_sweep():
        make_reservation()
    seen = make_reservation("13:00", "14:00")
    _task, [[first]] = broker.get()
    assert Notification.objects.get(pk=first).topic == f"booking/{seen.booking_id}"
    assert broker.is_empty()


def test_without_a_broker_one_books_all_the_same_and_the_sweep_delivers(use_broker, make_reservation, mail_server):
    use_broker("redis://127.0.0.1:1/0")
    logged: Queue[LogRecord] = Queue()
    handler = QueueHandler(logged)
    announcing.logger.addHandler(handler)
    try:
        make_reservation()
        assert "the broker does not answer" in logged.get(timeout=60).getMessage()
    finally:
        announcing.logger.removeHandler(handler)
    assert not mail_server.taken
    assert outbox.sweep(clock=lambda: NOW) == 1
    assert mail_server.recipients == {"engineer@example.org": 1}


def test_the_tasks_of_the_clock_and_of_announcing_are_there():
    app.loader.import_default_modules()
    assert {DELIVER, *(entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values())} <= app.tasks.keys()
