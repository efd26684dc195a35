from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationsConfig(AppConfig):
    name = "organisations"
    verbose_name = _("Organisations and people")

    def ready(self) -> None:
        # They listen to people signing in.
        from organisations import second_factor, sign_in_limits, sign_in_log  # noqa: F401
