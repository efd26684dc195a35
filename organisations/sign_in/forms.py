"""allauth's forms about passwords: a reset that tells nobody who is known here, and ending keys with the password."""

from allauth.account import forms as allauth_forms
from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from organisations.addresses import canonical_address
from organisations.keys import count_keys, end_keys
from organisations.models import User
from organisations.telling import ask_for_password


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    def clean_email(self) -> str:
        return canonical_address(self.cleaned_data["email"])

    def save(self, request, **kwargs) -> str:
        ask_for_password(self.cleaned_data["email"], now=timezone.now())
        return self.cleaned_data["email"]


class EndsKeys(forms.Form):
    """With a new password, the tokens and calendar addresses of `user` end where that is ticked; asked only of who has
    some."""

    user: User | None
    end_keys = forms.BooleanField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        count = count_keys(self.user, now=timezone.now()) if self.user else 0
        if not count:
            del self.fields["end_keys"]
            return
        self.fields["end_keys"].label = ngettext(
            "Also end %(count)d API token or calendar link that works now",
            "Also end %(count)d API tokens and calendar links that work now",
            count,
        ) % {"count": count}
        self.fields["end_keys"].help_text = _(
            "For when somebody else may have had them. Programs and calendars stop until they get new ones."
        )

    def save(self, *args, **kwargs):
        with transaction.atomic():
            saved = super().save(*args, **kwargs)
            if self.cleaned_data.get("end_keys"):
                end_keys(self.user, now=timezone.now())
        return saved


class ChangePasswordForm(EndsKeys, allauth_forms.ChangePasswordForm):
    field_order = ["oldpassword", "password1", "password2", "end_keys"]


class SetPasswordForm(EndsKeys, allauth_forms.SetPasswordForm):
    field_order = ["password1", "password2", "end_keys"]


class ResetPasswordKeyForm(EndsKeys, allauth_forms.ResetPasswordKeyForm):
    field_order = ["password1", "password2", "end_keys"]
