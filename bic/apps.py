from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "bic"
    verbose_name = "BIC Atrium"
