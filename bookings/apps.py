from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        from bookings.notifications.accounts import notify_person
        from bookings.notifications.announcing import announce_password_request
        from bookings.services import recheck
        from equipment import availability
        from equipment.certificates import watching as certificates
        from organisations import telling

        availability.watch(recheck.calendars_changed)
        availability.watch_preview(recheck.preview)
        certificates.watch(recheck.certificate_changed)
        telling.register(notify_person, announce_password_request)
