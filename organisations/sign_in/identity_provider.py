"""Signing in with the account of one's own organisation, whose OpenID Connect server may be away or talk nonsense.

allauth's two views, which answer some of that with an error of their own: here all of it is a page that says so.
"""

from functools import wraps
from urllib.parse import urlsplit

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.core.exceptions import DisallowedRedirect
from django.http import Http404
from requests import RequestException

# No answer, an error, or an answer that is not what the standard says it is.
NONSENSE = (RequestException, OAuth2Error, LookupError, TypeError, ValueError, AttributeError, DisallowedRedirect)


def says_when_it_does_not_work(view):
    @login_not_required
    @wraps(view)
    def answer(request, provider_id: str):
        try:
            provider = get_adapter(request).get_provider(request, provider_id)
        except SocialApp.DoesNotExist as unknown:
            raise Http404 from unknown
        try:
            return view(request, provider_id)
        except NONSENSE as error:
            return render_authentication_error(request, provider, exception=error)

    return answer


def _login(request, provider_id: str):
    """Sends the browser to the provider, if our own policy for forms lets it go there; else it would stay silently."""
    answer = views.login(request, provider_id)
    there = urlsplit(answer.get("Location", ""))
    origin = f"{there.scheme}://{there.netloc}"
    if answer.has_header("Location") and origin not in settings.OIDC_ORIGINS:
        raise ValueError(f"the provider asks people in at {origin}, which OIDC_ORIGINS does not name")
    return answer


login = says_when_it_does_not_work(_login)
callback = says_when_it_does_not_work(views.callback)
