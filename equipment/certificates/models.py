"""Certificates: what a person was instructed on, by whom, and until when."""

from datetime import date, timedelta

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from equipment.models.supply import Bilingual, EquipmentType
from organisations.models import User, kept

ONE_DAY = timedelta(days=1)


def first_invalid_day(last_valid_day: date) -> date:
    """What is kept of a last day that people named; of the last day there is, that day itself."""
    return last_valid_day + ONE_DAY if last_valid_day < date.max else last_valid_day


class CertificateKind(Bilingual):
    """What one is instructed in: a machine type, or a group of materials such as reactive metal powder."""

    slug = models.SlugField(_("short name in addresses"), unique=True)
    valid_months = models.PositiveSmallIntegerField(
        _("valid for (months)"), default=12, validators=[MinValueValidator(1)]
    )
    required_for = models.ManyToManyField(
        EquipmentType,
        blank=True,
        related_name="required_certificates",
        verbose_name=_("needed for"),
        help_text=_("A type that names several needs all of them."),
    )

    class Meta:
        verbose_name = _("kind of certificate")
        verbose_name_plural = _("kinds of certificates")
        ordering = ["name"]


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def valid_on(self, day) -> "CertificateQuerySet":
        """Granted, not withdrawn and not expired on the local date `day`."""
        return self.filter(withdrawn_at=None, granted_on__lte=day, valid_until__gt=day)


@kept("user", "kind", "granted_on", "valid_until", "granted_by", "withdrawn_at", "withdrawn_by", "withdrawal_reason")
class Certificate(models.Model):
    """A person's proof of instruction. Renewed by granting another; never edited, so that the past stays told."""

    user = models.ForeignKey(User, models.CASCADE, related_name="certificates", verbose_name=_("person"))
    kind = models.ForeignKey(CertificateKind, models.PROTECT, related_name="certificates", verbose_name=_("kind"))
    granted_on = models.DateField(_("granted on"))
    valid_until = models.DateField(
        _("valid until"), help_text=_("The first day on which the certificate is no longer valid.")
    )
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("granted by"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("withdrawn by")
    )
    withdrawal_reason = models.CharField(_("why withdrawn"), max_length=250, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["valid_until"]
        indexes = [models.Index(fields=["user", "kind"], name="certificates_of_a_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("granted_on")),
                name="certificate_lasts",
                violation_error_message=_("A certificate must be valid for at least a day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.user}"

    @property
    def last_valid_day(self) -> date:
        """What people are told and asked: everybody counts in the day that is named."""
        return self.valid_until - ONE_DAY
