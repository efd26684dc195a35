from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from notifications.accounts import types as types
        from notifications.accounts.writing import notify_person
        from notifications.announcing import announce_password_request
        from organisations import telling

        telling.register(notify_person, announce_password_request)
