"""What one may use: the hours that are left of the organisations' quotas, and one's own certificates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.quotas.balances import load_balances
from core.clock import ZONE
from equipment.certificates.state import CertificateState, state_of
from equipment.models import Certificate
from organisations.models import Organisation

OVER = (CertificateState.ENDED, CertificateState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class CertificateLine:
    certificate: Certificate
    state: CertificateState


@login_required
@require_safe
def shares(request):
    now, user = timezone.now(), request.user
    organisations = list(Organisation.objects.filter(memberships__user=user).order_by("name"))
    balances = load_balances(organisations, now=now)
    own = user.certificates.select_related("kind").prefetch_related("kind__required_for")
    context = {
        "organisations": [(o, [b for b in balances if b.quota.organisation_id == o.pk]) for o in organisations],
        "certificates": certificate_lines(own, today=now.astimezone(ZONE).date()),
    }
    return render(request, "bookings/shares.html", context)


def certificate_lines(certificates: Iterable[Certificate], *, today: date) -> list[CertificateLine]:
    """Of each kind the certificate that lasts longest, withdrawn ones only where there is no other; those that end
    first come first, what has ended last."""
    latest: dict[int, Certificate] = {}
    for certificate in certificates:
        known = latest.get(certificate.kind_id)
        if known is None or _lasting(certificate) > _lasting(known):
            latest[certificate.kind_id] = certificate
    lines = [CertificateLine(c, state_of(c, today=today)) for c in latest.values()]
    return sorted(lines, key=lambda line: (line.state in OVER, line.certificate.valid_until))


def _lasting(certificate: Certificate) -> tuple[bool, date]:
    return certificate.withdrawn_at is None, certificate.valid_until
