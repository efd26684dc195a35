"""What is said of certificates."""

from datetime import datetime

from django.utils.translation import gettext as _

from bookings.models import Notification
from bookings.notifications.letter import Letter, address_of
from core.clock import wall
from core.formatting import day_in_words
from equipment.models import Certificate


def certificate_withdrawn(notification: Notification, now: datetime) -> Letter | None:
    certificate = (
        Certificate.objects.filter(pk=notification.payload["certificate"], withdrawn_at__isnull=False)
        .select_related("kind")
        .first()
    )
    if certificate is None or _holds_another(certificate, now):
        return None
    said = {"kind": str(certificate.kind)}
    return Letter(
        subject=_("Your certificate was withdrawn: %(kind)s") % said,
        opening=_("From now on you cannot use machines that need the certificate “%(kind)s”.") % said,
        address=address_of("account"),
        action=_("See your certificates"),
        more=(
            _("Reason: %(reason)s") % {"reason": certificate.withdrawal_reason},
            _(
                "What you have booked still stands. A facility manager looks into it. Ask a technician for a "
                "new instruction."
            ),
        ),
    )


def _holds_another(certificate: Certificate, now: datetime) -> bool:
    """Of the same kind, as where an old one is withdrawn since there is a new one."""
    today = wall(now).date()
    return Certificate.objects.valid_on(today).filter(user=certificate.user_id, kind=certificate.kind).exists()


def certificate_expiring(notification: Notification, now: datetime) -> Letter | None:
    certificates = Certificate.objects.filter(withdrawn_at=None, user=notification.recipient_id).select_related("kind")
    ending = certificates.filter(pk=notification.payload["certificate"]).first()
    if ending is None or certificates.filter(kind=ending.kind, valid_until__gt=ending.valid_until).exists():
        return None
    said = {"kind": str(ending.kind), "day": day_in_words(ending.last_valid_day)}
    return Letter(
        subject=_("Your certificate is valid through %(day)s: %(kind)s") % said,
        opening=_("After %(day)s you can no longer use machines that need the certificate “%(kind)s”.") % said,
        address=address_of("account"),
        action=_("See your certificates"),
        more=(_("Ask a technician to renew it. It then also counts for your later reservations."),),
    )
