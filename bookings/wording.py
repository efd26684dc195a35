"""Durations and moments as people say them, in the reader's language and on the clock of the Atrium."""

from django.utils.translation import gettext as _


def concern_in_words(code: str) -> str:
    """What is the matter with a reservation that no longer keeps the rule `code`."""
    words = {
        "outside_opening_hours": _("outside opening hours"),
        "during_outage": _("during maintenance or a fault"),
        "not_certified": _("a certificate is missing"),
    }
    return words.get(code, code)
