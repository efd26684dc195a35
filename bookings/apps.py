from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        from bookings import review
        from equipment.availability import watch, watch_preview

        watch(review.review_reservations)
        watch_preview(review.preview)
