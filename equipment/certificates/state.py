"""How a certificate stands on a day."""

from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from equipment.models import Certificate

ENDS_SOON = timedelta(days=30)


class CertificateState(models.TextChoices):
    VALID = "valid", _("valid")
    ENDS_SOON = "ends_soon", _("ends within 30 days")
    ENDED = "ended", _("ended")
    WITHDRAWN = "withdrawn", _("withdrawn")


def state_of(certificate: Certificate, *, today: date) -> CertificateState:
    """On the local date `today`; the day of `valid_until` is the first on which it is no longer valid."""
    if certificate.withdrawn_at is not None:
        return CertificateState.WITHDRAWN
    if certificate.valid_until <= today:
        return CertificateState.ENDED
    soon = certificate.valid_until <= today + ENDS_SOON
    return CertificateState.ENDS_SOON if soon else CertificateState.VALID
