"""A technician grants certificates and withdraws them. Who depends on them is told in the same transaction."""

from calendar import monthrange
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.clock import ZONE
from core.refusals import Refusal, Refused
from equipment.certificates.notifications import notify_of_withdrawn_certificate
from equipment.certificates.watching import notify_watchers
from equipment.models import Certificate, CertificateKind
from organisations.models import User
from organisations.permissions import may_grant_certificates


def grant(
    *, user: User, kind: CertificateKind, by: User, now: datetime, valid_until: date | None = None
) -> Certificate:
    """From today on; without `valid_until` for as long as the kind says. What
    this technician granted today in just this way is found and not granted again. `Refused` where it would not last a
    day, `NotAllowed` unless a technician grants it."""
    may_grant_certificates.require(by)
    today = now.astimezone(ZONE).date()
    until = valid_until or _months_later(today, kind.valid_months)
    if until <= today:
        raise Refused([Refusal("zero_length", _("A certificate must be valid for at least a day."))])
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        certificate, _new = Certificate.objects.get_or_create(
            user=user, kind=kind, granted_on=today, valid_until=until, granted_by=by, withdrawn_at=None
        )
        notify_watchers(certificate, now=now)
    return certificate


def withdraw(*, certificate: Certificate, by: User, now: datetime, reason: str) -> Certificate:
    """At once; reservations that lose their certificate stay, and are marked for the manager. Withdrawing what was
    withdrawn changes nothing. `Refused` without a reason, `NotAllowed` unless a technician withdraws it."""
    may_grant_certificates.require(by)
    if not reason.strip():
        raise Refused([Refusal("needs_reason", _("Say why the certificate is withdrawn."))])
    with transaction.atomic():
        withdrawn = Certificate.objects.filter(pk=certificate.pk, withdrawn_at=None).update(
            withdrawn_at=now, withdrawn_by=by, withdrawal_reason=reason.strip()
        )
        certificate.refresh_from_db()
        if withdrawn:
            notify_of_withdrawn_certificate(certificate, now=now)
            notify_watchers(certificate, now=now)
    return certificate


def _months_later(day: date, months: int) -> date:
    """The same day of the month, or the last one of a shorter month."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
