"""Durations typed and shown as people say them: 90 min, 1 h 30, 2 days, in either language."""

import re
from datetime import timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

SECOND, MINUTE, HOUR, DAY, WEEK = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(weeks=1),
)
WORDS = {
    SECOND: "s sec secs second seconds seconde seconden",
    MINUTE: "m min mins minute minutes minuut minuten",
    HOUR: "h hr hrs hour hours u uur uren",
    DAY: "d day days dag dagen",
    WEEK: "w wk week weeks weken",
}
# Whole words only: a month is not a minute.
UNITS = {word: unit for unit, words in WORDS.items() for word in words.split()}
LONGEST = timedelta(days=3660)
JOINED_BY = re.compile(r"\b(?:en|and)\b|[;+&]")
PART = re.compile(r"(\d{1,6}(?:[.,]\d{1,2})?)\s*([a-z]+)\.?")
CLOCK = re.compile(r"(?:(\d{1,4}) +(?:days?,? +)?)?(\d{1,4}):([0-5]\d)(?::([0-5]\d))?(?:\s*[uh][a-z]*)?")
MINUTES_AFTER_HOURS = re.compile(r"\b(\d+\s*(?:h|hr|hrs|hours?|u|uur|uren))\s*([0-5]?\d)$")


def duration_said(text: str) -> timedelta:
    """Elapsed time out of what somebody typed; a day is 24 hours, 1:30 an hour and a half, 0 nothing.

    Raises ValueError where it cannot be read. A number without a unit could be hours or minutes, and is not guessed.
    """
    said = " ".join(JOINED_BY.sub(" ", text.lower()).split())
    clock = CLOCK.fullmatch(said)
    if clock:
        days, hours, minutes, seconds = (int(number or 0) for number in clock.groups())
        return _possible(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))
    if said == "0":
        return timedelta(0)
    said = MINUTES_AFTER_HOURS.sub(r"\1 \2 min", said)
    found = [(float(number.replace(",", ".")), UNITS.get(word)) for number, word in PART.findall(said)]
    units = [unit for _number, unit in found if unit]
    if (
        not found
        or PART.sub("", said).strip(" ,")
        or len(units) < len(found)
        or units != sorted({*units}, reverse=True)
    ):
        raise ValueError(text)
    return _possible(sum((number * unit for number, unit in found if unit), timedelta(0)))


def _possible(duration: timedelta) -> timedelta:
    if duration > LONGEST:
        raise ValueError(duration)
    return timedelta(seconds=round(duration.total_seconds()))


def duration_shown(duration: timedelta) -> str:
    """As in `2 days` or `1 day 6 h 30 min`, whole to the second; `duration_said` reads it back."""
    minutes, seconds = divmod(round(abs(duration).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else "",
        _("%(n)d h") % {"n": hours} if hours else "",
        _("%(n)d min") % {"n": minutes} if minutes else "",
        _("%(n)d sec") % {"n": seconds} if seconds else "",
    ]
    shown = " ".join(part for part in parts if part) or _("%(n)d min") % {"n": 0}
    return f"−{shown}" if duration < timedelta(0) else shown


class DurationField(forms.DurationField):
    """A duration in words. What could not be read stays in the box."""

    default_error_messages = {
        "invalid": gettext_lazy("Enter a length of time, such as 90 min, 1 h 30, 2 days or 3 weeks."),
    }

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}))
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return duration_shown(value) if isinstance(value, timedelta) else value

    def to_python(self, value):
        if isinstance(value, timedelta):
            return value
        if value in self.empty_values:
            return None
        try:
            return duration_said(str(value))
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
