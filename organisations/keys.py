"""Secrets that stand for a person without a sign-in: API tokens, and the addresses of calendars to follow.

Each works until a day that its owner chose, is told to end some time before, and can end together with the password.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import ClassVar, Self, cast

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models.functions import Cast, Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

A_YEAR = timedelta(days=365)
TERMS = (timedelta(days=30), timedelta(days=90), A_YEAR)
MOST_KEYS = 20


class TooManyKeys(Exception):
    """The person has as many as anybody may have; the text says what to do."""


def digest_of(secret: str) -> str:
    """What is kept of a token or a secret address. They are 256 random bits, so a plain hash holds: there is nothing
    to guess with a dictionary."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_for(person, form: str) -> str:
    """A secret that nobody else can compute. Of the same `form`, sent again since its answer was lost, it is the same;
    without one it is new each time."""
    if not form:
        return secrets.token_urlsafe(32)
    mac = salted_hmac("organisations.keys.secret_for", f"{person.pk} {form}", algorithm="sha256")
    return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def last_day_of(term: timedelta, now: datetime) -> date:
    return timezone.localdate(now) + term


class KeyQuerySet(models.QuerySet["SecretKey"]):
    def of(self, person):
        return self.filter(**{cast(type[SecretKey], self.model).owned_by: person})

    def kept(self):
        """Not revoked; their last day may be over."""
        return self.filter(revoked_at=None)

    def working(self, now: datetime):
        return self.kept().filter(last_day__gte=timezone.localdate(now))

    def end(self, now: datetime) -> int:
        """Revoke them; how many there were to revoke."""
        return self.kept().update(revoked_at=now)

    def extend(self, term: timedelta, now: datetime) -> int:
        """From today on; what was revoked stays so. How many were extended."""
        return self.kept().update(last_day=last_day_of(term, now))


class SecretKey(models.Model):
    """`owned_by` names the column of the person. The secret is shown once, when it is made; only its hash is kept.

    `ending_subject` and `ending_opening` say, with `%(name)s` and `%(day)s`, that one ends soon; `kept_on_page` is the
    name of the page where it is extended or revoked.
    """

    owned_by: ClassVar[str]
    ending_subject: ClassVar[str | Promise]
    ending_opening: ClassVar[str | Promise]
    kept_on_page: ClassVar[str]

    digest = models.CharField(max_length=64, unique=True, editable=False)
    last_day = models.DateField(
        gettext_lazy("works through"),
        db_default=Cast(Now() + models.Value(A_YEAR), models.DateField()),
        help_text=gettext_lazy("The last day on which it works."),
    )
    revoked_at = models.DateTimeField(gettext_lazy("revoked"), null=True, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        abstract = True

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and self.last_day >= timezone.localdate(now)

    @classmethod
    def made_once(cls, person, form: str, *, now: datetime, begin: str = "", **columns) -> tuple[Self, str]:
        """A key and its secret, which begins with `begin`: new, or what the same `form` made already, while that works.
        Raises `TooManyKeys`.

        Locks the person until the transaction ends, so that two at once do not pass the limit both.
        """
        with transaction.atomic():
            get_user_model().objects.select_for_update(no_key=True).get(pk=person.pk)
            theirs = cls.objects.of(person)
            secret = begin + secret_for(person, form)
            if made := theirs.filter(digest=digest_of(secret)).first():
                if made.works(now):
                    return cast(Self, made), secret
                secret = begin + secret_for(person, "")
            if theirs.kept().count() >= MOST_KEYS:
                text = _("You have %(most)d already. Revoke one that you no longer use.")
                raise TooManyKeys(text % {"most": MOST_KEYS})
            key = cls.objects.create(**{cls.owned_by: person}, digest=digest_of(secret), **columns)
            return key, secret


def key_models() -> Iterator[type[SecretKey]]:
    """Of every app: this one does not know them all."""
    return (model for model in apps.get_models() if issubclass(model, SecretKey))


def count_keys(person, *, now: datetime) -> int:
    """How many of the person's work. One statement for each kind."""
    return sum(model.objects.of(person).working(now).count() for model in key_models())


def end_keys(person, *, now: datetime) -> int:
    """Revoke all that the person has; how many. One statement for each kind."""
    return sum(model.objects.of(person).end(now) for model in key_models())


def term_choices() -> list[tuple[str, str]]:
    """Days, as a form has them, and in words."""
    days = ngettext_lazy("%(count)d day", "%(count)d days", "count")
    return [
        (str(term.days), gettext_lazy("a year") if term == A_YEAR else days % {"count": term.days}) for term in TERMS
    ]


def term_of(days: str) -> timedelta:
    """The offered term of so many days; a year where it is none of them."""
    return next((term for term in TERMS if str(term.days) == days), A_YEAR)
