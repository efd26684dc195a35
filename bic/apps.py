from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SiteConfig(AppConfig):
    name = "bic"
    verbose_name = "BIC Atrium"

    def ready(self) -> None:
        # Some listen to Celery, in web processes for what is sent along and in workers for the rest; `dangerous` to
        # people who sign in.
        from bic import checks, database, starting  # noqa: F401
        from bic.middleware import dangerous  # noqa: F401
        from bic.monitoring import mail_server, request_id  # noqa: F401

        post_migrate.connect(database.set_timeouts, sender=self)
