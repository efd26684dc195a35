"""Certificates: a technician grants and withdraws them; what a withdrawal breaks is marked."""

from calendar import monthrange
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from bookings.facts import load_requirements
from bookings.models import Concern, Override, Reservation
from bookings.notices.writing import tell_of_concerns, tell_of_concerns_over, tell_of_withdrawn_certificate
from bookings.planning import ZONE
from bookings.proposals import Refusal, Refused
from bookings.rules import held_throughout
from equipment.models import Certificate, CertificateKind
from organisations.models import User


def grant(
    *, user: User, kind: CertificateKind, by: User, now: datetime, valid_until: date | None = None
) -> Certificate:
    """From today on; without `valid_until` for as long as the kind says. Settles the concerns it mends. What
    this technician granted today in just this way is found and not granted again. `Refused` where it would not last a
    day, `PermissionDenied` unless a technician grants it."""
    _only_technicians(by)
    today = now.astimezone(ZONE).date()
    until = valid_until or _months_later(today, kind.valid_months)
    if until <= today:
        raise Refused([Refusal("zero_length", _("A certificate must be valid for at least a day."))])
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        certificate, _new = Certificate.objects.get_or_create(
            user=user, kind=kind, granted_on=today, valid_until=until, granted_by=by, withdrawn_at=None
        )
        review_certificates(user, kind, now=now)
    return certificate


def withdraw(*, certificate: Certificate, by: User, now: datetime, reason: str) -> Certificate:
    """At once; reservations that lose their certificate stay, and are marked for the manager. Withdrawing what was
    withdrawn changes nothing. `Refused` without a reason, `PermissionDenied` unless a technician withdraws it."""
    _only_technicians(by)
    if not reason.strip():
        raise Refused([Refusal("needs_reason", _("Say why it is withdrawn."))])
    with transaction.atomic():
        withdrawn = Certificate.objects.filter(pk=certificate.pk, withdrawn_at=None).update(
            withdrawn_at=now, withdrawn_by=by, withdrawal_reason=reason.strip()
        )
        if withdrawn:
            tell_of_withdrawn_certificate(certificate, now=now)
        review_certificates(certificate.user, certificate.kind, now=now)
    certificate.refresh_from_db()
    return certificate


def review_certificates(user: User, kind: CertificateKind, *, now: datetime) -> None:
    """Raise a concern for each reservation ahead of this person, or under their supervision, that no longer has the
    certificates it needs, and settle those that have them again."""
    needing = (
        Reservation.objects.holding()
        .going_on_or_ahead(now)
        .filter(equipment__type__required_certificates=kind)
        .select_related("booking", "equipment")
    )
    ahead = list(needing.filter(booking__booker=user) | needing.filter(booking__supervisor=user))
    set_aside = Override.objects.in_force(ahead)
    broken = {r.pk for r in ahead if (r.pk, "not_certified") not in set_aside and not _certified(r)}
    standing = Concern.objects.standing().filter(reservation__in=ahead, code="not_certified")
    known = set(standing.values_list("reservation_id", flat=True))
    # Two who withdraw at once may find the same.
    Concern.objects.bulk_create(
        (Concern(reservation_id=pk, code="not_certified", raised_at=now) for pk in sorted(broken - known)),
        ignore_conflicts=True,
    )
    tell_of_concerns(((r, "not_certified") for r in ahead if r.pk in broken - known), now=now)
    over = standing.exclude(reservation__in=broken)
    tell_of_concerns_over(over, now=now)
    over.mend(now)


def _certified(reservation: Reservation) -> bool:
    booking = reservation.booking
    people = [pk for pk in (booking.booker_id, booking.supervisor_id) if pk]
    requirements = load_requirements([reservation.equipment.type_id], people)
    return all(
        held_throughout(requirement, reservation.start, reservation.end)
        for requirement in requirements.get(reservation.equipment.type_id, ())
    )


def _months_later(day: date, months: int) -> date:
    """The same day of the month, or the last one of a shorter month."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _only_technicians(by: User) -> None:
    if not by.is_technician:
        raise PermissionDenied(_("A technician or facility manager does this."))
