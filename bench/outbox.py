"""The outbox, measured: sweeping when nothing is due among many old notifications, and sending, beside a bare SMTP
client."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from socket import create_connection, socket

from django.conf import settings
from django.db import connection

from bookings.models import Booking
from bookings.notifications.topics import topic_of
from bookings.notifications.types import Confirmation
from notifications import outbox
from notifications.models import Notification
from organisations.models import User

SENT_A_ROUND = 50
STARTS_WITHIN = 15

OLD_NOTIFICATIONS = """
INSERT INTO notifications_notification (id, recipient_id, kind, key, topic, topic_name, payload, written_at, due_at,
                                        next_try_at, tried, last_error, sent_at, by_mail, sent_again)
SELECT gen_random_uuid(), people[1 + number %% array_length(people, 1)], 'reminder', 'old/' || number, '', '', '{}',
       due, due, due, 1, '', due, true, 0
  FROM generate_series(1, %s) AS number,
       LATERAL (SELECT %s - number * interval '1 minute' AS due) AS moment,
       (SELECT array_agg(id) AS people FROM organisations_user) AS everyone
"""
DUE = """
SELECT id FROM notifications_notification
 WHERE sent_at IS NULL AND withdrawn_at IS NULL AND given_up_at IS NULL AND next_try_at <= %s
 ORDER BY next_try_at LIMIT 20 FOR UPDATE SKIP LOCKED
"""


def add_old_notifications(count: int, *, now: datetime) -> None:
    """Sent long ago, one a minute back from now."""
    with connection.cursor() as cursor:
        cursor.execute(OLD_NOTIFICATIONS, [count, now])


@contextmanager
def mail_sink() -> Iterator[int]:
    """A mail server in a process of its own that takes everything and keeps nothing; its port. Mail goes there."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sink = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    process = subprocess.Popen(sink, stderr=subprocess.DEVNULL)
    before = settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT
    try:
        _wait_for(port)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield port
    finally:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = before
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class OutboxBench:
    """Each round has notifications of its own, due a minute after those of the round before."""

    def __init__(self, *, now: datetime, rounds: int, port: int) -> None:
        self._port, self._round, self._settled = port, 0, False
        self._idle = now
        booking = Booking.objects.filter(reservations__period__startswith__gt=now).first()
        people = list(User.objects.order_by("pk"))
        self._moments = [now + timedelta(minutes=number) for number in range(1, rounds + 1)]
        Notification.objects.bulk_create(
            Notification(
                kind=Confirmation.code,
                recipient=people[number % len(people)],
                topic=topic_of(booking.pk),
                topic_name=booking.reference,
                key=f"bench/{moment.timestamp()}/{number}",
                written_at=now,
                due_at=moment,
                next_try_at=moment,
            )
            for moment in self._moments
            for number in range(SENT_A_ROUND)
        )
        self._message = _a_message()

    def sweep_idle(self) -> None:
        if not self._settled:  # what the bookings of this bench wrote would be sent otherwise
            Notification.objects.waiting().filter(next_try_at__lte=self._moments[0]).exclude(
                key__startswith="bench/"
            ).update(sent_at=self._idle)
            self._settled = True
        if outbox.sweep(clock=lambda: self._idle):
            raise RuntimeError("something was due")

    def sweep_idle_bare(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"BEGIN; {DUE}; COMMIT", [self._idle])

    def send(self) -> None:
        moment = self._moments[self._round]
        self._round += 1
        sent = outbox.sweep(clock=lambda: moment)
        if sent != SENT_A_ROUND:
            raise RuntimeError(f"{sent} of {SENT_A_ROUND} notifications were sent")

    def send_bare(self) -> None:
        """As many mails of the same size over one connection, made beforehand."""
        with smtplib.SMTP("127.0.0.1", self._port) as server:
            for _number in range(SENT_A_ROUND):
                server.send_message(self._message)


def _a_message() -> EmailMessage:
    """About as long as a confirmation with its HTML and its calendar entry."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Bench"
    message.set_content("x" * 70 + "\n" * 10)
    message.add_alternative("<p>" + ("x" * 70 + "\n") * 50 + "</p>", subtype="html")
    message.add_attachment(("x" * 70 + "\n") * 30, subtype="calendar", filename="invite.ics")
    return message
