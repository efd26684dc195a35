"""What every template may use."""

from django.conf import settings
from django.utils import timezone

from bic.devserver.mailbox import keeps_mail
from bic.monitoring.timers import timers_stopped_since

THEMES = ("light", "dark")


def site(request) -> dict:
    """`theme` is the reader's choice, or "" to follow the system; kept in a cookie by static/js/site.js. `server_now`
    sets the clock of the scripts, as the reader's own may be wrong. `timers_stopped_since` asks the database only where
    a template calls it."""
    theme = request.COOKIES.get("theme", "")
    return {
        "CONTACT_EMAIL": settings.CONTACT_EMAIL,
        "DEMO": settings.DEMO,
        "DEMO_SEEN_BY_OTHERS": settings.DEMO and settings.SEEN_BY_OTHERS,
        "KEEPS_MAIL": keeps_mail(),
        "server_now": timezone.now(),
        "theme": theme if theme in THEMES else "",
        "timers_stopped_since": lambda: timers_stopped_since(timezone.now()),
    }
