"""The Celery application: `celery -A bic worker` and `celery -A bic beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bic.settings")

app = Celery("bic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
