from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        from bookings.notifications import digest_types as digest_types
        from bookings.notifications import types as types
        from bookings.services import recheck
        from bookings.services.preferences import plan_anew_for_person
        from equipment import availability
        from equipment.certificates import watching as certificates
        from notifications import preferences

        availability.watch(recheck.calendars_changed)
        availability.watch_preview(recheck.preview)
        certificates.watch(recheck.certificate_changed)
        preferences.watch(plan_anew_for_person)
