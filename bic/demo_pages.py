"""In the demonstration who asks for what is not there sees the page that visitors of the real site see.

`make run` has DEBUG on, for whoever works on it, and Django then answers with its table of addresses.
"""

from django.conf import settings
from django.views.defaults import page_not_found

DJANGOS_OWN = b"<code>DEBUG = True</code>"


def show_our_own_404(get_response):
    """Middleware; does nothing outside the demonstration."""

    def middleware(request):
        answer = get_response(request)
        if settings.DEMO and answer.status_code == 404 and not answer.streaming and DJANGOS_OWN in answer.content:
            return page_not_found(request, None)
        return answer

    return middleware
