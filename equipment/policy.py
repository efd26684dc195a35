"""The booking policy of a machine: kept on its type, each point overridable on one machine.

`PolicyFields` are the type's columns, `PolicyOverrides` the same columns on the machine where empty means
"as the type says", `Policy` the two put together, which is all that rules ever see.
"""

from dataclasses import dataclass
from datetime import time, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Grid(models.IntegerChoices):
    FIVE = 5, _("5 minutes")
    QUARTER = 15, _("15 minutes")
    HALF = 30, _("30 minutes")
    HOUR = 60, _("1 hour")


class Approval(models.TextChoices):
    NONE = "none", _("confirmed at once")
    MANAGER = "manager", _("a facility manager approves")


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one machine. Durations are elapsed time; None means no limit."""

    grid_minutes: int = 15
    shortest: timedelta = timedelta(minutes=15)
    longest: timedelta | None = None
    notice_period: timedelta = timedelta(0)
    horizon: timedelta = timedelta(days=365)
    set_up: timedelta = timedelta(0)
    clean_up: timedelta = timedelta(0)
    last_start: time | None = None  # wall-clock; starting exactly then is allowed
    unattended: bool = False
    approval: str = Approval.NONE
    operator_needed: bool = False
    open_reservation_limit: int | None = None  # per organisation, over the whole type
    free_cancellation_term: timedelta = timedelta(hours=24)
    check_in_grace: timedelta = timedelta(minutes=30)

    @property
    def grid(self) -> timedelta:
        return timedelta(minutes=self.grid_minutes)

    def allows(self, duration: timedelta) -> bool:
        """Whether a reservation may last this long."""
        return self.shortest <= duration <= (self.longest or duration) and not duration % self.grid


POLICY_FIELDS = tuple(Policy.__dataclass_fields__)


def _check_lengths(policy: Policy) -> None:
    """Raises ValidationError where two points of a policy contradict each other."""
    if policy.longest is not None and policy.longest < policy.shortest:
        raise ValidationError({"longest": _("The longest reservation must not be shorter than the shortest.")})
    if policy.shortest % policy.grid:
        raise ValidationError({"shortest": _("The shortest reservation must be a whole number of grid steps.")})
    for name in ("set_up", "clean_up", "notice_period", "horizon", "free_cancellation_term", "check_in_grace"):
        if getattr(policy, name) < timedelta(0):
            raise ValidationError({name: _("A duration cannot be negative.")})
    if policy.horizon > settings.CALENDARS_EXPANDED_AHEAD:
        message = _("Calendars are known %(days)d days ahead; the horizon must lie within.")
        raise ValidationError({"horizon": message % {"days": settings.CALENDARS_EXPANDED_AHEAD.days}})


class PolicyFields(models.Model):
    grid_minutes = models.PositiveSmallIntegerField(
        _("start and end on"), choices=Grid.choices, default=Grid.QUARTER, help_text=_("Steps of the wall clock.")
    )
    shortest = models.DurationField(_("shortest"), default=timedelta(minutes=30))
    longest = models.DurationField(_("longest"), null=True, blank=True, help_text=_("Empty: no limit."))
    notice_period = models.DurationField(_("latest booking"), default=timedelta(0))
    horizon = models.DurationField(_("earliest booking"), default=timedelta(days=180))
    set_up = models.DurationField(_("preparation"), default=timedelta(0))
    clean_up = models.DurationField(_("clean-up"), default=timedelta(0))
    last_start = models.TimeField(
        _("last start"),
        null=True,
        blank=True,
        help_text=_("Nobody starts later in the day than this. Empty: no limit."),
    )
    unattended = models.BooleanField(
        _("runs unattended"), default=False, help_text=_("The run may cross nights, weekends and closures.")
    )
    approval = models.CharField(_("approval"), max_length=10, choices=Approval.choices, default=Approval.NONE)
    operator_needed = models.BooleanField(_("needs an operator"), default=False)
    open_reservation_limit = models.PositiveSmallIntegerField(
        _("upcoming reservations (maximum)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How many upcoming reservations an organisation may have on this type. Empty: no limit."),
    )
    free_cancellation_term = models.DurationField(_("free cancellation until"), default=timedelta(hours=24))
    check_in_grace = models.DurationField(_("check-in waiting time"), default=timedelta(minutes=30))

    class Meta:
        abstract = True

    @property
    def type_policy(self) -> Policy:
        return Policy(**{name: getattr(self, name) for name in POLICY_FIELDS})

    def clean(self) -> None:
        super().clean()
        _check_lengths(self.type_policy)


class PolicyOverrides(models.Model):
    """The same points; None means "as the type says". A limit of the type cannot be lifted here, only changed."""

    grid_minutes = models.PositiveSmallIntegerField(_("start and end on"), choices=Grid.choices, null=True, blank=True)
    shortest = models.DurationField(_("shortest"), null=True, blank=True)
    longest = models.DurationField(_("longest"), null=True, blank=True)
    notice_period = models.DurationField(_("latest booking"), null=True, blank=True)
    horizon = models.DurationField(_("earliest booking"), null=True, blank=True)
    set_up = models.DurationField(_("preparation"), null=True, blank=True)
    clean_up = models.DurationField(_("clean-up"), null=True, blank=True)
    last_start = models.TimeField(_("last start"), null=True, blank=True)
    unattended = models.BooleanField(_("runs unattended"), null=True, blank=True)
    approval = models.CharField(_("approval"), max_length=10, choices=Approval.choices, null=True, blank=True)
    operator_needed = models.BooleanField(_("needs an operator"), null=True, blank=True)
    open_reservation_limit = models.PositiveSmallIntegerField(
        _("upcoming reservations (maximum)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    free_cancellation_term = models.DurationField(_("free cancellation until"), null=True, blank=True)
    check_in_grace = models.DurationField(_("check-in waiting time"), null=True, blank=True)

    class Meta:
        abstract = True

    def policy_on(self, type_policy: Policy) -> Policy:
        """The type's policy with this machine's overrides."""
        own = {name: getattr(self, name) for name in POLICY_FIELDS}
        base = {name: getattr(type_policy, name) for name in POLICY_FIELDS}
        return Policy(**{name: base[name] if own[name] in (None, "") else own[name] for name in POLICY_FIELDS})

    def check_policy_on(self, type_policy: Policy) -> None:
        _check_lengths(self.policy_on(type_policy))
