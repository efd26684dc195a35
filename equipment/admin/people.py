"""Kinds of certificates, and operators. Certificates themselves are granted under bookings, where it is known which
reservations they matter to."""

from django.contrib import admin
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.clock import wall
from equipment.availability.hours import edited_calendars
from equipment.models import CertificateKind, EquipmentType, Operator
from organisations.admin import FacilityManagersOnly, SearchedByWords


class TypesTicked:
    """Types are ticked in a list, by name."""

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.related_model is EquipmentType:
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(CertificateKind)
class CertificateKindAdmin(TypesTicked, FacilityManagersOnly, SearchedByWords, ModelAdmin):
    list_display = ["name", "valid_months", "needed_for", "holders"]
    search_fields = ["name", "name_en", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "name_en", "slug", "valid_months", "required_for"]

    def get_queryset(self, request):
        today = wall(timezone.now()).date()
        valid = Q(
            certificates__withdrawn_at=None, certificates__granted_on__lte=today, certificates__valid_until__gt=today
        )
        holders = Count("certificates__user", filter=valid, distinct=True)
        return super().get_queryset(request).prefetch_related("required_for").annotate(holders=holders)

    @admin.display(description=_("needed for"))
    def needed_for(self, kind: CertificateKind) -> str:
        return ", ".join(str(type) for type in kind.required_for.all()) or "–"

    @admin.display(description=_("holders"))
    def holders(self, kind: CertificateKind) -> int:
        return kind.holders


@admin.register(Operator)
class OperatorAdmin(TypesTicked, FacilityManagersOnly, SearchedByWords, ModelAdmin):
    """Who leaves is made inactive: reservations go on naming who ran them."""

    list_display = ["user", "runs", "hours", "active"]
    list_filter = ["active", "types"]
    search_fields = ["user__name", "user__email"]
    list_select_related = ["user", "hours"]
    ordering = ["user__name"]
    fields = ["user", "types", "hours", "active"]

    def get_autocomplete_fields(self, request):
        return ["user"]

    def get_readonly_fields(self, request, obj=None):
        return ["user"] if obj else []

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("types")

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "hours":
            kwargs["queryset"] = edited_calendars()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("runs"))
    def runs(self, operator: Operator) -> str:
        return ", ".join(str(type) for type in operator.types.all()) or "–"
