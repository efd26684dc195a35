from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "bic"
    verbose_name = "BIC Atrium"

    def ready(self) -> None:
        # They listen to Celery, in web processes for what is sent along and in workers for the rest; the first to
        # people who sign in.
        from bic import dangerous, mail_server, request_id, watching  # noqa: F401
