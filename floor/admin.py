"""Reservations that no longer keep a rule, until somebody settles them."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from bookings.models import Concern
from bookings.rules.book import issue_in_words, issues_in_words
from core.formatting import period_in_words
from floor import services
from organisations.admin import FacilityManagersOnly, SearchedByWords


class OpenFilter(admin.SimpleListFilter):
    """Open ones, unless asked otherwise."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("settled", _("settled")), ("all", _("all"))]

    def choices(self, changelist):
        for value, title in [(None, _("open")), *self.lookup_choices]:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {"state": value} if value else {}, [] if value else ["state"]
                ),
                "display": title,
            }

    def queryset(self, request, concerns):
        if self.value() == "all":
            return concerns
        return concerns.filter(settled_at__isnull=self.value() != "settled")


class MatterFilter(admin.SimpleListFilter):
    title = _("what is the matter")
    parameter_name = "code"

    def lookups(self, request, model_admin):
        return list(issues_in_words().items())

    def queryset(self, request, concerns):
        return concerns.filter(code=self.value()) if self.value() else concerns


@admin.register(Concern)
class ConcernAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    list_display = ["matter", "machine", "when", "booking", "organisation", "raised_at", "settled_at", "settled_by"]
    list_filter = [OpenFilter, MatterFilter, "reservation__equipment__fieldlab"]
    search_fields = ["reservation__booking__reference", "reservation__equipment__code"]
    list_select_related = ["reservation__equipment", "reservation__booking__organisation", "settled_by"]
    ordering = ["reservation__period"]
    fields = ["matter", "machine", "when", "booking", "organisation", "raised_at", "settled_at", "settled_by"]
    readonly_fields = fields
    actions = ["settle"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        """Of the list, for the action; one concern's page is for reading."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.action(description=_("Settled: the reservations stay as they are"), permissions=["change"])
    def settle(self, request, concerns):
        chosen = list(concerns.values_list("pk", flat=True))
        count = services.settle(concern_ids=chosen, actor=request.user, now=timezone.now())
        told = ngettext("%(count)s concern settled.", "%(count)s concerns settled.", count) % {"count": count}
        self.message_user(request, told, messages.SUCCESS)

    @admin.display(description=_("what is the matter"), ordering="code")
    def matter(self, concern: Concern) -> str:
        return issue_in_words(concern.code)

    @admin.display(description=_("equipment"), ordering="reservation__equipment__code")
    def machine(self, concern: Concern) -> str:
        return concern.reservation.equipment.code

    @admin.display(description=_("when"), ordering="reservation__period")
    def when(self, concern: Concern) -> str:
        return period_in_words(concern.reservation.start, concern.reservation.end)

    @admin.display(description=_("booking"))
    def booking(self, concern: Concern) -> str:
        reference = concern.reservation.booking.reference
        return format_html('<a href="{}">{}</a>', reverse("booking", args=[reference]), reference)

    @admin.display(description=_("organisation"), ordering="reservation__booking__organisation__name")
    def organisation(self, concern: Concern) -> str:
        return str(concern.reservation.booking.organisation)
