"""What people are told about their account. The app that writes messages registers here; this one knows none of them.

Nothing of this is mailed while somebody waits for a page: a mail server that is down is nobody's error, and the time an
answer takes tells nobody whether there was something to send.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django.db import transaction

from organisations.models import PasswordRequest, User


class News(StrEnum):
    ADDRESS_TO_CONFIRM = "address_to_confirm"
    ADDRESS_CHANGED = "address_changed"
    PASSWORD_CHANGED = "password_changed"
    SIGN_IN_CHANGED = "sign_in_changed"


class Teller(Protocol):
    def __call__(self, person: User, news: News, *, now: datetime, payload: dict) -> None: ...


class Waker(Protocol):
    def __call__(self) -> None: ...


_tellers: list[Teller] = []
_wakers: list[Waker] = []


def register(teller: Teller, waker: Waker) -> None:
    """`teller` is called in the transaction of what it tells, `waker` once somebody asked for a new password."""
    _tellers.append(teller)
    _wakers.append(waker)


def tell(person: User, news: News, *, now: datetime, **payload) -> None:
    """`mailed_to` among the facts is another address than the person's. Facts hold no secret: they are kept."""
    for teller in _tellers:
        teller(person, news, now=now, payload=payload)


def ask_for_password(address: str, *, now: datetime) -> None:
    """Whoever has this address is mailed a link soon. The same work for every address, known or not: nobody looks it up
    while somebody waits."""
    with transaction.atomic():
        PasswordRequest.objects.create(address=address, asked_at=now)
        for waker in _wakers:
            waker()
