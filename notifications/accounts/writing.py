"""Writing what people are told about their account, and answering who asked for a new password.

What carries a link holds no more than whom it is for: the link is made when the mail is, and kept nowhere.
"""

from datetime import datetime, timedelta

from allauth.account import app_settings
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.clock import midnight
from notifications.accounts.types import AddressToConfirm, KeyEnding, PasswordReset
from notifications.models import Notification
from notifications.writing import write_notifications
from organisations.keys import SecretKey, key_models
from organisations.models import PasswordRequest, User
from organisations.telling import News

# So long somebody who asked for a mail waits for it; what could not be sent by then is asked for again.
WAITED_FOR = {
    AddressToConfirm.code: timedelta(days=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS),
    PasswordReset.code: timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
}
ANSWERED_TOGETHER = 200
KEYS_TOLD_AHEAD = timedelta(days=14)


def notify_person(person: User, news: News, *, now: datetime, payload: dict) -> None:
    """One message, one statement."""
    write_notifications([_notification(person.pk, news.value, f"{now.timestamp():.6f}", now, payload)], now)


def answer_password_requests(*, now: datetime) -> int:
    """Whoever asked and may sign in is mailed a link, once in ten minutes at most, whoever asks for it; how many asked,
    known here or not."""
    with transaction.atomic():
        asked = list(PasswordRequest.objects.select_for_update(skip_locked=True).order_by("pk")[:ANSWERED_TOGETHER])
        if not asked:
            return 0
        people = User.objects.at({request.address for request in asked}).filter(is_active=True)
        ten_minutes = f"{now:%Y%m%d%H%M}"[:-1]
        write_notifications(
            [_notification(person.pk, PasswordReset.code, ten_minutes, now, {}) for person in people], now
        )
        PasswordRequest.objects.filter(pk__in=[request.pk for request in asked]).delete()
    return len(asked)


def notify_of_ending_keys(*, now: datetime) -> None:
    """Of each token and calendar address that works for two more weeks at most, once, and once more after it was
    extended. Two statements for each kind."""
    soon = timezone.localdate(now) + KEYS_TOLD_AHEAD
    for model in key_models():
        ending = model.objects.working(now).filter(last_day__lte=soon, **{f"{model.owned_by}__is_active": True})
        write_notifications([_of_ending(key, now) for key in ending], now)


def _of_ending(key: SecretKey, now: datetime) -> Notification:
    name, day = key._meta.label_lower, key.last_day.isoformat()
    return Notification(
        kind=KeyEnding.code,
        recipient_id=getattr(key, f"{key.owned_by}_id"),
        key=f"{name}/{key.pk}/{day}",
        payload={"of": name, "id": key.pk, "last_day": day},
        due_at=now,
        expires_at=midnight(key.last_day + timedelta(days=1)),
    )


def _notification(person_id: int, kind: str, number: str, now: datetime, payload: dict) -> Notification:
    return Notification(
        kind=kind,
        recipient_id=person_id,
        key=f"account/{kind}/{number}",
        payload=payload,
        due_at=now,
        expires_at=now + WAITED_FOR[kind] if kind in WAITED_FOR else None,
    )
