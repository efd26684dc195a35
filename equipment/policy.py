"""The booking policy of a machine: kept on its type, each point overridable on one machine.

Each point is named once, as a field of `Policy` with its `Point`. From there follow the columns of a type
(`PolicyFields`) and of a machine (`PolicyOverrides`, where empty means "as the type says"), the set-up pages, the keys
of a catalogue file, the API, the house rules and the page of a machine. A new point is a field here and its migration.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.formatting import duration_in_words

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise


class Grid(models.IntegerChoices):
    FIVE = 5, _("5 minutes")
    QUARTER = 15, _("15 minutes")
    HALF = 30, _("30 minutes")
    HOUR = 60, _("1 hour")


class Approval(models.TextChoices):
    NONE = "none", _("confirmed at once")
    MANAGER = "manager", _("a facility manager approves")


class Unit(StrEnum):
    """What a point is, and in which unit programs read it."""

    MINUTES = "minutes"  # elapsed time
    DAYS = "days"  # elapsed time, 24 hours each
    CLOCK = "clock"  # a wall-clock time
    SWITCH = "switch"
    CHOICE = "choice"
    COUNT = "count"


@dataclass(frozen=True, kw_only=True)
class Point:
    """All that one point of the policy is elsewhere.

    `label` and `help_text` are of the set-up pages; `key` is its name in a catalogue file and `api` in the API, where
    they differ from its own. `in_table` is (label, value) on the page of house rules, `sentences` what the page of a
    machine says of it; both say nothing of a point that asks nothing.
    """

    unit: Unit
    label: "Words"
    help_text: "Words" = ""
    key: str = ""
    api: str = ""
    choices: type[models.Choices] | None = None
    table_label: "Words" = ""
    table_value: Callable[[Any], str] = str
    sentence: Callable[["Policy"], str] = lambda policy: ""

    def column(self, *, default: object, override: bool) -> models.Field:
        """Of a type; or, as an override, of a machine, where all may be empty. A limit that may be lifted may be empty
        on a type as well."""
        options: dict[str, Any] = {"help_text": "" if override else self.help_text}
        if override or default is None:
            options |= {"null": True, "blank": True}
        if not override and default is not None:
            options["default"] = default
        if self.choices is not None:
            options["choices"] = self.choices.choices
        match self.unit:
            case Unit.MINUTES | Unit.DAYS:
                return models.DurationField(self.label, **options)
            case Unit.CLOCK:
                return models.TimeField(self.label, **options)
            case Unit.SWITCH:
                return models.BooleanField(self.label, **options)
            case Unit.CHOICE:
                return models.CharField(self.label, max_length=10, **options)
            case Unit.COUNT:
                limits: dict[str, Any] = {} if self.choices else {"validators": [MinValueValidator(1)]}
                return models.PositiveSmallIntegerField(self.label, **limits, **options)


def point(default: Any, **about: Any) -> Any:
    """A field of `Policy` with its `Point`; the type stands at the field."""
    return field(default=default, metadata={"point": Point(**about)})


def _length_or_nothing(duration: timedelta) -> str:
    return duration_in_words(duration) if duration else ""


def _yes_or_nothing(words: "Words") -> Callable[[bool], str]:
    return lambda value: str(words) if value else ""


def _length_in_words(policy: "Policy") -> str:
    lengths = {
        "shortest": duration_in_words(policy.shortest),
        "longest": duration_in_words(policy.longest or policy.shortest),
        "grid": policy.grid_minutes,
    }
    if policy.longest is None:
        return _now("At least %(shortest)s, in steps of %(grid)d minutes.") % lengths
    return _now("From %(shortest)s to %(longest)s, in steps of %(grid)d minutes.") % lengths


def _limit_in_words(policy: "Policy") -> str:
    limit = policy.open_reservation_limit
    if limit is None:
        return ""
    text = ngettext(
        "Your organisation can have %(count)d reservation ahead.",
        "Your organisation can have %(count)d reservations ahead.",
        limit,
    )
    return text % {"count": limit}


def _with_time(words: "Words", duration: timedelta) -> str:
    return str(words) % {"time": duration_in_words(duration)} if duration else ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one machine. Durations are elapsed time; None means no limit."""

    grid_minutes: int = point(
        15,
        unit=Unit.COUNT,
        label=_("start and end on"),
        help_text=_("Steps of the wall clock."),
        key="grid",
        choices=Grid,
    )
    shortest: timedelta = point(
        timedelta(minutes=30),
        unit=Unit.MINUTES,
        label=_("shortest"),
        table_label=_("Shortest"),
        table_value=duration_in_words,
        sentence=_length_in_words,
    )
    longest: timedelta | None = point(
        None,
        unit=Unit.MINUTES,
        label=_("longest"),
        help_text=_("Empty: no limit."),
        table_label=_("Longest"),
        table_value=lambda longest: duration_in_words(longest) if longest else _now("no limit"),
    )
    notice_period: timedelta = point(
        timedelta(0),
        unit=Unit.MINUTES,
        label=_("latest booking"),
        api="notice",
        table_label=_("Book at the latest"),
        table_value=_length_or_nothing,
        sentence=lambda policy: _with_time(_("Book at least %(time)s ahead."), policy.notice_period),
    )
    horizon: timedelta = point(
        timedelta(days=180),
        unit=Unit.DAYS,
        label=_("earliest booking"),
        table_label=_("Book at the earliest"),
        table_value=duration_in_words,
        sentence=lambda policy: _with_time(_("Book at most %(time)s ahead."), policy.horizon),
    )
    set_up: timedelta = point(
        timedelta(0),
        unit=Unit.MINUTES,
        label=_("preparation"),
        table_label=_("Preparation"),
        table_value=_length_or_nothing,
        sentence=lambda policy: _with_time(_("%(time)s before your time is kept free for setting up."), policy.set_up),
    )
    clean_up: timedelta = point(
        timedelta(0),
        unit=Unit.MINUTES,
        label=_("clean-up"),
        table_label=_("Clean-up"),
        table_value=_length_or_nothing,
        sentence=lambda policy: _with_time(
            _("%(time)s after your time is kept free for cleaning up."), policy.clean_up
        ),
    )
    # Starting exactly then is allowed.
    last_start: time | None = point(
        None,
        unit=Unit.CLOCK,
        label=_("last start"),
        help_text=_("Nobody starts later in the day than this. Empty: no limit."),
        table_label=_("Last start"),
        table_value=lambda clock: f"{clock:%H:%M}" if clock else "",
        sentence=lambda policy: (
            _now("Start no later than %(time)s.") % {"time": f"{policy.last_start:%H:%M}"} if policy.last_start else ""
        ),
    )
    unattended: bool = point(
        False,
        unit=Unit.SWITCH,
        label=_("runs unattended"),
        help_text=_("The run may cross nights, weekends and closures."),
        table_label=_("Runs unattended"),
        table_value=_yes_or_nothing(_("yes")),
        sentence=lambda policy: (
            _now("It may run on at night and at the weekend; you start and end it during opening hours.")
            if policy.unattended
            else ""
        ),
    )
    approval: str = point(
        Approval.NONE,
        unit=Unit.CHOICE,
        label=_("approval"),
        choices=Approval,
        table_label=_("Approved by"),
        table_value=lambda approval: _now("facility manager") if approval == Approval.MANAGER else "",
        sentence=lambda policy: (
            _now("The facility manager approves each booking first.") if policy.approval == Approval.MANAGER else ""
        ),
    )
    operator_needed: bool = point(
        False,
        unit=Unit.SWITCH,
        label=_("needs an operator"),
        table_label=_("Operator"),
        table_value=_yes_or_nothing(_("comes with it")),
        sentence=lambda policy: _now("An operator works with you.") if policy.operator_needed else "",
    )
    # Per organisation, over the whole type.
    open_reservation_limit: int | None = point(
        None,
        unit=Unit.COUNT,
        label=_("upcoming reservations (maximum)"),
        help_text=_("How many upcoming reservations an organisation may have on this type. Empty: no limit."),
        table_label=_("Upcoming per organisation"),
        table_value=lambda limit: f"{limit or ''}",
        sentence=_limit_in_words,
    )
    free_cancellation_term: timedelta = point(
        timedelta(hours=24),
        unit=Unit.MINUTES,
        label=_("free cancellation until"),
        api="free_cancellation",
        table_label=_("Free to cancel until"),
        table_value=lambda term: (
            _now("%(time)s before") % {"time": duration_in_words(term)} if term else _now("the start")
        ),
        sentence=lambda policy: _with_time(_("Cancel for free until %(time)s before."), policy.free_cancellation_term),
    )
    check_in_grace: timedelta = point(timedelta(minutes=30), unit=Unit.MINUTES, label=_("check-in waiting time"))

    @property
    def grid(self) -> timedelta:
        return timedelta(minutes=self.grid_minutes)

    def allows(self, duration: timedelta) -> bool:
        """Whether a reservation may last this long."""
        return self.shortest <= duration <= (self.longest or duration) and not duration % self.grid

    def in_table(self) -> list[tuple[str, str, str]]:
        """(name, label, value in words) of what the page of house rules shows; the value is empty where nothing is
        asked."""
        return [
            (name, str(one.table_label), one.table_value(getattr(self, name)))
            for name, one in POLICY_POINTS.items()
            if one.table_label
        ]

    def in_sentences(self) -> list[str]:
        """For the page of a machine; those that ask nothing are left out."""
        said = [one.sentence(self) for one in POLICY_POINTS.values()]
        return [sentence for sentence in said if sentence]


