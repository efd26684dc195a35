"""What a person wants to do, for how long and from when: the sentence on the first page."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.day_field import DayField, day_in_words
from core.durations import duration_said
from core.formatting import duration_in_words
from core.reach import LAST_DAY
from equipment.materials import materials_in_words
from equipment.models import EquipmentQuerySet, EquipmentType, Process
from organisations.models import Organisation

BARE_NUMBER = re.compile(r"\d{1,4}(?:[.,]\d{1,2})?")
LONGEST = timedelta(days=30)
USUAL = timedelta(hours=2)
SIZES = ("width_mm", "depth_mm", "height_mm")


class DurationField(forms.CharField):
    """Elapsed time as `core.durations` reads it: 4 uur, 1,5 u, 1:30, 2 uur en 30 minuten. A bare number is hours."""

    default_error_messages = {
        "unreadable": _("Enter a length of time, such as 4 hours, 90 minutes or 2 days. At most 30 days.")
    }

    def to_python(self, value):
        text = super().to_python(value)
        if not text:
            return None
        try:
            lasts = duration_said(f"{text} h" if BARE_NUMBER.fullmatch(text) else text)
        except ValueError:
            lasts = timedelta(0)
        if not timedelta(0) < lasts <= LONGEST:
            raise forms.ValidationError(self.error_messages["unreadable"], code="unreadable")
        return timedelta(minutes=round(lasts / timedelta(minutes=1)))


def _usual(types: list[EquipmentType], process: str) -> str:
    """Two hours, or the shortest that is let for this process where that is longer, in words."""
    shortest = [kind.type_policy.shortest for kind in types if kind.process == process]
    return duration_in_words(max(USUAL, min(shortest, default=USUAL)))


def _filled_in(data: QueryDict, types: list[EquipmentType], today: date) -> QueryDict:
    """What is asked, with what is left open: the usual duration, and from today. `drawn_for` is the process that the
    sentence stood at when it was drawn."""
    process, before = data.get("process", ""), data.get("drawn_for")
    asked = data.copy()
    if before is not None and before != process:
        # Another process was chosen: a duration that nobody typed, and a material, were those of the one before.
        asked["material"] = ""
        if asked.get("duration") == _usual(types, before):
            asked["duration"] = ""
    asked["duration"] = asked.get("duration") or _usual(types, process)
    asked["since"] = data.get("since") or day_in_words(today)
    return asked


class FindForm(forms.Form):
    """Lives in the address, so that a search can be shared. Only `process` is needed to search."""

    process = forms.ChoiceField(label=_("What do you want to do?"))
    duration = DurationField(label=_("For how long?"), required=False)
    since = DayField(label=_("From"), required=False)
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("On behalf of"), to_field_name="slug", empty_label=None, required=False
    )
    material = forms.ChoiceField(label=_("Material"), required=False)
    width_mm = forms.IntegerField(label=_("Width (mm)"), required=False, min_value=1, max_value=100_000)
    depth_mm = forms.IntegerField(label=_("Depth (mm)"), required=False, min_value=1, max_value=100_000)
    height_mm = forms.IntegerField(label=_("Height (mm)"), required=False, min_value=1, max_value=100_000)

    def __init__(self, data, *, types: list[EquipmentType], organisations, today: date):
        super().__init__(
            data and _filled_in(data, types, today), initial={"duration": duration_in_words(USUAL), "since": today}
        )
        self.today = today
        processes = {kind.process for kind in types}
        asked = self.data.get("process")
        materials = {m for kind in types if not asked or kind.process == asked for m in kind.materials}
        fields: dict[str, Any] = self.fields
        fields["process"].choices = [("", _("Choose")), *((p.value, p.label) for p in Process if p in processes)]
        fields["material"].choices = [("", _("Any")), *materials_in_words(materials)]
        fields["organisation"].queryset = organisations
        self.fields["since"].widget.attrs["data-min"] = today.isoformat()

    def clean_since(self) -> date:
        """A day that has passed is today; one that no calendar reaches is the last that is."""
        return min(max(self.cleaned_data["since"] or self.today, self.today), LAST_DAY)

    def able_types(self) -> EquipmentQuerySet:
        asked = self.cleaned_data
        ability = {name: asked[name] or 0 for name in SIZES}
        return EquipmentType.objects.able_to(process=asked["process"], material=asked["material"], **ability)

    @property
    def asks_more(self) -> bool:
        """Whether something of the part that folds out is filled in."""
        return any(self.data.get(name) for name in ("material", *SIZES))
