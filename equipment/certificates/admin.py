"""Certificates: granted and withdrawn through the services, which see to the reservations they matter to."""

from django import forms
from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from core.clock import today
from core.formatting import day_in_words
from equipment.certificates import services
from equipment.certificates.state import ENDS_SOON, CertificateState, state_of
from equipment.models import Certificate, first_invalid_day
from organisations.admin import SearchedByWords, ShowsHistory
from organisations.history import Entry, events_of, read
from organisations.models import User


class GrantForm(forms.ModelForm):
    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("name"),
        label=capfirst(_("person")),
        widget=UnfoldAdminSelect2Widget,
    )
    last_valid_day = forms.DateField(
        label=_("Last valid day"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Last valid day. Leave empty for the standard period."),
    )

    class Meta:
        model = Certificate
        fields = ["user", "kind"]

    def clean_last_valid_day(self):
        last = self.cleaned_data["last_valid_day"]
        if last and last < today():
            raise forms.ValidationError(_("A certificate must be valid for at least a day."))
        return last


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is the certificate withdrawn?"),
        max_length=Certificate._meta.get_field("withdrawal_reason").max_length,
        help_text=_("The holder will see this reason."),
        widget=UnfoldAdminTextInputWidget,
    )


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return CertificateState.choices

    def queryset(self, request, certificates):
        on = today()
        match self.value():
            case CertificateState.VALID:
                return certificates.valid_on(on).filter(valid_until__gt=on + ENDS_SOON)
            case CertificateState.ENDS_SOON:
                return certificates.valid_on(on).filter(valid_until__lte=on + ENDS_SOON)
            case CertificateState.ENDED:
                return certificates.filter(withdrawn_at=None, valid_until__lte=on)
            case CertificateState.WITHDRAWN:
                return certificates.exclude(withdrawn_at=None)


@admin.register(Certificate)
class CertificateAdmin(ShowsHistory, SearchedByWords, ModelAdmin):
    """Technicians and facility managers. Nothing is edited: what is wrong is withdrawn, and granted anew."""

    form = GrantForm
    list_display = ["user", "kind", "granted_on", "last_day", "state", "granted_by"]
    list_filter = [StateFilter, "kind"]
    search_fields = ["user__name", "user__email", "kind__name", "kind__name_en"]
    list_select_related = ["user", "kind", "granted_by"]
    ordering = ["user__name", "kind__name", "-valid_until"]
    readonly_fields = ["last_day", "history"]
    actions_detail = ["withdraw"]

    def has_module_permission(self, request) -> bool:
        return request.user.is_active and request.user.is_technician

    def has_view_permission(self, request, obj=None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def has_withdraw_permission(self, request, object_id=None) -> bool:
        """Asked by the button; what is withdrawn has none."""
        given = Certificate.objects.filter(pk=object_id, withdrawn_at=None) if object_id else None
        return self.has_module_permission(request) and (given is None or given.exists())

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["user", "kind", "last_valid_day"]
        told = ["user", "kind", "granted_on", "granted_by", "last_day"]
        withdrawn = ["withdrawn_at", "withdrawn_by", "withdrawal_reason"] if obj.withdrawn_at else []
        return [*told, *withdrawn, "history"]

    def history_of(self, certificate: Certificate) -> list[Entry]:
        events = events_of(Certificate, pgh_obj=certificate)
        return read(events, about=lambda event, names: str(certificate.kind), named={})

    def save_model(self, request, obj, form, change):
        last = form.cleaned_data["last_valid_day"]
        until = first_invalid_day(last) if last else None
        granted = services.grant(user=obj.user, kind=obj.kind, by=request.user, now=timezone.now(), valid_until=until)
        obj.pk, obj.valid_until, obj.granted_on = granted.pk, granted.valid_until, granted.granted_on

    @action(description=_("Withdraw"), url_path="withdraw", permissions=["withdraw"])
    def withdraw(self, request, object_id):
        certificate = Certificate.objects.select_related("user", "kind").filter(pk=object_id).first()
        if certificate is None:
            raise Http404
        form = WithdrawForm(request.POST or None)
        page = reverse("admin:equipment_certificate_change", args=[certificate.pk])
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            services.withdraw(certificate=certificate, by=request.user, now=timezone.now(), reason=reason)
            self.log_change(request, certificate, [{"changed": {"fields": [str(_("withdrawn"))]}}])
            self.message_user(
                request, _("Withdrawn. Reservations that now lack this certificate are marked."), messages.SUCCESS
            )
            return redirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Withdraw a certificate"),
            "certificate": certificate,
            "form": form,
            "back": page,
        }
        return TemplateResponse(request, "admin/equipment/withdraw_certificate.html", context)

    @admin.display(description=_("last valid day"), ordering="valid_until")
    def last_day(self, certificate: Certificate) -> str:
        return day_in_words(certificate.last_valid_day)

    @admin.display(description=_("state"))
    def state(self, certificate: Certificate):
        return state_of(certificate, today=today()).label
