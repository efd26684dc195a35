"""How far calendars reach: farther than anybody plans, and not so far that a day after the last overflows."""

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def check_reach(day: date) -> None:
    """Raises ValidationError for a day outside `[FIRST_DAY, LAST_DAY]`, both included; for form fields as well."""
    if not FIRST_DAY <= day <= LAST_DAY:
        message = _("Choose a day from %(first)d to %(last)d. For no end, leave the last day empty.")
        raise ValidationError(message % {"first": FIRST_DAY.year, "last": LAST_DAY.year})
