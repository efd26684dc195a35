"""Certificates and quotas of the demo, granted as a technician and a manager would have."""

from datetime import datetime, time, timedelta

from bookings.models import Quota
from core.clock import ZONE
from demo.story import Granted, Share
from equipment.certificates.services import grant, withdraw
from equipment.models import CertificateKind, EquipmentType, Fieldlab
from organisations.models import Organisation, User

OFFICE_HOUR = time(16, 30)


def grant_certificates(certificates: list[Granted], *, people: dict[str, User], now: datetime) -> None:
    """Each on its day in the past, and withdrawn on its day where the story says so."""
    kinds = {kind.slug: kind for kind in CertificateKind.objects.all()}
    for entry in certificates:
        by, granted_at = people[entry.by], _days_before(now, entry.days_ago)
        for slug in entry.kinds:
            certificate = grant(user=people[entry.person], kind=kinds[slug], by=by, now=granted_at)
            if entry.withdrawn_days_ago is not None:
                withdrawn_at = _days_before(now, entry.withdrawn_days_ago)
                withdraw(certificate=certificate, by=by, now=withdrawn_at, reason=entry.reason)


def give_quotas(shares: list[Share], *, organisations: dict[str, Organisation]) -> None:
    for share in shares:
        Quota.objects.create(
            organisation=organisations[share.organisation],
            fieldlab=Fieldlab.objects.get(slug=share.fieldlab) if share.fieldlab else None,
            equipment_type=EquipmentType.objects.get(slug=share.type) if share.type else None,
            span=share.per,
            hours=share.hours,
            peak_weight=share.peak_weight,
            off_peak_weight=share.off_peak_weight,
        )


def _days_before(now: datetime, days: int) -> datetime:
    """So many days before this week's Monday, so that it is the same all week."""
    today = now.astimezone(ZONE).date()
    return datetime.combine(today - timedelta(days=today.weekday() + days), OFFICE_HOUR, ZONE)
