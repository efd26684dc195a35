"""What the reader of a mail does by the address in it, without signing in."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from bookings import lifecycle
from bookings.models import Booking, Reservation
from bookings.notifications.links import EmailAction, NotGood, Token, as_seen, is_for, read
from bookings.notifications.topics import TOPIC, booking_of, reservations_of
from core.refusals import NotAllowed
from notifications.models import Notification
from organisations.models import User


@dataclass(frozen=True, slots=True)
class Offered:
    """What can still be done: nothing where `reservations` is empty, since it was done, has changed or is over."""

    notification: Notification
    booking: Booking
    act: EmailAction
    reservations: list[Reservation]


def offered(signed: str, *, now: datetime) -> Offered:
    """Changes nothing. `NotGood` where the address was not made here, is too old, or went to somebody else;
    `NotAllowed` where its reader may not do it any more."""
    return _offered(read(signed), now)


def carry_out(signed: str, *, now: datetime) -> Offered:
    """Does it, and says for which reservations: none where nothing was left to do. `NotGood` and `NotAllowed` as
    above, `Refused` as the services that do it."""
    token = read(signed)
    with transaction.atomic():
        # The rows are locked before they are read, so they cannot change in between.
        lifecycle.locked(r.pk for r in reservations_of(_notification(token)))
        found = _offered(token, now)
        if found.reservations:
            transition = lifecycle.TRANSITIONS[found.act]
            lifecycle.apply_to_each(transition, found.reservations, actor=found.notification.recipient, now=now)
    return found


def _offered(token: Token, now: datetime) -> Offered:
    notification = _notification(token)
    about = reservations_of(notification)
    reader = notification.recipient
    left = _possible(token.act, about, reader, now)
    if as_seen(about) != token.seen:
        left = []
    booking = booking_of(notification)
    assert booking is not None
    return Offered(notification, booking, token.act, sorted(left, key=lambda r: (r.start, r.pk)))


def _possible(act: EmailAction, about: list[Reservation], reader: User, now: datetime) -> list[Reservation]:
    """Those for which the reader may do it now. `NotAllowed` where that person may for none of them."""
    answers = {pk: found[act] for pk, found in lifecycle.available_of_each(about, reader, now).items()}
    denied = [answer.denied for answer in answers.values() if answer.denied is not None]
    if denied and len(denied) == len(about):
        with translation.override(reader.language):
            raise NotAllowed(_("You can no longer do this."), missing=denied[0].missing)
    return [reservation for reservation in about if answers[reservation.pk]]


def _notification(token: Token) -> Notification:
    """With its booking and reservations as they are now."""
    notification = Notification.objects.filter(pk=token.notification_id).select_related("recipient").first()
    if notification is None or not notification.topic.startswith(f"{TOPIC}/") or not is_for(token, notification):
        raise NotGood
    if booking_of(notification) is None:
        raise NotGood
    return notification
