"""How allauth reaches our outbox: what it would mail inside the request is written down, and mailed afterwards."""

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from organisations.addresses import canonical_address
from organisations.telling import News, tell

# By the name of allauth's template: what changed of the ways to sign in.
SIGN_IN_CHANGES = {
    "mfa/email/totp_activated": "totp_activated",
    "mfa/email/totp_deactivated": "totp_deactivated",
    "mfa/email/recovery_codes_generated": "recovery_codes_generated",
    "mfa/email/webauthn_added": "webauthn_added",
    "mfa/email/webauthn_removed": "webauthn_removed",
    "socialaccount/email/account_connected": "account_connected",
    "socialaccount/email/account_disconnected": "account_disconnected",
}
# Told by `set_password`, in the transaction that sets it; and a new address that is taken back never counted.
TOLD_OTHERWISE = {
    "account/email/password_changed",
    "account/email/password_reset",
    "account/email/password_set",
    "account/email/email_deleted",
}


class TellingAdapter(DefaultAccountAdapter):
    """Every message of allauth becomes news for our outbox; none leaves from here."""

    def clean_email(self, email: str) -> str:
        return canonical_address(email)

    def set_password(self, user, password: str) -> None:
        with transaction.atomic():
            super().set_password(user, password)
            tell(user, News.PASSWORD_CHANGED, now=timezone.now())

    def confirm_email(self, request, email_address) -> bool:
        """All or nothing. Who was a moment later than another with the same address hears so."""
        try:
            with transaction.atomic():
                return super().confirm_email(request, email_address)
        except IntegrityError:
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
            return False

    def send_confirmation_mail(self, request, emailconfirmation, signup: bool) -> None:
        address = emailconfirmation.email_address
        tell(address.user, News.ADDRESS_TO_CONFIRM, now=timezone.now(), mailed_to=address.email, address=address.pk)

    def send_notification_mail(self, template_prefix: str, user, context=None, email=None) -> None:
        if template_prefix == "account/email/email_changed":
            tell(user, News.ADDRESS_CHANGED, now=timezone.now(), mailed_to=email, new=context["to_email"])
        elif template_prefix not in TOLD_OTHERWISE:
            tell(user, News.SIGN_IN_CHANGED, now=timezone.now(), change=SIGN_IN_CHANGES[template_prefix])

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Nothing comes here: what allauth mails otherwise belongs to sign-ups and codes, which we do not have."""
        raise NotImplementedError(f"{template_prefix} is not told through the outbox")

    def get_password_change_redirect_url(self, request) -> str:
        return reverse("account")
