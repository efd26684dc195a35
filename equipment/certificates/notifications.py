"""What is told of certificates: that one was withdrawn, and that one ends soon."""

from datetime import datetime, time

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import instant, wall
from core.formatting import day_in_words
from equipment.certificates.models import Certificate
from equipment.certificates.state import ENDS_SOON
from notifications.letter import Letter, address_of
from notifications.models import Notification
from notifications.types import NotificationType, Section, register
from notifications.writing import write_notifications


@register
class CertificateExpiring(NotificationType):
    code, label = "certificate_expiring", gettext_lazy("certificate expires")
    section = Section.CERTIFICATES

    def compose(self, notification: Notification, *, now: datetime) -> Letter | None:
        certificates = Certificate.objects.filter(withdrawn_at=None, user=notification.recipient_id).select_related(
            "kind"
        )
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


@register
class CertificateWithdrawn(NotificationType):
    code, label = "certificate_withdrawn", gettext_lazy("certificate withdrawn")
    section = Section.CERTIFICATES

    def compose(self, notification: Notification, *, now: datetime) -> Letter | None:
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


def notify_of_withdrawn_certificate(certificate: Certificate, *, now: datetime) -> None:
    """To its holder, with the reason."""
    notification = Notification(
        kind=CertificateWithdrawn.code,
        recipient_id=certificate.user_id,
        key=f"certificate/{certificate.pk}/withdrawn",
        topic=f"certificate/{certificate.pk}",
        topic_name=str(certificate.kind),
        payload={"certificate": certificate.pk},
        due_at=now,
    )
    write_notifications([notification], now)


def notify_of_expiring_certificates(*, now: datetime) -> None:
    """Each person whose certificate ends soon and was not renewed, once per certificate. Two statements."""
    today = wall(now).date()
    renewed = Certificate.objects.filter(
        user=OuterRef("user"), kind=OuterRef("kind"), withdrawn_at=None, valid_until__gt=OuterRef("valid_until")
    )
    ending = (
        Certificate.objects.valid_on(today)
        .filter(~Exists(renewed), valid_until__lte=today + ENDS_SOON, user__is_active=True)
        .select_related("kind")
    )
    notifications = [
        Notification(
            kind=CertificateExpiring.code,
            recipient_id=certificate.user_id,
            key=f"certificate/{certificate.pk}/expiring",
            topic=f"certificate/{certificate.pk}",
            topic_name=str(certificate.kind),
            payload={"certificate": certificate.pk},
            due_at=now,
            expires_at=instant(datetime.combine(certificate.valid_until, time())),
        )
        for certificate in ending
    ]
    write_notifications(notifications, now)
