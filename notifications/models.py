"""The outbox of messages, and how each person wants to be told."""

import uuid
from datetime import time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.types import NotificationType, codes_that_prove_the_reader, type_of
from organisations.models import User

WAITING = Q(sent_at=None, withdrawn_at=None, given_up_at=None)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self) -> "NotificationQuerySet":
        """Still to be sent, now or later."""
        return self.filter(WAITING)

    def due(self, now) -> "NotificationQuerySet":
        """Waiting, their moment has come, and no worker has them; those that wait longest first."""
        return self.waiting().filter(next_try_at__lte=now).order_by("next_try_at")

    def told(self, person: User, now) -> "NotificationQuerySet":
        """What this person may read by now, the newest first; also what is still on its way by mail. Not the links
        that prove who reads a mailbox."""
        found = self.filter(recipient=person, due_at__lte=now, withdrawn_at=None).exclude(
            kind__in=codes_that_prove_the_reader()
        )
        return found.order_by("-due_at", "pk")

    def unread(self, now) -> "NotificationQuerySet":
        """What still says something that its reader has not seen: a reminder of what is over does not."""
        return self.filter(read_at=None).exclude(expires_at__lte=now)

    def withdraw(self, now) -> int:
        """Those that still wait are not sent any more; how many."""
        return self.waiting().update(withdrawn_at=now)


class Notification(models.Model):
    """One message to one person about one thing, sent once.

    It waits until it is sent, withdrawn since there is nothing left to say, or given up. `topic` names what it is
    about, and `payload` is what can no longer be read there when it is composed: old and new times, a reason, who did
    it. `told` is the letter as it was sent; what is read later, in the inbox too, is that."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: `notices_of_a_person` begins with it.
    recipient = models.ForeignKey(
        User, models.CASCADE, related_name="notifications", db_index=False, verbose_name=_("recipient")
    )
    kind = models.CharField(_("kind"), max_length=40, help_text="The code of a registered type.")
    key = models.CharField(
        max_length=120, help_text="What makes it the same message: written twice, it is there once, and sent once."
    )
    topic = models.CharField(
        _("about"), max_length=80, blank=True, help_text="What it is about, for programs: `booking/123`."
    )
    topic_name = models.CharField(
        _("about"), max_length=80, blank=True, help_text="The same as people call it: `B-7KX2M`."
    )
    payload = models.JSONField(_("content"), default=dict, blank=True)
    written_at = models.DateTimeField(_("written"))
    due_at = models.DateTimeField(_("due"), help_text=_("Not sent before."))
    expires_at = models.DateTimeField(_("too late from"), null=True, blank=True, help_text=_("Empty: never too late."))
    # The due moment, then the pause after a failed try; while a worker has it, the end of that worker's claim.
    next_try_at = models.DateTimeField(_("next try"))
    tried = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.TextField(_("what went wrong"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_again = models.PositiveSmallIntegerField(
        _("sent again"), default=0, help_text=_("How often somebody had it sent again.")
    )
    by_mail = models.BooleanField(_("by email"), default=True, help_text=_("Off: shown only on the site."))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up"), null=True, blank=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    told = models.JSONField(_("as it was sent"), null=True, blank=True, help_text="Empty: not sent, or kept by nobody.")

    # What its type loaded to compose it, and nobody else's business.
    subject: object = None

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["due_at"]
        indexes = [
            # Holds only what waits, however many were sent before.
            models.Index(fields=["next_try_at"], condition=WAITING, name="notifications_that_wait"),
            models.Index(fields=["recipient", "-due_at"], name="notifications_of_a_person"),
            models.Index(fields=["topic"], condition=~Q(topic=""), name="notifications_of_a_topic"),
            # What the page of the outbox lists, the newest first.
            models.Index(fields=["-sent_at"], condition=Q(sent_at__isnull=False), name="notifications_sent"),
            models.Index(
                fields=["-given_up_at"], condition=Q(given_up_at__isnull=False), name="notifications_given_up"
            ),
        ]
        constraints = [
            # What was withdrawn may be said after all: a reservation moved away and back is reminded of.
            models.UniqueConstraint(
                fields=["recipient", "key"], condition=Q(withdrawn_at=None), name="nobody_is_told_the_same_twice"
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("due_at")),
                name="a_notification_is_due_before_it_expires",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}, {self.recipient}"

    @property
    def type(self) -> NotificationType:
        return type_of(self.kind)

    @property
    def label(self) -> str:
        """What kind it is, in the words of the screens."""
        return str(self.type.label)

    @property
    def page(self) -> str:
        """The address, on this site, of how things are now; "" where only the letter knows."""
        return self.type.page(self)

    @property
    def address(self) -> str:
        """Where it is mailed to: the reader's own address, but for what is about another one."""
        return self.payload.get("mailed_to", self.recipient.email)

    @property
    def has_link(self) -> bool:
        """Whether its mail holds a link that proves who reads it."""
        return self.type.proves_reader

    @property
    def message_id(self) -> str:
        """The Message-ID of its mail: the same on every try, so that a mail program folds what came twice; another one
        where somebody had it sent once more."""
        number = f".{self.sent_again}" if self.sent_again else ""
        return f"<{self.pk.hex}{number}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"


def an_hour_before() -> list[timedelta]:
    return [timedelta(hours=1)]


class ReminderTimes(models.Model):
    """When to remind of a reservation: some elapsed time before its start, and at a time on the day before."""

    leads = ArrayField(
        models.DurationField(validators=[MinValueValidator(timedelta(minutes=1))]),
        verbose_name=_("so long before"),
        default=an_hour_before,
        blank=True,
    )
    day_before_at = models.TimeField(
        _("the day before at"), null=True, blank=True, default=time(17), help_text=_("Empty: not on the day before.")
    )

    class Meta:
        abstract = True


class NotificationPreference(ReminderTimes):
    """How a person wants to be told. Who has none goes by the defaults."""

    person = models.OneToOneField(
        User, models.CASCADE, related_name="notification_preference", verbose_name=_("person"), primary_key=True
    )
    quiet_from = models.TimeField(_("no reminders from"), null=True, blank=True, default=time(22))
    quiet_until = models.TimeField(_("no reminders until"), null=True, blank=True, default=time(7))
    unmailed = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("not by email"),
        default=list,
        blank=True,
    )

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="quiet_hours_begin_and_end",
                violation_error_message=_("Quiet hours have a beginning and another end."),
            )
        ]

    def __str__(self) -> str:
        return str(self.person)
