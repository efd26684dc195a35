"""Hours that the people of an organisation share."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from bookings.models import Quota
from organisations.admin import FacilityManagersOnly, SearchedByWords


class QuotaForm(forms.ModelForm):
    class Meta:
        model = Quota
        fields = ["organisation"]  # the page names them all

    def clean(self):
        """One figure for the same hours: a second quota on the same would only hide the larger of the two."""
        given = super().clean()
        asked = {name: given.get(name) for name in ("organisation", "fieldlab", "equipment_type", "span")}
        if asked["organisation"] and Quota.objects.filter(**asked).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("This organisation has a quota on the same already; change that one."))
        return given


@admin.register(Quota)
class QuotaAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    form = QuotaForm
    list_display = ["organisation", "on_what", "hours", "span", "peak_weight", "off_peak_weight"]
    list_filter = ["span", "fieldlab", "equipment_type"]
    search_fields = ["organisation__name", "fieldlab__name", "equipment_type__name"]
    list_select_related = ["organisation", "fieldlab", "equipment_type"]
    ordering = ["organisation__name", "pk"]
    autocomplete_fields = ["organisation", "fieldlab", "equipment_type"]
    fieldsets = [
        (None, {"fields": ["organisation", "hours", "span"]}),
        (
            _("On what"),
            {
                "fields": ["fieldlab", "equipment_type"],
                "description": _("Choose a fieldlab or a type, or neither for everything."),
            },
        ),
        (
            _("Peak and off-peak"),
            {
                "fields": ["peak_weight", "off_peak_weight", "peak_from", "peak_until"],
                "description": _("Peak is Monday to Friday. With a weight of 2 an hour costs two hours of the quota."),
            },
        ),
    ]

    @admin.display(description=_("on"))
    def on_what(self, quota: Quota) -> str:
        return str(quota.scope)
