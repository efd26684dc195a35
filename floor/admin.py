"""Reservations that no longer keep a rule, until somebody settles them."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from bookings.models import Issue
from bookings.rules.book import issue_in_words, issues_in_words
from core.formatting import period_in_words
from floor import services
from organisations.admin import FacilityManagersOnly, SearchedByWords


class OpenFilter(admin.SimpleListFilter):
    """Open ones, unless asked otherwise."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("closed", _("handled")), ("all", _("all"))]

    def choices(self, changelist):
        for value, title in [(None, _("open")), *self.lookup_choices]:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {"state": value} if value else {}, [] if value else ["state"]
                ),
                "display": title,
            }

    def queryset(self, request, issues):
        if self.value() == "all":
            return issues
        return issues.filter(closed_at__isnull=self.value() != "closed")


class MatterFilter(admin.SimpleListFilter):
    title = _("what needs attention")
    parameter_name = "code"

    def lookups(self, request, model_admin):
        return list(issues_in_words().items())

    def queryset(self, request, issues):
        return issues.filter(code=self.value()) if self.value() else issues


@admin.register(Issue)
class IssueAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    list_display = ["matter", "machine", "when", "booking", "organisation", "opened_at", "closed_at", "dismissed_by"]
    list_filter = [OpenFilter, MatterFilter, "reservation__equipment__fieldlab"]
    search_fields = ["reservation__booking__reference", "reservation__equipment__code"]
    list_select_related = ["reservation__equipment", "reservation__booking__organisation", "dismissed_by"]
    ordering = ["reservation__period"]
    fields = ["matter", "machine", "when", "booking", "organisation", "opened_at", "closed_at", "dismissed_by"]
    readonly_fields = fields
    actions = ["dismiss"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        """Of the list, for the action; one issue's page is for reading."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.action(description=_("Handled: the reservations stay"), permissions=["change"])
    def dismiss(self, request, issues):
        chosen = list(issues.values_list("pk", flat=True))
        count = services.dismiss(issue_ids=chosen, actor=request.user, now=timezone.now())
        told = ngettext("%(count)s issue handled.", "%(count)s issues handled.", count) % {"count": count}
        self.message_user(request, told, messages.SUCCESS)

    @admin.display(description=_("what needs attention"), ordering="code")
    def matter(self, issue: Issue) -> str:
        return issue_in_words(issue.code)

    @admin.display(description=_("machine"), ordering="reservation__equipment__code")
    def machine(self, issue: Issue) -> str:
        return issue.reservation.equipment.code

    @admin.display(description=_("when"), ordering="reservation__period")
    def when(self, issue: Issue) -> str:
        return period_in_words(issue.reservation.start, issue.reservation.end)

    @admin.display(description=_("booking"))
    def booking(self, issue: Issue) -> str:
        reference = issue.reservation.booking.reference
        return format_html('<a href="{}">{}</a>', reverse("booking", args=[reference]), reference)

    @admin.display(description=_("organisation"), ordering="reservation__booking__organisation__name")
    def organisation(self, issue: Issue) -> str:
        return str(issue.reservation.booking.organisation)
