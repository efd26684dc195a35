"""When people who chose nothing themselves are reminded, by type of machine."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from bookings.models import TypeReminders
from bookings.services import choose_for_type
from core.formatting import duration_in_words
from notifications.forms import ReminderTimesForm
from organisations.admin import FacilityManagersOnly, SearchedByWords


class TypeRemindersForm(ReminderTimesForm):
    class Meta:
        model = TypeReminders
        fields = ["equipment_type", "leads", "day_before_at"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["day_before_at"].widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "17:00"})


@admin.register(TypeReminders)
class TypeRemindersAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    form = TypeRemindersForm
    list_display = ["equipment_type", "before_the_start", "day_before_at"]
    list_select_related = ["equipment_type"]
    search_fields = ["equipment_type__name"]
    autocomplete_fields = ["equipment_type"]

    @admin.display(description=_("before the start"))
    def before_the_start(self, reminders: TypeReminders) -> str:
        return ", ".join(duration_in_words(lead) for lead in sorted(reminders.leads)) or "–"

    def save_model(self, request, obj, form, change) -> None:
        choose_for_type(equipment_type=obj.equipment_type, keep=obj.save, now=timezone.now())

    def delete_model(self, request, obj) -> None:
        choose_for_type(equipment_type=obj.equipment_type, keep=obj.delete, now=timezone.now())

    def delete_queryset(self, request, queryset) -> None:
        for obj in queryset:
            self.delete_model(request, obj)
