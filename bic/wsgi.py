import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bic.settings")

application = get_wsgi_application()

from bic import starting  # noqa: E402 - it reads settings

starting.refuse_on_errors()
starting.warn_of_timeouts()
