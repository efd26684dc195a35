"""Who may make an account: nobody by themselves, a facility manager makes them. And how signing in is kept safe from
those who guess."""

import logging
from http import HTTPStatus

from allauth.account.utils import user_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.addresses import canonical_address, canonical_addresses
from organisations.models import User
from organisations.sign_in.account_adapter import TellingAdapter
from organisations.sign_in.limits import count_a_try, forget
from organisations.sign_in.log import write_refused

logger = logging.getLogger("bic.sign_in")


class AccountAdapter(TellingAdapter):
    error_messages = TellingAdapter.error_messages | {
        "too_many_login_attempts": _(
            "Too many wrong tries. Wait ten minutes, or choose a new password with “Forgotten your password?”."
        ),
    }

    def is_open_for_signup(self, request) -> bool:
        return False

    def get_client_ip(self, request) -> str:
        return request.client_address

    def pre_authenticate(self, request, **credentials) -> None:
        """In place of allauth's count, whose lock per address refuses a class that signs in at once."""
        self.tries = count_a_try(request, _as_kept(credentials["email"]), now=timezone.now())
        if not self.tries:
            write_refused(request, credentials)
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request, **credentials):
        user = super().authenticate(request, **credentials | {"email": _as_kept(credentials["email"])})
        if user:
            forget(self.tries)
        return user

    def get_reauthentication_methods(self, user) -> list[dict]:
        """Whoever has a second step shows that one: the password alone is what it guards against."""
        methods = super().get_reauthentication_methods(user)
        return [each for each in methods if each["id"] != "reauthenticate"] or methods


def _as_kept(typed: str) -> str:
    """The address as people's are kept, so that another spelling neither misses the person nor counts apart; "" for
    what cannot be one, which is nobody's."""
    try:
        return canonical_address(typed)
    except ValidationError:
        return ""


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """An organisation's OpenID Connect server signs in people who are known here by e-mail address."""

    def is_open_for_signup(self, request, sociallogin) -> bool:
        return False

    def on_authentication_error(self, request, provider, error=None, exception=None, extra_context=None) -> None:
        """Where the provider is to blame, the page says so with the status that does; allauth's would be a 401."""
        if exception is None:
            return
        logger.error("Signing in with %s failed: %r", provider.app.name, exception)
        page = render(request, "socialaccount/authentication_error.html", {"provider": provider, "away": True})
        page.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        raise ImmediateHttpResponse(page)

    def pre_social_login(self, request, sociallogin) -> None:
        if sociallogin.is_existing:
            return
        known = User.objects.at(canonical_addresses([user_email(sociallogin.user)])).first()
        verified = any(address.verified for address in sociallogin.email_addresses)
        if known and verified:
            sociallogin.connect(request, known)
