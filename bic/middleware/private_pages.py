"""What a browser keeps of the pages, on the computer that the next person sits down at."""

from http import HTTPStatus

from django.urls import reverse

KEPT = "private, no-store"
FORGOTTEN = '"cache"'
LEFT = (HTTPStatus.OK, HTTPStatus.FOUND)  # the set-up pages say goodbye on a page of their own


def keep_nothing(get_response):
    """Middleware: no browser and no proxy keeps an answer whose view does not say how long it may be kept; signing out
    makes the browser forget what those views let it keep.

    It goes for whoever asks: pages of people who are signed out, such as those of a password reset, hold keys.
    """
    sign_out = {reverse("account_logout"), reverse("admin:logout")}

    def middleware(request):
        answer = get_response(request)
        if not answer.has_header("Cache-Control"):
            answer["Cache-Control"] = KEPT
        if request.path in sign_out and request.method == "POST" and answer.status_code in LEFT:
            answer["Clear-Site-Data"] = FORGOTTEN
        return answer

    return middleware
