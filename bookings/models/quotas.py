"""Hours that the people of an organisation share."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.clock import ZONE, instant, midnight
from core.periods import Period
from equipment.models import Equipment, EquipmentType, Fieldlab
from organisations.models import Organisation


class QuotaSpan(models.TextChoices):
    WEEK = "week", _("ISO week")
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")


class Quota(models.Model):
    """So many hours of an organisation in every week, month or quarter, on a fieldlab, a type, or everything.

    Elapsed hours count, set-up and clean-up not. Peak is Monday to Friday between `peak_from` and `peak_until` on the
    wall clock; an hour of peak or off-peak counts as its weight.
    """

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="quotas", verbose_name=_("organisation")
    )
    fieldlab = models.ForeignKey(
        Fieldlab, models.CASCADE, null=True, blank=True, related_name="quotas", verbose_name=_("fieldlab")
    )
    equipment_type = models.ForeignKey(
        EquipmentType, models.CASCADE, null=True, blank=True, related_name="quotas", verbose_name=_("machine type")
    )
    span = models.CharField(_("per"), max_length=10, choices=QuotaSpan.choices, default=QuotaSpan.MONTH)
    hours = models.DecimalField(_("hours"), max_digits=7, decimal_places=2, validators=[MinValueValidator(0)])
    peak_weight = models.DecimalField(_("weight of a peak hour"), max_digits=4, decimal_places=2, default=Decimal(1))
    off_peak_weight = models.DecimalField(
        _("weight of an off-peak hour"), max_digits=4, decimal_places=2, default=Decimal(1)
    )
    peak_from = models.TimeField(_("peak from"), default=time(9))
    peak_until = models.TimeField(_("peak until"), default=time(17))

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints = [
            models.CheckConstraint(
                condition=Q(fieldlab=None) | Q(equipment_type=None),
                name="a_quota_is_on_a_fieldlab_or_a_type_or_everything",
                violation_error_message=_("Choose a fieldlab or a type, or neither for everything."),
            ),
            models.CheckConstraint(
                condition=Q(peak_from__lt=models.F("peak_until")),
                name="peak_starts_before_it_ends",
                violation_error_message=_("Peak must start before it ends."),
            ),
            models.CheckConstraint(
                condition=Q(peak_weight__gte=0, off_peak_weight__gte=0),
                name="weights_are_not_negative",
                violation_error_message=_("A weight cannot be negative."),
            ),
        ]

    def __str__(self) -> str:
        return _("%(hours)s hours per %(span)s, %(scope)s") % {
            "hours": number_format(self.hours.normalize() + 0),  # 40, where normalize alone writes 4E+1
            "span": self.get_span_display(),
            "scope": self.scope,
        }

    @property
    def scope(self):
        """What it is on, in words."""
        return self.fieldlab or self.equipment_type or _("all machines")

    def covers(self, equipment: Equipment) -> bool:
        if self.fieldlab_id:
            return equipment.fieldlab_id == self.fieldlab_id
        return self.equipment_type_id in (None, equipment.type_id)

    def window_of(self, day: date) -> Period:
        """The week, month or quarter that the local date lies in, from midnight to midnight on the wall clock."""
        if self.span == QuotaSpan.WEEK:
            first = day - timedelta(days=day.weekday())
            return Period(midnight(first), midnight(first + timedelta(days=7)))
        months = 1 if self.span == QuotaSpan.MONTH else 3
        first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
        after = first.year * 12 + first.month - 1 + months
        return Period(midnight(first), midnight(date(after // 12, after % 12 + 1, 1)))

    def windows_of(self, period: Period) -> list[Period]:
        """Every window that `period`, `[start, end)`, lies in, in order."""
        window = self.window_of(_local_day(period.start))
        windows = [window]
        while windows[-1].end < period.end:
            windows.append(self.window_of(_local_day(windows[-1].end)))
        return windows

    def hours_of(self, period: Period, window: Period) -> Decimal:
        """What the part of `period` inside `window` counts, in weighted elapsed hours."""
        start, end = max(period.start, window.start), min(period.end, window.end)
        if end <= start:
            return Decimal(0)
        peak = sum((_overlap(start, end, p) for p in self._peaks(start, end)), timedelta(0))
        return _hours(peak) * self.peak_weight + _hours(end - start - peak) * self.off_peak_weight

    def _peaks(self, start: datetime, end: datetime):
        """The peak of each weekday between two moments."""
        day = _local_day(start)
        while day <= _local_day(end):
            if day.weekday() < 5:
                yield Period(
                    instant(datetime.combine(day, self.peak_from)), instant(datetime.combine(day, self.peak_until))
                )
            day += timedelta(days=1)


def _local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def _overlap(start: datetime, end: datetime, period: Period) -> timedelta:
    return max(min(end, period.end) - max(start, period.start), timedelta(0))


def _hours(duration: timedelta) -> Decimal:
    return Decimal(duration // timedelta(seconds=1)) / 3600
