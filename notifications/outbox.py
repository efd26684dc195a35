"""Delivering what is due: by its ids right after the commit, and by a sweep each minute whatever was missed.

**Once, or at most once more.** A worker claims a few notifications under `FOR UPDATE SKIP LOCKED` by moving their next
try to the end of its lease, and commits; no lock is held and no transaction is open while it talks to the mail server.
The other way, sending inside the transaction that holds the rows, would free them the moment a worker dies, but whoever
cancels a reservation would wait for the mail server to withdraw its reminder, and a slow talk would be cut off by the
database after the mail went out.

- No two workers have one notification: `next_try_at` is the claim. Before each message the worker takes a full lease
  anew with a guarded update; where somebody withdrew the notification, or the lease ran out and another worker claimed
  it, that changes no row and the message is left alone.
- A worker that dies before the mail server took the message loses nothing: the lease runs out, the sweep sends it.
- A worker that dies after the server took it and before that is written makes it come once more. Nothing can prevent
  that, since the mail server is no part of our transaction; both carry one Message-ID, so a mail program folds them.
  A talk that outlasts the lease is such a case too; timeouts make it far shorter, and clocks of workers must agree
  to within the lease.

**Failing.** What the mail server says of one message counts for that message: it pauses, longer each time, and is
given up after the last pause, or at once where the server refuses the recipient for good. A server that cannot be
reached says nothing about any message: the sweep ends, nothing is counted, and the next minute tries again.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from notifications.announcing import announce
from notifications.letter import Letter
from notifications.mail import message_for
from notifications.models import Notification, NotificationQuerySet
from notifications.types import codes, codes_that_prove_the_reader, letter_for, load_all

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
BATCH = 20
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
UNSERVED_PAUSE = timedelta(minutes=1)
# A sweep ends in time for the next one, and for what was written meanwhile.
SWEEP_LASTS = timedelta(seconds=50)

Clock = Callable[[], datetime]


class Unserved(Exception):
    """The mail server cannot be reached, or lets nobody in."""


def deliver(ids: Collection[str], *, clock: Clock) -> int:
    """Those of these that are due and that nobody else has; how many were sent."""
    return _deliver_all(Notification.objects.filter(pk__in=ids), clock)


def sweep(*, clock: Clock) -> int:
    """Everything that is due, for most of a minute; how many were sent."""
    return _deliver_all(Notification.objects.all(), clock)


def send_again(notifications: NotificationQuerySet, *, now: datetime) -> int:
    """Of these what was sent by mail or given up goes out once more, whenever it was due; how many. What was sent says
    again what it said; what was not, and has nothing left to say by now, is withdrawn as always. A link that proves who
    reads goes to who asks for it alone."""
    ended = notifications.filter(
        Q(sent_at__isnull=False, by_mail=True) | Q(given_up_at__isnull=False), withdrawn_at=None
    )
    ended = ended.exclude(kind__in=codes_that_prove_the_reader())
    with transaction.atomic():
        ids = list(ended.select_for_update(of=("self",)).values_list("pk", flat=True))
        Notification.objects.filter(pk__in=ids).update(
            sent_at=None,
            given_up_at=None,
            expires_at=None,
            tried=0,
            last_error="",
            next_try_at=now,
            sent_again=F("sent_again") + 1,
        )
        announce(ids)
    return len(ids)


def _deliver_all(notifications: NotificationQuerySet, clock: Clock) -> int:
    sent, ends = 0, clock() + SWEEP_LASTS
    try:
        while clock() < ends and (claimed := claim(notifications, now=clock())):
            sent += _deliver_batch(claimed, clock)
    except Unserved as error:
        logger.warning("the mail server cannot be reached, notifications wait: %s", error)
    return sent


def claim(notifications: NotificationQuerySet, *, now: datetime) -> list[Notification]:
    """A few that are due, from now on this worker's until the lease ends; loaded with what letters say. Kinds that this
    version does not know wait for one that does: while a new version is brought in, both run."""
    with transaction.atomic():
        due = notifications.due(now).filter(kind__in=codes())
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
        if not ids:
            return []
        Notification.objects.filter(pk__in=ids).update(next_try_at=now + LEASE)
    claimed = list(
        Notification.objects.filter(pk__in=ids).select_related("recipient__notification_preference").order_by("due_at")
    )
    try:
        load_all(claimed)
    except Exception:  # each is read again by itself, so that the one it is about holds up no other
        logger.exception("what %d notifications are about cannot be read together", len(claimed))
    return claimed


def _deliver_batch(claimed: Sequence[Notification], clock: Clock) -> int:
    server, sent = get_connection(), 0
    try:
        for number, notification in enumerate(claimed):
            try:
                sent += _deliver_one(notification, server, clock)
            except Unserved as error:
                _hand_back(claimed[number:], error, clock())
                raise
    finally:
        _close(server)
    return sent


def _deliver_one(notification: Notification, server, clock: Clock) -> bool:
    """Whether it was sent. What is wrong with this one message is written on it, and stops no other."""
    now = clock()
    if notification.expires_at is not None and notification.expires_at <= now:
        return _write_on(notification, given_up_at=now)
    if notification.tried > len(PAUSES):
        return _write_on(
            notification, given_up_at=now, last_error=notification.last_error or "no answer came, on any try"
        )
    try:
        with translation.override(notification.recipient.language):
            letter, as_told = _letter_of(notification, now) if notification.recipient.is_active else (None, False)
            message = letter and message_for(notification, letter, now=now, only_words=as_told)
    except Exception as error:  # a letter that cannot be written waits for a better version, and holds up no other
        logger.exception("notification %s cannot be written", notification.pk)
        if _begin(notification, now):
            _pause_or_give_up(notification, repr(error), now)
        return False
    if letter is None or message is None:
        return _write_on(notification, withdrawn_at=now)
    if not _wants_mail(notification):
        return _write_on(notification, sent_at=now, by_mail=False, told=_kept(notification, letter))
    _open(server)
    if not _begin(notification, clock()):
        return False
    try:
        server.send_messages([message])
    except Exception as error:  # the library, the network or the server: whatever it was, it is noted and tried again
        _close(server)
        logger.warning("notification %s was not sent: %s", notification.pk, error)
        _pause_or_give_up(notification, _said_by(error), clock(), for_good=_refused_for_good(error))
        return False
    # Whoever has the claim by now: the mail server took it.
    Notification.objects.filter(pk=notification.pk, sent_at=None).update(
        sent_at=clock(), last_error="", told=_kept(notification, letter)
    )
    return True


def _letter_of(notification: Notification, now: datetime) -> tuple[Letter | None, bool]:
    """What it says; and whether that is what it said before while things have changed since, so that nothing can be
    done by it any more."""
    letter = letter_for(notification, now=now)
    if notification.told is None or (letter is not None and letter.as_told() == notification.told):
        return letter, False
    told = Letter.from_told(notification.told)
    return replace(told, more=(*told.more, _("You were told this before. Things have changed since."))), True


def _kept(notification: Notification, letter: Letter) -> dict | None:
    """Once sent, it stays as it was sent first. A link that proves who reads is kept nowhere."""
    if notification.has_link:
        return None
    return notification.told if notification.told is not None else letter.as_told()


def _wants_mail(notification: Notification) -> bool:
    preference = getattr(notification.recipient, "notification_preference", None)
    return preference is None or notification.kind not in preference.unmailed or notification.type.always_mailed


def _open(server) -> None:
    """Nothing where it is open."""
    try:
        server.open()
    except Exception as error:
        raise Unserved(_said_by(error)) from error


def _close(server) -> None:
    with suppress(Exception):  # it may be gone; what it took is written
        server.close()


# ---- What is written on a notification, each guarded by the claim ----------------------------------------------------


def _begin(notification: Notification, now: datetime) -> bool:
    """A full lease and one more try; False where the notification was withdrawn or is another worker's."""
    if not _ours(notification).update(next_try_at=now + LEASE, tried=F("tried") + 1):
        return False
    notification.next_try_at, notification.tried = now + LEASE, notification.tried + 1
    return True


