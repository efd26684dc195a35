"""Usage reports of months that are over, kept as they were made."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organisations.models import Organisation


class KeptReport(models.Model):
    """The report of one month, of one organisation or of the whole facility, with the file as it was made then. What
    is corrected later shows on the page, and never changes the file."""

    month = models.DateField(_("month"), help_text=_("Its first day."))
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="usage_reports",
        verbose_name=_("organisation"),
        help_text=_("Empty: the whole facility."),
    )
    made_at = models.DateTimeField(_("created"))
    reservations = models.PositiveIntegerField(_("reservations"))
    booked = models.DurationField(_("booked"))
    economic = models.DurationField(_("of which economic"))
    bookable = models.DurationField(_("bookable"), help_text=_("Of the machines of the whole facility."))
    # In the database, so that one backup holds them: a busy month of the facility is some hundred kilobytes.
    workbook_nl = models.BinaryField()
    workbook_en = models.BinaryField()

    class Meta:
        verbose_name = _("stored usage report")
        verbose_name_plural = _("stored usage reports")
        ordering = ["-month", "organisation"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "organisation"], nulls_distinct=False, name="one_kept_report_per_month_and_reader"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="a_report_begins_on_the_first"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.organisation or 'BIC Atrium'}"

    def workbook(self, language: str) -> bytes:
        """The XLSX file in this language, Dutch where there is none in it."""
        return bytes(self.workbook_en if language == "en" else self.workbook_nl)
