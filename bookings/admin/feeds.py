"""The set-up page of calendar addresses: who has which, when it was read last, and revoking it."""

from django.contrib import admin

from bookings.models import CalendarFeed
from organisations.admin import SecretKeyAdmin


@admin.register(CalendarFeed)
class CalendarFeedAdmin(SecretKeyAdmin):
    list_display = ["owner", "__str__", "created_at", "last_read_on", "last_day", "revoked_at"]
    search_fields = ["owner__name", "owner__email"]
    list_select_related = ["owner", "organisation", "equipment"]
