"""The second step of signing in: who must have it, and what is closed until they do.

`SECOND_FACTOR_FOR` names the facility's roles that need one. Pages, set-up pages and the API answer their people only
in a session that passed the second step, and tokens of theirs only once they have set it up: a token was made in such a
session, and a program has no telephone.
"""

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from organisations.models import SECOND_FACTORS, User

# What stays open meanwhile: setting it up, with the questions that go before, and the way out.
OPEN_PAGES = {
    "account_logout",
    "admin:logout",
    "account_reauthenticate",
    "choose_language",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_reauthenticate",
}
API = "api-v1"  # answers for itself, with a problem document


def passed_second_factor(request: HttpRequest) -> bool:
    """In this session, be it when signing in or later."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def waits_for_second_factor(request: HttpRequest) -> bool:
    return request.user.must_have_second_factor and not passed_second_factor(request)


class SecondFactorMiddleware:
    """Leads whoever must have a second step to setting it up, or to giving it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        match = request.resolver_match
        if not request.user.is_authenticated or match.view_name in OPEN_PAGES or API in match.namespaces:
            return None
        if not waits_for_second_factor(request):
            return None
        if not request.user.has_second_factor:
            return redirect("mfa_index")
        back = {"next": request.get_full_path()} if request.method == "GET" else {}
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode(back)}")


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "Your role at the facility asks for two-step sign-in, so you cannot turn it off."
        ),
    }

    def can_delete_authenticator(self, authenticator) -> bool:
        return not authenticator.user.must_have_second_factor


@receiver(authenticator_added)
def _passed_by_setting_it_up(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs) -> None:
    """A code of it was just typed; the same is not taken twice, so it is not asked for again at once."""
    if authenticator.type in SECOND_FACTORS:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)
