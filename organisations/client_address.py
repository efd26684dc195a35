"""The address of whoever asks, for the log."""

from django.http import HttpRequest


def client_of(request: HttpRequest | None) -> str:
    """Behind proxies that the site trusts that of the visitor; "-" where nobody asks, as in a command."""
    if request is None:
        return "-"
    return getattr(request, "client_address", None) or request.META.get("REMOTE_ADDR") or "-"
