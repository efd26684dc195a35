"""Choosing when to be reminded, and what is mailed."""

from datetime import time, timedelta

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import duration_in_words
from core.wall_clock_field import WallClockField
from notifications.models import NotificationPreference, ReminderTimes
from notifications.types import NotificationType

LEADS = (
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
)


class LeadsField(forms.TypedMultipleChoiceField):
    """Elapsed time before the start, of which several may be chosen. What was set otherwise before stays on offer."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, base_field=None, **options):
        options.setdefault("required", False)
        options.pop("max_length", None)
        super().__init__(coerce=_as_duration, choices=_choices(LEADS), **options)

    def offer(self, chosen: list[timedelta]) -> None:
        self.choices = _choices(sorted({*LEADS, *chosen}))

    def prepare_value(self, value):
        return [_as_minutes(v) if isinstance(v, timedelta) else v for v in value or ()]

    def has_changed(self, initial, data) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def _choices(leads) -> list[tuple[str, str]]:
    return [(_as_minutes(lead), duration_in_words(lead)) for lead in leads]


def _as_minutes(lead: timedelta) -> str:
    return str(lead // timedelta(minutes=1))


def _as_duration(minutes: str) -> timedelta:
    return timedelta(minutes=int(minutes))


class TimeOfDayField(WallClockField):
    """The same as a `time`; the end of the day is its beginning."""

    def to_python(self, value):
        if isinstance(value, time):
            return value
        clock = super().to_python(value)
        return clock and time(clock[0] % 24, clock[1])

    def prepare_value(self, value):
        return f"{value:%H:%M}" if isinstance(value, time) else value


class ReminderTimesForm(forms.ModelForm):
    leads = LeadsField(label=gettext_lazy("Before the start"))
    day_before_at = TimeOfDayField(
        label=gettext_lazy("The day before at"),
        required=False,
        help_text=gettext_lazy("Empty: not on the day before."),
    )

    class Meta:
        model = ReminderTimes
        fields = ["leads", "day_before_at"]

    def __init__(self, *args, instance: ReminderTimes | None = None, **kwargs):
        """A new one begins with the defaults."""
        super().__init__(*args, instance=instance or self._meta.model(), **kwargs)
        leads = self.fields["leads"]
        assert isinstance(leads, LeadsField)
        leads.offer(list(self.instance.leads or ()))


class PreferenceForm(ReminderTimesForm):
    """How a person wants to be told."""

    quiet_from = TimeOfDayField(
        label=gettext_lazy("Do not disturb from"),
        required=False,
    )
    quiet_until = TimeOfDayField(
        label=gettext_lazy("until"),
        required=False,
    )
    mailed = forms.MultipleChoiceField(
        label=gettext_lazy("Also send me an email about"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = NotificationPreference
        fields = ["leads", "day_before_at", "quiet_from", "quiet_until"]

    def __init__(self, *args, kinds: list[NotificationType], **kwargs):
        super().__init__(*args, **kwargs)
        self._kinds = kinds
        mailed = self.fields["mailed"]
        assert isinstance(mailed, forms.MultipleChoiceField)
        mailed.choices = [(kind.code, capfirst(str(kind.label))) for kind in kinds]
        mailed.initial = [kind.code for kind in kinds if kind.code not in self.instance.unmailed]

    def clean(self) -> dict:
        given = super().clean() or {}
        begin, end = given.get("quiet_from"), given.get("quiet_until")
        if (begin is None) != (end is None) and not {"quiet_from", "quiet_until"} & set(self.errors):
            missing = "quiet_until" if end is None else "quiet_from"
            self.add_error(missing, _("Fill in both, or neither to get reminders at any hour."))
        elif begin is not None and begin == end:
            self.add_error("quiet_until", _("Quiet hours must end at another time than they begin."))
        return given

    def save(self, commit: bool = True) -> NotificationPreference:
        """Kinds that this person is not asked about stay as they were."""
        chosen = set(self.cleaned_data["mailed"])
        others = [kind for kind in self.instance.unmailed if kind not in {k.code for k in self._kinds}]
        self.instance.unmailed = others + [kind.code for kind in self._kinds if kind.code not in chosen]
        return super().save(commit)
