"""What every template may use."""

from django.conf import settings


def site(request) -> dict:
    return {"DEMO": settings.DEMO}
