"""Calendars that people follow from their own calendar program, at a secret address."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from equipment.models import Equipment
from organisations.keys import A_YEAR, KeyQuerySet, SecretKey, digest_of, last_day_of
from organisations.models import Organisation, User


class FeedOf(models.TextChoices):
    MINE = "mine", _("my reservations")
    ORGANISATION = "organisation", _("an organisation")
    MACHINE = "machine", _("a machine")
    FLOOR = "floor", _("all machines")


class CalendarFeedQuerySet(KeyQuerySet):
    def matching(self, secret: str, now: datetime) -> "CalendarFeedQuerySet":
        """The feed that `secret` belongs to, neither revoked nor over, its owner allowed to sign in; at most one."""
        found = self.working(now).filter(digest=digest_of(secret), owner__is_active=True)
        return found.select_related("owner", "organisation", "equipment")


class CalendarFeed(SecretKey):
    """What its owner may see, as far as it is about `of`.

    `content_digest` and `changed_at` are of what was read last: a calendar that asks again hears when it changed.
    """

    owned_by, kept_on_page = "owner", "calendar_feeds"
    ending_subject = _("A calendar link of yours ends on %(day)s: %(name)s")
    ending_opening = _("Calendars that follow “%(name)s” get nothing new after %(day)s.")

    owner = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds", verbose_name=_("person"))
    of = models.CharField(_("of"), max_length=12, choices=FeedOf.choices)
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True, related_name="+")
    equipment = models.ForeignKey(Equipment, models.CASCADE, null=True, blank=True, related_name="+")
    content_digest = models.CharField(max_length=64, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed"))
    created_at = models.DateTimeField(_("created"))
    last_read_on = models.DateField(_("last read"), null=True, blank=True, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar link")
        verbose_name_plural = _("calendar links")
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
    def issue(
        cls, *, owner: User, now: datetime, term: timedelta = A_YEAR, form: str = "", **of
    ) -> tuple["CalendarFeed", str]:
        """A feed and its secret, which is not kept anywhere else: a new one, but for the same `form` and `of`.
        `TooManyKeys` where the person has enough."""
        form = form and f"feed {form} {' '.join(map(str, of.values()))}"
        last_day = last_day_of(term, now)
        return cls.made_once(owner, form, now=now, last_day=last_day, created_at=now, changed_at=now, **of)
