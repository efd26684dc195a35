"""What was written, and a real mail server to send it to."""

import asyncio
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import Message
from socket import socket

import pytest
from aiosmtpd.controller import Controller

from bookings.notifications.reminders import PLANNED_KINDS
from bookings.notifications.topics import topic_of
from notifications.models import Notification
from organisations.models import User
from tests.conftest import NOW


@pytest.fixture
def told():
    """What waits to be told, without reminders: (kind, whom), in order. `clear()` begins anew."""

    class Told:
        def __call__(self) -> list[tuple[str, str]]:
            waiting = Notification.objects.waiting().exclude(kind__in=PLANNED_KINDS)
            return sorted(waiting.values_list("kind", "recipient__name"))

        def clear(self) -> None:
            Notification.objects.exclude(kind__in=PLANNED_KINDS).delete()

    return Told()


@pytest.fixture
def reminded():
    """The reminders that wait: (kind, when), in order."""

    def reminded(*kinds: str):
        waiting = Notification.objects.waiting().filter(kind__in=kinds or PLANNED_KINDS)
        return sorted(waiting.values_list("kind", "due_at"))

    return reminded


class MailServer:
    """A real SMTP server that keeps what it takes. `answer` may refuse a recipient, `before_taking` sees each
    message before the client hears that it was taken."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.answer: Callable[[str], str] = lambda recipient: "250 OK"
        self.before_taking: Callable[[Message], None] = lambda message: None
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append(message)
        # Away from the loop, so that it may wait while others are served.
        await asyncio.get_running_loop().run_in_executor(None, self.before_taking, message)
        return "250 OK"

    @property
    def recipients(self) -> Counter:
        return Counter(str(message["To"]) for message in self.taken)


@pytest.fixture
def mail_server(settings):
    """Mail goes there for the length of a test."""
    server = MailServer()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 20
    yield server
    controller.stop()


@pytest.fixture
def make_notifications(make_reservation):
    """So many confirmations of one booking, each to somebody else, due at `now`."""

    def make(count: int) -> list[Notification]:
        booking = make_reservation().booking
        Notification.objects.all().delete()
        people = User.objects.bulk_create(
            User(email=f"p{number}@example.org", name=f"P{number}", language="en") for number in range(count)
        )
        return Notification.objects.bulk_create(
            Notification(
                kind="confirmation",
                recipient=person,
                topic=topic_of(booking.pk),
                topic_name=booking.reference,
                key=f"booking/{booking.pk}/confirmation",
                written_at=NOW,
                due_at=NOW,
                next_try_at=NOW,
            )
            for person in people
        )

    return make
