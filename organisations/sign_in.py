"""Who may make an account: nobody by themselves. Organisation and facility managers invite people."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_email
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter

from organisations.models import User


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """An organisation's OpenID Connect server signs in people who are known here by e-mail address."""

    def is_open_for_signup(self, request, sociallogin) -> bool:
        return False

    def pre_social_login(self, request, sociallogin) -> None:
        if sociallogin.is_existing:
            return
        known = User.objects.filter(email__iexact=user_email(sociallogin.user)).first()
        verified = any(address.verified for address in sociallogin.email_addresses)
        if known and verified:
            sociallogin.connect(request, known)
