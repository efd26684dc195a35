import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bic.settings")

_site = get_wsgi_application()

from bic import starting  # noqa: E402 - it reads settings
from bic.middleware.readable import with_a_known_charset  # noqa: E402 - as above

starting.refuse_on_errors()
starting.warn_of_timeouts()


def application(environ, start_response):
    return _site(with_a_known_charset(environ), start_response)
