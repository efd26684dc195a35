"""The registry of what people can be told.

A kind is one class, registered by the app that it is about:

    @register
    class DoorOpened(NotificationType):
        code, label, section = "door_opened", gettext_lazy("door opened"), Section.BOOKINGS

        def compose(self, notification, *, now):
            return Letter(subject=…, opening=…, address=address_of("desk"), action=…)

The outbox, the inbox, the preferences of people and the mail ask the registry, so a new kind needs nothing else, and no
migration.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, ClassVar

from django.utils.functional import Promise

from notifications.letter import Letter

if TYPE_CHECKING:
    from notifications.models import Notification


class Section(IntEnum):
    """Where a kind stands among the preferences."""

    BOOKINGS = 1
    CERTIFICATES = 2
    OVERVIEWS = 3
    ACCOUNT = 4


class Audience(StrEnum):
    """Whom a kind can reach: only they are asked how they want to get it."""

    EVERYONE = "everyone"
    STAFF = "staff"
    FACILITY_MANAGERS = "facility managers"
    LEADERS = "leaders"


@dataclass(frozen=True, slots=True)
class ActionLink:
    """One thing that a mail lets its reader do without signing in: the words for it, and its address."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An entry for the reader's calendar: iCalendar text, its method (REQUEST or CANCEL) and the name of its file.
    `acts` where a mail program should carry it out by itself, and not only offer the file."""

    content: bytes
    method: str
    name: str
    acts: bool


class NotificationType:
    """One kind. An instance is made when the class is registered and serves all notifications of the kind."""

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    section: ClassVar[Section] = Section.BOOKINGS
    audience: ClassVar[Audience] = Audience.EVERYONE
    # Mailed whatever somebody chose: who took over an account would choose otherwise.
    always_mailed: ClassVar[bool] = False
    # Its mail holds a link that proves who reads it: it is read in that mailbox alone, sent once, and kept nowhere.
    proves_reader: ClassVar[bool] = False

    def load(self, notifications: Sequence[Notification]) -> None:
        """Reads, in a fixed number of statements, what `compose` needs for these, and puts it in their `subject`."""

    def compose(self, notification: Notification, *, now: datetime) -> Letter | None:
        """The letter in the language that is active, by what holds at `now`; None where nothing is left to say: what it
        is about was cancelled, decided or renewed meanwhile."""
        raise NotImplementedError

    def email_action(self, notification: Notification, letter: Letter) -> ActionLink | None:
        """What the reader may do by the mail itself."""
        return None

    def calendar_parts(self, notification: Notification, letter: Letter, *, now: datetime) -> Iterable[CalendarPart]:
        return ()

    def page(self, notification: Notification) -> str:
        """The address, on this site, of how things are now; "" where that is only known from the letter."""
        return ""


class _OfAnotherVersion(NotificationType):
    """A kind that is not registered: written by a newer version beside this one, or by one that is gone. It waits for a
    version that knows it, and what was sent of it is shown as it was sent."""

    section = Section.ACCOUNT

    def __init__(self, code: str) -> None:
        self.label = code.replace("_", " ")

    def compose(self, notification: Notification, *, now: datetime) -> Letter | None:
        return None


_types: dict[str, NotificationType] = {}


def register(cls: type[NotificationType]) -> type[NotificationType]:
    """A class decorator. ValueError where another class has the code."""
    known = _types.get(cls.code)
    if known is not None and type(known) is not cls:
        raise ValueError(f"two kinds of notifications are called {cls.code}")
    _types[cls.code] = cls()
    return cls


def type_of(code: str) -> NotificationType:
    return _types.get(code) or _OfAnotherVersion(code)


def all_types() -> list[NotificationType]:
    """In the order of the preferences: by section, and there as they were registered."""
    return sorted(_types.values(), key=lambda kind: kind.section)


def codes() -> list[str]:
    return list(_types)


def codes_that_prove_the_reader() -> list[str]:
    return [kind.code for kind in _types.values() if kind.proves_reader]


def types_to_choose(audiences: Collection[Audience]) -> list[NotificationType]:
    """Those of which somebody who belongs to these audiences may choose how to get them."""
    return [kind for kind in all_types() if not kind.always_mailed and kind.audience in audiences]


def load_all(notifications: Sequence[Notification]) -> None:
    """What the letters of these say, read kind by kind."""
    by_loader: dict[object, tuple[NotificationType, list[Notification]]] = {}
    for notification in notifications:
        kind = type_of(notification.kind)
        by_loader.setdefault(type(kind).load, (kind, []))[1].append(notification)
    for kind, those in by_loader.values():
        kind.load(those)


def letter_for(notification: Notification, *, now: datetime) -> Letter | None:
    """What it says by what holds at `now`, in the language that is active. None: nothing, any more."""
    return type_of(notification.kind).compose(notification, now=now)
