"""Addresses in mails that let the reader do one thing without signing in.

An address names the notification and the one thing, and is signed. It holds for that reader at that e-mail address and
with that password, for the reservations as they stood when the mail was written: once one of them was moved it does
nothing any more. Opening it changes nothing, so that programs that follow every link of a mail do no harm; a person
presses a button there."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.core import signing

from bookings.models import Reservation
from bookings.notifications.topics import reservations_of
from notifications.letter import address_of
from notifications.models import Notification

SALT = "what a mail lets its reader do"
LASTS = timedelta(days=60)


class EmailAction(StrEnum):
    CANCEL = "cancel"
    APPROVE = "approve"
    CHECK_OUT = "check_out"


class NotGood(Exception):
    """An address that was not made here, or too long ago."""


@dataclass(frozen=True, slots=True)
class Token:
    """`seen` stands for the reservations as the mail showed them, `reader` for whom it went to."""

    notification_id: UUID
    act: EmailAction
    seen: str
    reader: str


def action_address(notification: Notification, act: EmailAction) -> str:
    """Reads the reservations of its booking."""
    signed = signing.dumps(
        [notification.pk.hex, act, as_seen(reservations_of(notification)), _reader(notification)],
        salt=SALT,
        compress=True,
    )
    return address_of("act", signed)


def read(signed: str) -> Token:
    try:
        pk, act, seen, reader = signing.loads(signed, salt=SALT, max_age=LASTS)
        return Token(UUID(hex=pk), EmailAction(act), seen, reader)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotGood from error


def is_for(token: Token, notification: Notification) -> bool:
    return notification.recipient.is_active and token.reader == _reader(notification)


def as_seen(reservations: Sequence[Reservation]) -> str:
    """Changes with every move of one of them."""
    return _short(f"{r.pk}.{r.revision}" for r in sorted(reservations, key=lambda r: r.pk))


def _reader(notification: Notification) -> str:
    """Changes with the reader's address and password: who had the mailbox before is shut out of old mails, too."""
    return _short([notification.recipient.email.lower(), notification.recipient.get_session_auth_hash()])


def _short(parts: Iterable[str]) -> str:
    return hashlib.sha256(",".join(parts).encode()).hexdigest()[:16]
