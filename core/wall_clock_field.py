"""A form field for a time of day."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _


class WallClockField(forms.CharField):
    """A time of day as people write it: 9, 930, 9:30, 9.30 or 09:30; 24:00 is the end of the day."""

    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 5, "placeholder": "09:00"}
    )
    default_error_messages = {"unreadable": _("Write a time as 09:30.")}

    def to_python(self, value):
        """A (hour, minute) pair, as 24:00 is no `time`."""
        text = super().to_python(value)
        if not text:
            return None
        found = re.fullmatch(r"(\d{1,2})(?:[:.h]?(\d{2}))?", text)
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 99)
        if minute > 59 or hour > 24 or (hour == 24 and minute):
            raise forms.ValidationError(self.error_messages["unreadable"], code="unreadable")
        return hour, minute
