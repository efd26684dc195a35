"""A day as people write it, typed or picked, and always shown as 25-11-2026: the browser's own field follows the
browser's language."""

import re
from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# The first three letters of each month, in Dutch and in English.
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mrt maa mar", "apr", "mei may", "jun", "jul", "aug", "sep", "okt oct", "nov", "dec"), start=1
    )
    for name in names.split()
}
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
# 25-11-2026, 25/11/26, 25.11, 25 november 2026, wo 25 nov
DAY_FIRST = re.compile(r"(?:[a-z]+[., ]+)?(\d{1,2})(?:[-/.]| +)(\d{1,2}|[a-z]{3,})\.?(?:[-/., ]+(\d{4}|\d{2}))?")


def day_in_words(day: date) -> str:
    return f"{day:%d-%m-%Y}"


def read_day(text: str, *, today: date) -> date | None:
    """The day that is written there; without a year the first one from `today` on. None where there is no such day."""
    text = text.strip().lower()
    if iso := ISO.fullmatch(text):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if not (said := DAY_FIRST.fullmatch(text)):
        return None
    number, month, year = said.groups()
    in_year = MONTHS.get(month[:3], 0) if month.isalpha() else int(month)
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), in_year, int(number))
    # 29 February may be eight years away.
    days = (_day(today.year + ahead, in_year, int(number)) for ahead in range(9))
    return next((day for day in days if day and day >= today), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


class DayInput(forms.DateInput):
    """A text field; static/js/day_picker.js opens a calendar beside it, from `data-min` on where that is given."""

    template_name = "widgets/day.html"

    def __init__(self, attrs=None):
        usual = {"autocomplete": "off", "placeholder": _("dd-mm-yyyy"), "maxlength": 40, "data-day": True}
        super().__init__(usual | (attrs or {}))

    def format_value(self, value) -> str | None:
        """What is understood is shown as it was understood, the rest as it was typed."""
        if isinstance(value, str):
            value = read_day(value, today=timezone.localdate()) or value
        return day_in_words(value) if isinstance(value, date) else value


class DayField(forms.DateField):
    widget = DayInput
    default_error_messages = {"invalid": _("There is no such day. Write it as 25-11-2026.")}

    def to_python(self, value):
        if isinstance(value, str) and value.strip():
            day = read_day(value, today=timezone.localdate())
            if day is None:
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
            return day
        return super().to_python(value)
