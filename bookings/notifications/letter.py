"""What a letter is made of, whatever it tells of."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from bookings.models import Reservation


@dataclass(frozen=True, slots=True)
class Line:
    """The machines of one time, by their codes; `name` where it is one. `note` is a state worth saying."""

    when: str
    codes: tuple[str, ...]
    name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """`opening` says the one thing; `address` leads to the page where one can do something about it, `about` names the
    booking, and `left_out` is how many lines are on that page only. `entries` are what the reader's calendar should
    hold from now on, or, where they do not hold their time any more, no longer hold. Of some kinds a mail lets its
    reader do one thing without signing in; `offers_email_action` is False where there is nothing left to do."""

    subject: str
    opening: str
    address: str
    action: str
    lines: tuple[Line, ...] = ()
    more: tuple[str, ...] = ()
    about: str = ""
    left_out: int = 0
    entries: tuple[Reservation, ...] = ()
    offers_email_action: bool = False


def address_of(name: str, *arguments: str) -> str:
    """The whole address of a page, as a mail needs it."""
    return settings.SITE_URL.rstrip("/") + reverse(name, args=arguments)
