"""Each message once: many workers, workers that die, mail servers that refuse or are gone. Real threads and
processes, a real SMTP server, a real PostgreSQL."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.conf import settings
from django.db import connection, connections

from bookings.notifications.topics import booking_of
from bookings.services import cancel
from notifications import outbox
from notifications.models import Notification, NotificationPreference
from notifications.outbox import LEASE, PAUSES
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def sweep(now=NOW) -> int:
    return outbox.sweep(clock=lambda: now)


def everybody(count: int) -> dict[str, int]:
    return {f"p{number}@example.org": 1 for number in range(count)}


def test_ten_workers_send_each_of_two_hundred_once(make_notifications, mail_server):
    make_notifications(200)
    barrier = Barrier(10)

    def work(_number: int) -> int:
        try:
            connection.ensure_connection()
            barrier.wait()
            return sweep()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as workers:
        sent = list(workers.map(work, range(10)))
    assert sum(sent) == 200
    assert mail_server.recipients == everybody(200)
    assert not Notification.objects.exclude(sent_at=NOW, tried=1).exists()
    assert sweep() == 0


SWEEP_IN_ANOTHER_PROCESS = """
import sys, django
django.setup()
from datetime import datetime
from django.conf import settings
from django.db import connection
from notifications import outbox
connection.settings_dict["NAME"] = sys.argv[1]
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", int(sys.argv[2]), 60
now = datetime.fromisoformat(sys.argv[3])
outbox.sweep(clock=lambda: now)
"""


def test_what_a_worker_that_was_killed_had_in_hand_arrives_all_the_same(make_notifications, mail_server):
    """It is killed in the middle of its batch, after the server took the fifth message and before it says so: that
    one comes twice under one Message-ID, every other once."""
    make_notifications(30)
    fifth, killed = Event(), Event()

    def hold_the_fifth(_message) -> None:
        if len(mail_server.taken) == 5:
            fifth.set()
            killed.wait(60)

    mail_server.before_taking = hold_the_fifth
    database = connection.settings_dict["NAME"]
    arguments = [database, str(mail_server.port), NOW.isoformat()]
    worker = subprocess.Popen([sys.executable, "-c", SWEEP_IN_ANOTHER_PROCESS, *arguments], cwd=settings.BASE_DIR)
    try:
        assert fifth.wait(60)
    finally:
        worker.kill()
        worker.wait()
        killed.set()
    assert sweep() == 10  # what was not in its batch
    assert sweep(NOW + LEASE) == 16
    twice = str(mail_server.taken[4]["To"])
    assert mail_server.recipients == everybody(30) | {twice: 2}
    assert len({message["Message-ID"] for message in mail_server.taken}) == 30


def test_a_server_that_refuses_every_third_gets_them_all_in_the_end(make_notifications, mail_server):
    make_notifications(60)
    asked = iter(range(10_000))
    mail_server.answer = lambda _recipient: "451 4.3.0 busy" if next(asked) % 3 == 0 else "250 OK"
    now, sweeps = NOW, 0
    while Notification.objects.waiting().exists() and sweeps < len(PAUSES):
        sweep(now)
        now, sweeps = now + PAUSES[sweeps], sweeps + 1
    assert mail_server.recipients == everybody(60)
    assert sweeps > 2


def test_what_is_refused_waits_longer_each_time_and_is_given_up_where_it_shows(make_notifications, mail_server):
    (notification,) = make_notifications(1)
    mail_server.answer = lambda _recipient: "451 4.3.0 busy"
    now = NOW
    for tries, pause in enumerate(PAUSES, 1):
        sweep(now)
        notification.refresh_from_db()
        assert (notification.tried, notification.next_try_at, notification.last_error) == (
            tries,
            now + pause,
            "451 4.3.0 busy",
        )
        assert sweep(now + pause - MINUTE / 60) == 0
        now += pause
    sweep(now)
    notification.refresh_from_db()
    assert (notification.tried, notification.given_up_at) == (len(PAUSES) + 1, now)
    mail_server.answer = lambda _recipient: "250 OK"
    assert sweep(now + timedelta(days=30)) == 0


def test_a_recipient_refused_for_good_is_given_up_at_once_and_holds_up_nobody(make_notifications, mail_server):
    make_notifications(3)
    gone = "p1@example.org"
    mail_server.answer = lambda recipient: "550 5.1.1 no such user" if recipient == gone else "250 OK"
    assert sweep() == 2
    notification = Notification.objects.get(recipient__email=gone)
    assert (notification.given_up_at, notification.last_error, notification.tried) == (NOW, "550 5.1.1 no such user", 1)


def test_a_server_that_is_gone_counts_for_no_message_and_is_asked_again_a_minute_later(
    make_notifications, mail_server, settings
):
    make_notifications(25)
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    for minutes in range(3 * len(PAUSES)):
        assert sweep(NOW + minutes * MINUTE) == 0
    assert not Notification.objects.exclude(tried=0, given_up_at=None).exists()
    assert "refused" in Notification.objects.exclude(last_error="").first().last_error
    settings.EMAIL_PORT = there
    assert sweep(NOW + timedelta(days=9)) == 25
    assert not Notification.objects.exclude(last_error="").exists()


def test_a_letter_that_cannot_be_written_is_tried_again_and_holds_up_nobody(make_notifications, mail_server):
    broken, *_others = make_notifications(3)
    Notification.objects.filter(pk=broken.pk).update(kind="moved", payload={})
    assert sweep() == 2
    broken.refresh_from_db()
    assert (broken.tried, broken.last_error) == (1, "KeyError('from')")


def test_what_is_withdrawn_while_a_worker_has_it_is_not_sent(make_notifications, mail_server):
    make_notifications(2)
    claimed = outbox.claim(Notification.objects.all(), now=NOW)
    Notification.objects.filter(pk=claimed[1].pk).withdraw(NOW)
    assert outbox._deliver_batch(claimed, lambda: NOW) == 1
    assert mail_server.recipients == {claimed[0].recipient.email: 1}


def test_a_worker_that_was_too_slow_leaves_it_to_who_claimed_it_next(make_notifications, mail_server):
    make_notifications(2)
    slow = outbox.claim(Notification.objects.all(), now=NOW)
    assert sweep(NOW + LEASE) == 2
    assert outbox._deliver_batch(slow, lambda: NOW + LEASE) == 0
    assert mail_server.recipients == everybody(2)


def test_who_wants_no_mail_of_a_kind_is_told_in_the_system_alone(make_notifications, mail_server):
    one, other = make_notifications(2)
    NotificationPreference.objects.create(person=one.recipient, unmailed=["confirmation"])
    NotificationPreference.objects.create(person=other.recipient, unmailed=["reminder"])
    assert sweep() == 1
    assert mail_server.recipients == {other.recipient.email: 1}
    one.refresh_from_db()
    assert (one.sent_at, one.by_mail) == (NOW, False)


def test_who_may_no_longer_sign_in_is_told_nothing(make_notifications, mail_server):
    (notification,) = make_notifications(1)
    notification.recipient.is_active = False
    notification.recipient.save()
    assert sweep() == 0
    notification.refresh_from_db()
    assert notification.withdrawn_at == NOW


def test_what_comes_too_late_is_given_up(make_notifications, mail_server):
    make_notifications(1)
    Notification.objects.update(expires_at=NOW + MINUTE)
    assert sweep(NOW + MINUTE) == 0
    assert Notification.objects.get().given_up_at == NOW + MINUTE
    assert not mail_server.taken


def test_a_confirmation_of_what_was_cancelled_meanwhile_says_nothing(make_notifications, mail_server, engineer):
    (notification,) = make_notifications(1)
    cancel(reservation=booking_of(notification).reservations.get(), actor=engineer, now=NOW)
    assert sweep() == 1
    assert [message["Subject"].split()[0] for message in mail_server.taken] == ["Cancelled:"]


def test_the_sweep_looks_only_at_what_waits_however_much_was_sent(make_notifications):
    """Twenty thousand old ones are no more work than none: the index it goes by does not hold them."""
    (notification,) = make_notifications(1)
    values = {"recipient": notification.recipient_id, "now": NOW}
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notifications_notification (id, recipient_id, kind, key, topic, topic_name, payload,
                                                        written_at, due_at, next_try_at, tried, last_error, sent_at,
                                                        by_mail, sent_again)
               SELECT gen_random_uuid(), %(recipient)s, 'reminder', 'old/' || n, '', '', '{}', %(now)s, %(now)s,
                      %(now)s, 1, '', %(now)s, true, 0
                 FROM generate_series(1, 20000) n""",
            values,
        )
        cursor.execute("ANALYZE notifications_notification")
    assert "notifications_that_wait" in Notification.objects.due(NOW)[:20].explain()
