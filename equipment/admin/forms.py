"""Forms that ask for days and wall-clock times, where the library asks for moments and recurrence rules."""

from datetime import datetime, time, timedelta

from django import forms
from django.contrib.admin.utils import display_for_field
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _now_
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from core.clock import instant, wall
from core.durations import duration_shown
from core.reach import check_reach
from equipment.admin.wording import event_in_words
from equipment.availability import Event, Occurrence, occurrence_on, outages_of
from equipment.availability.hours import edited_calendars
from equipment.availability.patterns import ONCE, OTHER, WEEKLY, Pattern, lay_pattern, pattern_of
from equipment.availability.spans import PATTERNS
from equipment.models import CertificateKind, Equipment, EquipmentType
from equipment.policy import POLICY_FIELDS

MIDNIGHT = time(0)
CANCELLED, MOVED = "cancelled", "moved"


def date_field(**kwargs) -> forms.DateField:
    """A day that calendars reach: 31-12-9999, which people type for "for ever", is told what to do instead."""
    return forms.DateField(widget=widgets.UnfoldAdminSingleDateWidget, validators=[check_reach], **kwargs)


def time_field(**kwargs) -> forms.TimeField:
    return forms.TimeField(widget=widgets.UnfoldAdminSingleTimeWidget, required=False, **kwargs)


