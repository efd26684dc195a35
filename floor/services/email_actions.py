"""What the reader of a mail does by the address in it, without signing in."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.lifecycle import MOVABLE_STATES
from bookings.models import Booking, Reservation, ReservationState
from bookings.notifications.links import EmailAction, NotGood, Token, as_seen, is_for, read
from bookings.notifications.topics import TOPIC, booking_of, reservations_of
from bookings.services.change import cancel_all
from floor.services.approvals import approve
from floor.services.attendance import check_out
from notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Offered:
    """What can still be done: nothing where `reservations` is empty, since it was done, has changed or is over."""

    notification: Notification
    booking: Booking
    act: EmailAction
    reservations: list[Reservation]


def offered(signed: str, *, now: datetime) -> Offered:
    """Changes nothing. `NotGood` where the address was not made here, is too old, or went to somebody else;
    `PermissionDenied` where its reader may not do it any more."""
    return _offered(read(signed), now)


def carry_out(signed: str, *, now: datetime) -> Offered:
    """Does it, and says for which reservations: none where nothing was left to do. `NotGood` and `PermissionDenied` as
    above, `Refused` as the services that do it."""
    token = read(signed)
    with transaction.atomic():
        # The rows are locked before they are read, so they cannot change in between.
        about = reservations_of(_notification(token))
        list(Reservation.objects.select_for_update().filter(pk__in=[r.pk for r in about]).order_by("pk"))
        found = _offered(token, now)
        reader = found.notification.recipient
        if found.act == EmailAction.CANCEL and found.reservations:
            cancel_all(reservations=found.reservations, actor=reader, now=now)
        for reservation in found.reservations:
            if found.act == EmailAction.APPROVE:
                approve(reservation=reservation, actor=reader, now=now)
            elif found.act == EmailAction.CHECK_OUT:
                check_out(reservation=reservation, actor=reader, now=now)
    return found


def _offered(token: Token, now: datetime) -> Offered:
    notification = _notification(token)
    about = reservations_of(notification)
    reader = notification.recipient
    theirs = set(
        Reservation.objects.changeable_by(reader).filter(pk__in=[r.pk for r in about]).values_list("pk", flat=True)
    )
    if (about and not theirs) or (token.act == EmailAction.APPROVE and not reader.is_facility_manager):
        with translation.override(reader.language):
            raise PermissionDenied(_("You can no longer do this."))
    if as_seen(about) != token.seen:
        about = []
    states = {
        EmailAction.CANCEL: MOVABLE_STATES,
        EmailAction.APPROVE: (ReservationState.REQUESTED,),
        EmailAction.CHECK_OUT: (ReservationState.IN_USE,),
    }[token.act]
    left = [
        r for r in about if r.pk in theirs and r.state in states and (r.end > now or token.act == EmailAction.CHECK_OUT)
    ]
    booking = booking_of(notification)
    assert booking is not None
    return Offered(notification, booking, token.act, sorted(left, key=lambda r: (r.start, r.pk)))


def _notification(token: Token) -> Notification:
    """With its booking and reservations as they are now."""
    notification = Notification.objects.filter(pk=token.notification_id).select_related("recipient").first()
    if notification is None or not notification.topic.startswith(f"{TOPIC}/") or not is_for(token, notification):
        raise NotGood
    if booking_of(notification) is None:
        raise NotGood
    return notification
