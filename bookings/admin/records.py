"""What was booked, to read: bookings, reservations, and rules that were set aside. Nothing is changed here; booking,
moving and cancelling go by the rules, on the pages of the booking system."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from bookings.history import history_of
from bookings.models import Booking, Override, Reservation
from bookings.rules.book import BOOKING_RULES, RESERVATION_RULES
from core.formatting import moment_in_words, period_in_words
from organisations.admin import FacilityManagersOnly, SearchedByWords, ShowsHistory
from organisations.history import Entry


class ReadOnly(FacilityManagersOnly):
    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


def link_to_booking(reference: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse("booking", args=[reference]), reference)


class ReservationsInline(ReadOnly, TabularInline):
    model = Reservation
    fields = ["equipment", "when", "state", "economic", "operator"]
    readonly_fields = fields
    ordering = ["period"]
    extra = 0
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("equipment", "operator__user")

    @admin.display(description=_("when"))
    def when(self, reservation: Reservation) -> str:
        return period_in_words(reservation.start, reservation.end)


@admin.register(Booking)
class BookingAdmin(ShowsHistory, ReadOnly, SearchedByWords, ModelAdmin):
    list_display = ["reference", "title", "organisation", "booker", "purpose", "created_at"]
    list_filter = ["organisation", "purpose", "created_at"]
    search_fields = ["reference", "title", "organisation__name", "booker__name", "booker__email"]
    list_select_related = ["organisation", "booker", "purpose"]
    ordering = ["-created_at"]
    fields = ["page", "organisation", "booker", "supervisor", "purpose", "title", "people", "created_at", "history"]
    readonly_fields = fields
    inlines = [ReservationsInline]

    @admin.display(description=_("page of the booking"))
    def page(self, booking: Booking) -> str:
        return link_to_booking(booking.reference)

    def history_of(self, booking: Booking) -> list[Entry]:
        return history_of(booking, list(booking.reservations.all()))


@admin.register(Reservation)
class ReservationAdmin(ShowsHistory, ReadOnly, SearchedByWords, ModelAdmin):
    list_display = ["machine", "when", "state", "organisation", "booker", "booking_page"]
    list_filter = ["state", "equipment__fieldlab", "equipment__type", "economic", "organisation_class"]
    search_fields = ["booking__reference", "booking__title", "equipment__code", "booking__organisation__name"]
    list_select_related = ["equipment", "booking__organisation", "booking__booker"]
    ordering = ["-period"]
    readonly_fields = [
        "machine",
        "when",
        "occupied_when",
        "state",
        "booking_page",
        "organisation",
        "booker",
        "economic",
        "organisation_class",
        "operator",
        "decision",
        "cancelled_at",
        "cancelled_late",
        "set_aside",
        "history",
    ]
    fields = readonly_fields

    @admin.display(description=_("machine"), ordering="equipment__code")
    def machine(self, reservation: Reservation) -> str:
        return str(reservation.equipment)

    @admin.display(description=_("when"), ordering="period")
    def when(self, reservation: Reservation) -> str:
        return period_in_words(reservation.start, reservation.end)

    @admin.display(description=_("with preparation and clean-up"))
    def occupied_when(self, reservation: Reservation) -> str:
        return period_in_words(reservation.occupied.lower, reservation.occupied.upper)

    @admin.display(description=_("organisation"), ordering="booking__organisation__name")
    def organisation(self, reservation: Reservation) -> str:
        return str(reservation.booking.organisation)

    @admin.display(description=_("booked by"), ordering="booking__booker__name")
    def booker(self, reservation: Reservation) -> str:
        return str(reservation.booking.booker)

    @admin.display(description=_("booking"), ordering="booking__reference")
    def booking_page(self, reservation: Reservation) -> str:
        return link_to_booking(reservation.booking.reference)

    @admin.display(description=_("decision"))
    def decision(self, reservation: Reservation) -> str:
        if reservation.decided_at is None:
            return "–"
        said = [str(reservation.decided_by), moment_in_words(reservation.decided_at), reservation.decision_reason]
        return ", ".join(part for part in said if part)

    @admin.display(description=_("exceptions to rules"))
    def set_aside(self, reservation: Reservation) -> str:
        overrides = reservation.overrides.select_related("by")
        lines = ((rule_in_words(o.code), o.by, moment_in_words(o.at), o.reason) for o in overrides)
        return format_html_join("", "<div>{} {}, {}: {}</div>", lines) or "–"

    def history_of(self, reservation: Reservation) -> list[Entry]:
        return history_of(reservation.booking, [reservation])


def rule_in_words(code: str) -> str:
    said = {rule.code: rule.statement for rule in (*BOOKING_RULES, *RESERVATION_RULES)}
    return str(said.get(code, code))


@admin.register(Override)
class OverrideAdmin(ReadOnly, SearchedByWords, ModelAdmin):
    list_display = ["rule", "reservation", "by", "reason", "at"]
    list_filter = ["code", "at"]
    search_fields = ["reason", "by__name", "reservation__booking__reference", "reservation__equipment__code"]
    list_select_related = ["reservation__equipment", "by"]
    ordering = ["-at"]
    fields = ["rule", "reservation", "by", "reason", "at"]
    readonly_fields = fields

    @admin.display(description=_("rule"), ordering="code")
    def rule(self, override: Override) -> str:
        return rule_in_words(override.code)
