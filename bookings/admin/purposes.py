"""Purposes, and what they count as from when on."""

from django import forms
from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from bookings.models import Purpose, PurposeRuling
from core.clock import today
from organisations.admin import FacilityManagersOnly, SearchedByWords
from organisations.models import OrganisationClass


class PurposeForm(forms.ModelForm):
    organisation_classes = forms.MultipleChoiceField(
        label=capfirst(_("for types of organisation")),
        choices=OrganisationClass.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Empty: for every organisation."),
    )

    class Meta:
        model = Purpose
        fields = ["code"]  # the page names them all

    def clean(self):
        given = super().clean()
        since, until = given.get("offered_from"), given.get("offered_until")
        if since and until and until <= since:
            self.add_error("offered_until", _("It must be offered for at least a day."))
        return given


class RulingForm(forms.ModelForm):
    class Meta:
        model = PurposeRuling
        fields = ["valid_from", "economic", "source"]

    def clean_valid_from(self):
        first = self.cleaned_data["valid_from"]
        if first < today():
            raise forms.ValidationError(_("A ruling begins today or later. What was counted before stays."))
        others = PurposeRuling.objects.filter(purpose=self.instance.purpose_id, valid_from=first)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a ruling from that day on."))
        return first


class RulingsInline(FacilityManagersOnly, TabularInline):
    model = PurposeRuling
    fields = ["valid_from", "economic", "source"]
    ordering = ["-valid_from"]
    extra = 0
    hide_title = True


class RulingsInForceInline(RulingsInline):
    """What has begun, and what it replaced, stays as it was."""

    verbose_name_plural = _("How it counts until now")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(valid_from__lte=today())

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class RulingsToComeInline(RulingsInline):
    form = RulingForm
    verbose_name_plural = _("How it counts from a day on")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(valid_from__gt=today())


@admin.register(Purpose)
class PurposeAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    form = PurposeForm
    list_display = ["name", "code", "counts_today", "classes", "offered_from", "offered_until", "position"]
    search_fields = ["name", "name_en", "code"]
    inlines = [RulingsInForceInline, RulingsToComeInline]
    fields = [
        "name",
        "name_en",
        "code",
        "description",
        "description_en",
        "organisation_classes",
        "offered_from",
        "offered_until",
        "position",
    ]

    def get_readonly_fields(self, request, obj=None):
        """Programs know a purpose by its code."""
        return ["code"] if obj else []

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("rulings")

    def has_delete_permission(self, request, obj=None) -> bool:
        """It is no longer offered, from a date on: what was booked for it goes on naming it."""
        return False

    @admin.display(description=_("counts today as"))
    def counts_today(self, purpose: Purpose):
        return purpose.counts_as(on=today()).label

    @admin.display(description=_("for types of organisation"))
    def classes(self, purpose: Purpose) -> str:
        return ", ".join(str(OrganisationClass(c).label) for c in purpose.organisation_classes) or str(_("everybody"))