# By the name of the field, in the order of the set-up pages.
POLICY_POINTS: dict[str, Point] = {one.name: one.metadata["point"] for one in fields(Policy)}
POLICY_FIELDS = tuple(POLICY_POINTS)
_DEFAULTS: dict[str, object] = {one.name: one.default for one in fields(Policy)}


def _check_lengths(policy: Policy) -> None:
    """Raises ValidationError where two points of a policy contradict each other."""
    if policy.longest is not None and policy.longest < policy.shortest:
        raise ValidationError({"longest": _("The longest reservation must not be shorter than the shortest.")})
    if policy.shortest % policy.grid:
        raise ValidationError({"shortest": _("The shortest reservation must be a whole number of grid steps.")})
    for name, one in POLICY_POINTS.items():
        if one.unit in (Unit.MINUTES, Unit.DAYS) and (getattr(policy, name) or timedelta(0)) < timedelta(0):
            raise ValidationError({name: _("A duration cannot be negative.")})
    if policy.horizon > settings.CALENDARS_EXPANDED_AHEAD:
        message = _("Calendars are known %(days)d days ahead; the horizon must lie within.")
        raise ValidationError({"horizon": message % {"days": settings.CALENDARS_EXPANDED_AHEAD.days}})


class PolicyFields(models.Model):
    """The columns of a type, one for each point."""

    class Meta:
        abstract = True

    @property
    def type_policy(self) -> Policy:
        return Policy(**{name: getattr(self, name) for name in POLICY_FIELDS})

    def clean(self) -> None:
        super().clean()
        _check_lengths(self.type_policy)


for _name, _point in POLICY_POINTS.items():
    PolicyFields.add_to_class(_name, _point.column(default=_DEFAULTS[_name], override=False))


class PolicyOverrides(models.Model):
    """The same points; None means "as the type says". A limit of the type cannot be lifted here, only changed."""

    class Meta:
        abstract = True

    def policy_on(self, type_policy: Policy) -> Policy:
        """The type's policy with this machine's overrides."""
        own = {name: getattr(self, name) for name in POLICY_FIELDS}
        base = {name: getattr(type_policy, name) for name in POLICY_FIELDS}
        return Policy(**{name: base[name] if own[name] in (None, "") else own[name] for name in POLICY_FIELDS})

    def check_policy_on(self, type_policy: Policy) -> None:
        _check_lengths(self.policy_on(type_policy))


for _name, _point in POLICY_POINTS.items():
    PolicyOverrides.add_to_class(_name, _point.column(default=_DEFAULTS[_name], override=True))
