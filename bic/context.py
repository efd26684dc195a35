"""What every template may use."""

from django.conf import settings

from bic.mailbox import keeps_mail

THEMES = ("light", "dark")


def site(request) -> dict:
    """`theme` is the reader's choice, or "" to follow the system; kept in a cookie by static/js/site.js."""
    theme = request.COOKIES.get("theme", "")
    return {"DEMO": settings.DEMO, "KEEPS_MAIL": keeps_mail(), "theme": theme if theme in THEMES else ""}