def _pause_or_give_up(notification: Notification, error: str, now: datetime, *, for_good: bool = False) -> None:
    if for_good or notification.tried > len(PAUSES):
        logger.error("notification %s to %s is given up: %s", notification.pk, notification.address, error)
        _write_on(notification, given_up_at=now, last_error=error)
    else:
        _write_on(notification, next_try_at=now + PAUSES[notification.tried - 1], last_error=error)


def _hand_back(notifications: Sequence[Notification], error: Unserved, now: datetime) -> None:
    """What was claimed together and not begun waits a moment, for whoever sweeps then."""
    ours = Notification.objects.waiting().filter(
        pk__in=[n.pk for n in notifications], next_try_at=notifications[0].next_try_at
    )
    ours.update(next_try_at=now + UNSERVED_PAUSE, last_error=str(error))


def _write_on(notification: Notification, **columns) -> bool:
    """Always False: it was not sent."""
    _ours(notification).update(**columns)
    return False


def _ours(notification: Notification) -> NotificationQuerySet:
    return Notification.objects.waiting().filter(pk=notification.pk, next_try_at=notification.next_try_at)


# ---- What mail servers say -------------------------------------------------------------------------------------


def _refused_for_good(error: Exception) -> bool:
    """Whether the server refuses this recipient with a code of 500 or more."""
    refused = error.recipients if isinstance(error, SMTPRecipientsRefused) else {}
    return bool(refused) and all(code >= 500 for code, _message in refused.values())


def _said_by(error: Exception) -> str:
    """In the words of the server where it said something: `450 4.2.1 busy`."""
    answers: list[tuple[int, bytes | str]] = []
    if isinstance(error, SMTPRecipientsRefused):
        answers = list(error.recipients.values())
    elif isinstance(error, SMTPResponseException):
        answers = [(error.smtp_code, error.smtp_error)]
    said = [f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}" for code, text in answers]
    return ("; ".join(said) or f"{type(error).__name__}: {error}")[:1000]
