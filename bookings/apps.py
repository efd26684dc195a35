from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        from bookings import review
        from bookings.notices.accounts import tell_person
        from bookings.notices.announcing import announce_password_request
        from equipment.availability import watch, watch_preview
        from organisations import telling

        watch(review.review_reservations)
        watch_preview(review.preview)
        telling.register(tell_person, announce_password_request)
