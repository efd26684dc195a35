"""Certificates at the desk: who has which, until when; granted after an instruction, and withdrawn with a reason."""

from datetime import date

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.clock import ZONE
from core.day_field import DayField
from core.refusals import Refused
from core.search import mentioning
from equipment.certificates import services
from equipment.certificates.state import CertificateState, state_of
from equipment.models import Certificate, CertificateKind, first_invalid_day
from organisations.models import User
from organisations.permissions import technicians_only

PER_PAGE = 50
MOST_OFFERED = 2000  # in the list that a browser completes from


class PersonField(forms.CharField):
    """A person by e-mail address, as the browser completes it from the list: `Name <address>` is read as well."""

    def clean(self, value) -> User:
        text = super().clean(value)
        address = text.rpartition("<")[2].rstrip("> ").strip()
        person = User.objects.filter(email__iexact=address, is_active=True).first()
        if person is None:
            raise forms.ValidationError(
                _("Nobody with the address “%(address)s” can sign in. Choose somebody from the list.")
                % {"address": address}
            )
        return person


class GrantForm(forms.Form):
    person = PersonField(
        label=gettext_lazy("Person"),
        max_length=300,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off", "placeholder": "name@example.org"}),
    )
    kind = forms.ModelChoiceField(CertificateKind.objects.all(), label=gettext_lazy("Certificate"), empty_label="–")
    last_valid_day = DayField(
        label=gettext_lazy("Last valid day"),
        required=False,
        help_text=gettext_lazy("Last valid day. Leave empty for the standard period."),
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        max_length=Certificate._meta.get_field("withdrawal_reason").max_length,
        error_messages={
            "required": gettext_lazy("Say why the certificate is withdrawn. The holder will see this reason.")
        },
    )


@technicians_only
@require_safe
def certificates(request):
    """Those in force by when they end, or with `show=all` the others as well; searched by person and kind."""
    return _show(request)


@technicians_only
@require_POST
def grant(request):
    form = GrantForm(request.POST)
    if form.is_valid():
        last = form.cleaned_data["last_valid_day"]
        try:
            granted = services.grant(
                user=form.cleaned_data["person"],
                kind=form.cleaned_data["kind"],
                by=request.user,
                now=timezone.now(),
                valid_until=first_invalid_day(last) if last else None,
            )
        except Refused as refused:
            form.add_error("last_valid_day", [refusal.message for refusal in refused.refusals])
        else:
            said = {"person": granted.user, "kind": granted.kind, "day": f"{granted.last_valid_day:%d-%m-%Y}"}
            messages.success(request, _("%(person)s has “%(kind)s” through %(day)s.") % said)
            return redirect("certificates")
    return _show(request, grant=form, status=422)


@technicians_only
@require_POST
def withdraw(request, pk: int):
    certificate = get_object_or_404(Certificate.objects.select_related("user", "kind"), pk=pk)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return _show(request, withdrawing=(pk, form), status=422)
    services.withdraw(certificate=certificate, by=request.user, now=timezone.now(), reason=form.cleaned_data["reason"])
    messages.success(request, _("Withdrawn. Reservations that now lack this certificate are marked."))
    return redirect("certificates")


def _show(request, *, grant: GrantForm | None = None, withdrawing: tuple[int, WithdrawForm] | None = None, status=200):
    today = timezone.now().astimezone(ZONE).date()
    query = request.GET.get("q", "").strip()[:100]
    shows_all = request.GET.get("show") == "all"
    found = _found(query, today, shows_all).select_related("user", "kind", "granted_by")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    pk, wrong = withdrawing or (None, None)
    context = {
        "page": page,
        "rows": [
            {
                "certificate": c,
                "state": (state := state_of(c, today=today)),
                "form": wrong if c.pk == pk else None,
                "stands": state in (CertificateState.VALID, CertificateState.ENDS_SOON),
            }
            for c in page
        ],
        "grant": grant or GrantForm(),
        "people": User.objects.filter(is_active=True).order_by("name")[:MOST_OFFERED],
        "q": query,
        "shows_all": shows_all,
        "reason_length": WithdrawForm.base_fields["reason"].max_length,
    }
    return render(request, "equipment/certificates.html", context, status=status)


def _found(query: str, today: date, shows_all: bool) -> QuerySet[Certificate]:
    found = Certificate.objects.all() if shows_all else Certificate.objects.valid_on(today)
    found = mentioning(found, query, ("user__name", "user__email", "kind__name", "kind__name_en"))
    return found.order_by("-valid_until", "pk") if shows_all else found.order_by("valid_until", "pk")