class EventForm(forms.ModelForm):
    """Opening hours, an extra opening, closed days or an outage: which, follows from where it is kept."""

    equipment = forms.ModelChoiceField(
        Equipment.objects.order_by("code"),
        label=_("outage of"),
        required=False,
        widget=widgets.UnfoldAdminSelectWidget,
        help_text=_("For maintenance or a fault of one machine, instead of a calendar."),
    )
    repeats = forms.ChoiceField(label=_("when"), widget=widgets.UnfoldAdminRadioSelectWidget)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("every week on"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
    )
    first = date_field(label=_("first day"))
    last = date_field(
        label=_("last day"), required=False, help_text=_("Included. Empty: no end, or for something once, one day.")
    )
    opens = time_field(label=_("from"), help_text=_("Empty: from the start of the day."))
    closes = time_field(
        label=_("until"), help_text=_("Empty: until the end of the day. Earlier than from: the next morning.")
    )

    class Meta:
        model = Event
        fields = ["title", "calendar", "description"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["calendar"].required = False
        self.fields["calendar"].queryset = edited_calendars()
        choices = [(WEEKLY, _("every week")), (ONCE, _("once"))]
        if self.instance.pk:
            pattern = pattern_of(self.instance)
            if pattern.repeats == OTHER:
                choices.append((OTHER, _("as it is: %(rule)s") % {"rule": self.instance.rule.name}))
            self.initial |= {name: getattr(pattern, name) for name in ("repeats", "first", "opens", "closes", "last")}
            self.initial["weekdays"] = list(pattern.weekdays)
            self.initial["equipment"] = getattr(self.instance.calendar, "equipment_out", None)
        self.fields["repeats"].choices = choices
        self.initial.setdefault("repeats", WEEKLY)

    def clean(self):
        given = super().clean()
        if bool(given.get("calendar")) == bool(given.get("equipment")):
            self.add_error("calendar", _("Choose either a calendar or the machine that is out of service."))
        if not self.errors:
            self._lay()
        return given

    def _lay(self) -> None:
        given = self.cleaned_data
        pattern = Pattern(
            given["repeats"],
            given["first"],
            given["opens"] or MIDNIGHT,
            given["closes"] or MIDNIGHT,
            last=given["last"],
            weekdays=tuple(given["weekdays"]),
        )
        try:
            lay_pattern(self.instance, pattern)
        except ValidationError as error:
            self.add_error(None, error)

    def save(self, commit=True):
        if self.cleaned_data["equipment"]:
            self.instance.calendar = outages_of(self.cleaned_data["equipment"])
        return super().save(commit)


class RecurringEventField(forms.ModelChoiceField):
    widget = widgets.UnfoldAdminSelectWidget

    def label_from_instance(self, event: Event) -> str:
        return f"{event.calendar}: {event_in_words(event)}"


class OccurrenceForm(forms.ModelForm):
    """One day on which weekly hours are not as usual."""

    event = RecurringEventField(
        Event.objects.exclude(rule=None)
        .exclude(calendar__slug=PATTERNS)
        .select_related("calendar", "rule")
        .order_by("calendar__name", "start"),
        label=_("of the hours"),
    )
    day = date_field(label=_("day"), help_text=_("On which the usual hours begin."))
    becomes = forms.ChoiceField(
        label=_("what"),
        choices=[(CANCELLED, _("not that day")), (MOVED, _("at another time"))],
        initial=CANCELLED,
        widget=widgets.UnfoldAdminRadioSelectWidget,
    )
    moved_to = date_field(label=_("moved to"), required=False, help_text=_("Empty: the same day."))
    opens = time_field(label=_("from"))
    closes = time_field(label=_("until"), help_text=_("Earlier than from: the next morning."))

    class Meta:
        model = Occurrence
        fields = ["event"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("event", "day"):
                self.fields[name].disabled = True
            start, end = wall(self.instance.start), wall(self.instance.end)
            self.initial |= {
                "day": wall(self.instance.original_start).date(),
                "becomes": CANCELLED if self.instance.cancelled else MOVED,
                "moved_to": start.date(),
                "opens": start.time(),
                "closes": end.time(),
            }

    def clean(self):
        given = super().clean()
        if self.errors:
            return given
        if self.instance.pk is None:
            try:
                # A day has one exception: filling the form in again for the same day changes that one.
                self.instance = occurrence_on(given["event"], given["day"])
            except LookupError:
                raise ValidationError({"day": _("These hours do not begin on that day.")}) from None
        self.instance.cancelled = given["becomes"] == CANCELLED
        if not self.instance.cancelled:
            self._move()
        return given

    def _move(self) -> None:
        given = self.cleaned_data
        if given["opens"] is None or given["closes"] is None:
            raise ValidationError({"opens": _("Say from when until when.")})
        day = given["moved_to"] or given["day"]
        last = day if given["closes"] > given["opens"] else day + timedelta(days=1)
        self.instance.start = instant(datetime.combine(day, given["opens"]))
        self.instance.end = instant(datetime.combine(last, given["closes"]))


class EquipmentTypeForm(forms.ModelForm):
    """The certificates it needs are ticked here as well as on their own pages."""

    required_certificates = forms.ModelMultipleChoiceField(
        CertificateKind.objects.all(),
        label=capfirst(_("certificates needed")),
        required=False,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("All that are ticked are needed. None ticked: no certificate needed."),
    )

    class Meta:
        model = EquipmentType
        fields = ["name"]  # the page names them all

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.setdefault("required_certificates", self.instance.required_certificates.all())

    def clean(self):
        given = super().clean()
        station, takes = given.get("finished_on"), given.get("finishing_time")
        if station and station == self.instance:
            self.add_error("finished_on", _("A type cannot finish its own results."))
        if "finishing_time" not in self.errors and bool(station) != bool(takes and takes > timedelta(0)):
            self.add_error("finishing_time", _("Fill in both (where and how long), or neither."))
        return given

    def _save_m2m(self) -> None:
        super()._save_m2m()
        self.instance.required_certificates.set(self.cleaned_data["required_certificates"])


class EquipmentForm(forms.ModelForm):
    """Says at every override what the type says."""

    class Meta:
        model = Equipment
        fields = ["code"]  # the page names them all

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        calendars = edited_calendars()
        for name in ("opening_hours", "closures"):
            if name in self.fields:
                self.fields[name].queryset = calendars
        for name in POLICY_FIELDS:
            field = self.fields.get(name)
            if isinstance(field, forms.NullBooleanField):
                field.widget = widgets.UnfoldAdminNullBooleanSelectWidget()
                field.widget.choices = [("unknown", _("as the type says")), ("true", _("yes")), ("false", _("no"))]
            if field is not None and self.instance.pk:
                field.help_text = _now_("The type says: %(value)s") % {"value": self._type_says(name)}

    def _type_says(self, name: str) -> str:
        value = getattr(self.instance.type, name)
        if value is None:
            return _now_("no limit")
        if isinstance(value, bool):
            return _now_("yes") if value else _now_("no")
        if isinstance(value, timedelta):
            return duration_shown(value)
        return display_for_field(value, EquipmentType._meta.get_field(name), "–")
