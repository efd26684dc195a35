"""Celery as it always is, but for time: what takes minutes takes seconds. `python -m bench.chaos.clockwork worker`."""

import os
import sys

# Pauses, leases and the sweep, all by the same factor, so that they stand to one another as they do in earnest.
FASTER = 20


def hurry() -> None:
    from django.conf import settings

    from notifications import outbox

    outbox.PAUSES = tuple(pause / FASTER for pause in outbox.PAUSES)  # type: ignore[assignment]
    outbox.LEASE /= FASTER
    outbox.UNSERVED_PAUSE /= FASTER
    outbox.SWEEP_LASTS /= FASTER
    sweep = settings.CELERY_BEAT_SCHEDULE["sweep-notifications"]
    sweep["schedule"] /= FASTER
    sweep["options"]["expires"] /= FASTER
    settings.CELERY_BEAT_SCHEDULE = {"sweep-notifications": sweep}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bic.settings")
    import django

    django.setup()
    hurry()
    from bic.celery import app

    app.start(sys.argv[1:])


if __name__ == "__main__":
    main()
