"""Fieldlabs, equipment types with their policy, and machines."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from equipment.admin.confirming import SaysWhatItHits
from equipment.admin.forms import EquipmentForm, EquipmentTypeForm
from equipment.availability import equipment_changed
from equipment.models import Equipment, EquipmentType, Fieldlab
from equipment.policy import POLICY_FIELDS
from organisations.admin import FacilityManagersOnly

DURATIONS = _("Durations as hours:minutes:seconds, or days first: 1 12:00:00 is a day and a half.")


@admin.register(Fieldlab)
class FieldlabAdmin(FacilityManagersOnly, ModelAdmin):
    list_display = ["name", "place", "position"]
    search_fields = ["name", "name_en", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(EquipmentType)
class EquipmentTypeAdmin(FacilityManagersOnly, ModelAdmin):
    form = EquipmentTypeForm
    list_display = ["name", "process", "grid_minutes", "shortest", "longest", "unattended"]
    list_filter = ["process", "unattended", "approval", "operator_needed"]
    search_fields = ["name", "name_en", "slug", "description", "materials"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "name_en", "slug", "process", "description", "description_en", "photo"]}),
        (
            _("What it can do"),
            {"fields": ["width_mm", "depth_mm", "height_mm", "reach_mm", "payload_kg", "seats", "materials"]},
        ),
        (_("Policy"), {"fields": [*POLICY_FIELDS, "required_certificates"], "description": DURATIONS}),
        (_("Finishing"), {"fields": ["finished_on", "finishing_time"], "description": DURATIONS}),
    ]


@admin.register(Equipment)
class EquipmentAdmin(SaysWhatItHits, FacilityManagersOnly, ModelAdmin):
    form = EquipmentForm
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
