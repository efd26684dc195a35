from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class EquipmentConfig(AppConfig):
    name = "equipment"
    verbose_name = _("Machines")

    def ready(self) -> None:
        # The library calls its part of the set-up pages "Schedules", and leaves that untranslated.
        apps.get_app_config("schedule").verbose_name = _("Opening hours and closures")
        from equipment.availability.listening import listen
        from equipment.certificates import notifications as notifications

        listen()
