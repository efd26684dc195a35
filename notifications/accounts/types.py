"""What is told about accounts. The links that prove who reads are made here, as the mail is, and are kept nowhere."""

from datetime import date, datetime, timedelta

from allauth.account import app_settings
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import day_in_words, moment_in_words
from notifications.letter import Letter, address_of
from notifications.models import Notification
from notifications.types import NotificationType, Section, register
from organisations.keys import SecretKey
from organisations.models import FACILITY_MANAGERS, User

SIGN_IN_CHANGES = {
    "password_removed": gettext_lazy("You no longer sign in with a password: a facility manager turned that off."),
    "totp_activated": gettext_lazy("An authenticator app is asked for when you sign in, from now on."),
    "totp_deactivated": gettext_lazy("No authenticator app is asked for any more when you sign in."),
    "recovery_codes_generated": gettext_lazy("You have new recovery codes; the old ones no longer work."),
    "webauthn_added": gettext_lazy("A security key was added to your sign-in."),
    "webauthn_removed": gettext_lazy("A security key was removed from your sign-in."),
    "account_connected": gettext_lazy("The account of your organisation signs you in here, from now on."),
    "account_disconnected": gettext_lazy("The account of your organisation no longer signs you in here."),
}
MOST_NAMED = 2


class AccountType(NotificationType):
    section = Section.ACCOUNT
    always_mailed = True


@register
class PasswordReset(AccountType):
    code, label = "password_reset", gettext_lazy("link to a new password")
    proves_reader = True

    def compose(self, notification: Notification, *, now: datetime) -> Letter:
        reader = notification.recipient
        token = default_token_generator.make_token(reader)
        until = now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return Letter(
            subject=_("Choose a new password"),
            opening=_("Somebody asked for a new password for your account, probably you."),
            address=address_of("account_reset_password_from_key", user_pk_to_url_str(reader), token),
            action=_("Choose a new password"),
            more=(
                _("The link works once, until %(moment)s.") % {"moment": moment_in_words(until)},
                _("Was it not you? Then do nothing: your password stays as it is."),
            ),
        )


@register
class AddressToConfirm(AccountType):
    code, label = "address_to_confirm", gettext_lazy("link to confirm an email address")
    proves_reader = True

    def compose(self, notification: Notification, *, now: datetime) -> Letter | None:
        """None where it was taken back or confirmed meanwhile, and where it is somebody else's: who claims that hears
        no more than who claims one that is nobody's."""
        claimed = EmailAddress.objects.filter(
            pk=notification.payload["address"], user=notification.recipient_id, verified=False
        ).first()
        if claimed is None or not claimed.can_set_verified():
            return None
        until = now + timedelta(days=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS)
        said = {"person": str(notification.recipient), "address": claimed.email, "moment": moment_in_words(until)}
        return Letter(
            subject=_("Confirm your new email address"),
            opening=_("%(person)s wants to sign in and get email at this address from now on.") % said,
            address=address_of("account_confirm_email", EmailConfirmationHMAC(claimed).key),
            action=_("Confirm this address"),
            more=(
                _("The link works until %(moment)s. Until you open it, nothing changes.") % said,
                _("Was it not you? Then do nothing."),
            ),
        )


@register
class AddressChanged(AccountType):
    code, label = "address_changed", gettext_lazy("email address changed")

    def compose(self, notification: Notification, *, now: datetime) -> Letter:
        return Letter(
            subject=_("Your email address was changed"),
            opening=_("From now on you sign in as %(address)s, and get your email there.")
            % {"address": notification.payload["new"]},
            address=address_of("account"),
            action=_("See your account"),
            more=(
                _("Was it not you? Then somebody else is in your account. Ask a facility manager for help now."),
                *_help(),
            ),
        )


@register
class PasswordChanged(AccountType):
    code, label = "password_changed", gettext_lazy("password changed")

    def compose(self, notification: Notification, *, now: datetime) -> Letter:
        opening = _("You have a new password. Wherever else you were signed in, you are signed out.")
        if notification.payload.get("by_facility"):
            opening = _("A facility manager gave you a new password. Wherever you were signed in, you are signed out.")
        advice = _("Was it not you? Then choose a new one at once, and end your API tokens and calendar links with it.")
        return Letter(
            subject=_("Your password was changed"),
            opening=opening,
            address=address_of("account_reset_password"),
            action=_("It was not me: choose a new password"),
            more=(advice, *_help()),
        )


@register
class SignInChanged(AccountType):
    code, label = "sign_in_changed", gettext_lazy("sign-in changed")

    def compose(self, notification: Notification, *, now: datetime) -> Letter:
        return Letter(
            subject=_("How you sign in was changed"),
            opening=str(SIGN_IN_CHANGES[notification.payload["change"]]),
            address=address_of("account"),
            action=_("See your account"),
            more=(_("Was it not you? Then change your password now, and ask a facility manager for help."), *_help()),
        )


@register
class KeyEnding(AccountType):
    code, label = "key_ending", gettext_lazy("token or calendar link ends")

    def compose(self, notification: Notification, *, now: datetime) -> Letter | None:
        """None where it was revoked or extended meanwhile."""
        payload = notification.payload
        last_day = date.fromisoformat(payload["last_day"])
        key = apps.get_model(payload["of"]).objects.working(now).filter(pk=payload["id"], last_day=last_day).first()
        if key is None:
            return None
        assert isinstance(key, SecretKey)
        said = {"name": str(key), "day": day_in_words(last_day)}
        return Letter(
            subject=str(key.ending_subject) % said,
            opening=str(key.ending_opening) % said,
            address=address_of(key.kept_on_page),
            action=_("Extend or revoke it"),
            more=(_("Extend it if it is still used: nothing has to be set up again. Otherwise do nothing."),),
        )


def _help() -> tuple[str, ...]:
    """Whom to ask, by name and address."""
    managers = User.objects.filter(Q(groups__name=FACILITY_MANAGERS) | Q(is_superuser=True), is_active=True)
    named = ", ".join(f"{manager}, {manager.email}" for manager in managers.order_by("pk").distinct()[:MOST_NAMED])
    return (_("Facility manager: %(people)s.") % {"people": named},) if named else ()
