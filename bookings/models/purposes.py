"""Why a machine is used, and whether that is an economic activity."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from equipment.models import Bilingual
from organisations.models import Organisation, OrganisationClass


class Economic(models.TextChoices):
    """Whether use for a purpose is an economic activity in the sense of the state aid rules."""

    ECONOMIC = "economic", _("economic")
    NON_ECONOMIC = "non_economic", _("not economic")
    NOT_COUNTED = "not_counted", _("not counted")


class PurposeQuerySet(models.QuerySet["Purpose"]):
    def offered_to(self, organisation: Organisation, *, on) -> "PurposeQuerySet":
        """The purposes this organisation may choose on the local date `on`."""
        return self.filter(
            Q(organisation_classes=[]) | Q(organisation_classes__contains=[organisation.organisation_class]),
            Q(offered_from=None) | Q(offered_from__lte=on),
            Q(offered_until=None) | Q(offered_until__gt=on),
        )


class Purpose(Bilingual):
    """Gebruiksdoel. What it counts as is dated, in its rulings, since the law it follows changes."""

    code = models.SlugField(_("code"), unique=True)
    description = models.CharField(_("description"), max_length=250, blank=True)
    description_en = models.CharField(_("description in English"), max_length=250, blank=True)
    organisation_classes = ArrayField(
        models.CharField(max_length=20, choices=OrganisationClass.choices),
        verbose_name=_("for types of organisation"),
        default=list,
        blank=True,
        help_text=_("Empty: for every organisation."),
    )
    offered_from = models.DateField(_("offered from"), null=True, blank=True)
    offered_until = models.DateField(
        _("offered until"),
        null=True,
        blank=True,
        help_text=_("The first day on which it is no longer offered."),
    )
    position = models.PositiveSmallIntegerField(_("order on screens"), default=0)

    objects = PurposeQuerySet.as_manager()

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["position", "name"]

    def is_offered_to(self, organisation: Organisation, *, on) -> bool:
        """The same question as `offered_to`, of one purpose already read."""
        return (
            (not self.organisation_classes or organisation.organisation_class in self.organisation_classes)
            and (self.offered_from is None or self.offered_from <= on)
            and (self.offered_until is None or on < self.offered_until)
        )

    def counts_as(self, *, on) -> Economic:
        """The ruling in force on the local date `on`; economic where there is none, which is the safe side.

        Reads the rulings once: prefetch them when asking for many purposes.
        """
        in_force = [ruling for ruling in self.rulings.all() if ruling.valid_from <= on]
        latest = max(in_force, key=lambda ruling: ruling.valid_from, default=None)
        return Economic(latest.economic) if latest else Economic.ECONOMIC


class PurposeRuling(models.Model):
    """What a purpose counts as from a date on, until a later ruling of the same purpose."""

    purpose = models.ForeignKey(Purpose, models.CASCADE, related_name="rulings", verbose_name=_("purpose"))
    valid_from = models.DateField(_("valid from"))
    economic = models.CharField(_("counts as"), max_length=12, choices=Economic.choices)
    source = models.CharField(_("source"), max_length=250, blank=True, help_text=_("The rule or decision it follows."))

    class Meta:
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")
        ordering = ["purpose", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "valid_from"], name="one_ruling_per_purpose_and_date")
        ]

    def __str__(self) -> str:
        return f"{self.purpose}, {self.valid_from}: {self.get_economic_display()}"
