"""Calendars that people follow from their own calendar program, at a secret address."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from equipment.models import Equipment
from organisations.models import Organisation, User, digest_of


class FeedOf(models.TextChoices):
    MINE = "mine", _("my bookings")
    ORGANISATION = "organisation", _("an organisation")
    MACHINE = "machine", _("a machine")
    FLOOR = "floor", _("all machines")


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def matching(self, secret: str) -> "CalendarFeedQuerySet":
        """The feed that `secret` belongs to, not revoked, its owner allowed to sign in; at most one."""
        found = self.filter(digest=digest_of(secret), revoked_at=None, owner__is_active=True)
        return found.select_related("owner", "organisation", "equipment")


class CalendarFeed(models.Model):
    """What its owner may see, as far as it is about `of`. The secret is shown once; only its hash is kept.

    `content_digest` and `changed_at` are of what was read last: a calendar that asks again hears when it changed.
    """

    owner = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds", verbose_name=_("person"))
    of = models.CharField(_("of"), max_length=12, choices=FeedOf.choices)
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    equipment = models.ForeignKey(Equipment, models.CASCADE, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    content_digest = models.CharField(max_length=64, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed"))
    created_at = models.DateTimeField(_("made"))
    last_read_on = models.DateField(_("last read"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = [
            models.CheckConstraint(
                condition=Q(of="organisation", organisation__isnull=False, equipment=None)
                | Q(of="machine", equipment__isnull=False, organisation=None)
                | Q(of__in=["mine", "floor"], organisation=None, equipment=None),
                name="a_feed_is_of_what_it_names",
            )
        ]

    def __str__(self) -> str:
        return str(self.organisation or self.equipment or self.get_of_display())

    @classmethod
    def issue(cls, *, owner: User, now, **of) -> tuple["CalendarFeed", str]:
        """A new feed and its secret, which is not kept anywhere else."""
        secret = secrets.token_urlsafe(32)
        feed = cls.objects.create(owner=owner, digest=digest_of(secret), created_at=now, changed_at=now, **of)
        return feed, secret
