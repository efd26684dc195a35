"""Fieldlabs, equipment types with their policy, and machines."""

from django.contrib import admin
from django.db import models
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from core.durations import DurationField, duration_shown
from equipment.admin.confirming import SaysWhatItHits
from equipment.admin.forms import EquipmentForm, EquipmentTypeForm
from equipment.admin.weeks import drawn_weeks, window_of
from equipment.availability import equipment_changed, open_time
from equipment.models import Equipment, EquipmentType, Fieldlab
from equipment.policy import POLICY_FIELDS
from organisations.admin import FacilityManagersOnly, SearchedByWords

DURATIONS = _("Durations as you would say them: 90 min, 1 h 30, 2 days. A day is 24 hours.")
IN_WORDS: dict = {models.DurationField: {"form_class": DurationField}}


@admin.register(Fieldlab)
class FieldlabAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    list_display = ["name", "place", "position"]
    search_fields = ["name", "name_en", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(EquipmentType)
class EquipmentTypeAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    form = EquipmentTypeForm
    formfield_overrides = IN_WORDS
    list_display = ["name", "process", "grid_minutes", "shortest_said", "longest_said", "unattended"]
    list_filter = ["process", "unattended", "approval", "operator_needed"]
    search_fields = ["name", "name_en", "slug", "description", "materials"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "name_en", "slug", "process", "description", "description_en", "photo"]}),
        (
            _("What it can do"),
            {"fields": ["width_mm", "depth_mm", "height_mm", "reach_mm", "payload_kg", "seats", "materials"]},
        ),
        (_("Booking rules"), {"fields": [*POLICY_FIELDS, "required_certificates"], "description": DURATIONS}),
        (_("Finishing"), {"fields": ["finished_on", "finishing_time"], "description": DURATIONS}),
    ]

    @admin.display(description=_("shortest"), ordering="shortest")
    def shortest_said(self, kind: EquipmentType) -> str:
        return duration_shown(kind.shortest)

    @admin.display(description=_("longest"), ordering="longest")
    def longest_said(self, kind: EquipmentType) -> str:
        return duration_shown(kind.longest) if kind.longest else _("no limit")


@admin.register(Equipment)
class EquipmentAdmin(SaysWhatItHits, FacilityManagersOnly, SearchedByWords, ModelAdmin):
    form = EquipmentForm
    formfield_overrides = IN_WORDS
    list_display = ["code", "name", "type", "fieldlab", "state", "opening_hours"]
    list_filter = ["fieldlab", "type", "state", "opening_hours"]
    search_fields = ["code", "name", "type__name", "type__name_en", "place"]
    list_select_related = ["type", "fieldlab", "opening_hours"]
    actions_detail = ["report_outage"]
    fieldsets = [
        (None, {"fields": ["code", "name", "type", "fieldlab", "place", "contact", "state", "photo"]}),
        (_("When"), {"fields": ["opening_hours", "closures"]}),
        (
            _("Where it differs from its type"),
            {
                "classes": ["collapse"],
                "fields": list(POLICY_FIELDS),
                "description": format_lazy("{} {}", _("Empty: as the type says."), DURATIONS),
            },
        ),
    ]

    readonly_fields = ["weeks"]

    def get_fieldsets(self, request, obj=None):
        """What its hours come to shows once it has some."""
        if obj is None:
            return self.fieldsets
        who, _hours, *rest = self.fieldsets
        return [who, (_("When"), {"fields": ["opening_hours", "closures", "weeks"]}), *rest]

    @admin.display(description=_("the coming four weeks"))
    def weeks(self, machine: Equipment) -> str:
        """Opening hours without closures, and outages."""
        monday, start, end = window_of(timezone.now())
        [time] = open_time([(machine.pk, start, end)])
        return drawn_weeks(monday, open=time.open, out=time.out)

    def has_delete_permission(self, request, obj=None) -> bool:
        """A machine is retired, not deleted: reservations and reports go on naming it."""
        return False

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if {"opening_hours", "closures"} & set(form.changed_data):
            equipment_changed([form.instance.pk], now=timezone.now())

    @action(description=_("Report an outage"), url_path="outage", permissions=["change"])
    def report_outage(self, request, object_id):
        return HttpResponseRedirect(reverse("admin:schedule_event_add") + f"?equipment={int(object_id)}&repeats=once")
