"""Reservations that a change of calendars leaves outside open time: they stay, and are marked for the manager.

`bookings.apps` has this called in the transaction of every such change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from bookings.models import Concern, Override, Reservation
from bookings.notifications.writing import notify_of_concerns, notify_of_concerns_over, notify_of_withdrawn_certificate
from bookings.rules.book import held_throughout
from bookings.scheduling.free_time import machine_times
from bookings.scheduling.placement import MachineTime
from bookings.services.context import load_requirements
from core.formatting import period_in_words
from core.periods import Period, lies_in, merged, overlap
from equipment.availability import Hit
from equipment.models import Certificate, CertificateKind
from organisations.models import User

RECHECKED_CODES = ("outside_opening_hours", "during_outage")


def recheck_reservations(equipment_ids: Iterable[int], *, now: datetime) -> None:
    """Raise a concern for each reservation ahead on these machines that lies outside open time or in an outage, and
    settle those that no longer do. Eight statements at most."""
    ahead = list(
        Reservation.objects.holding()
        .going_on_or_ahead(now)
        .filter(equipment__in=equipment_ids)
        .select_related("equipment__type", "booking")
    )
    times = machine_times([(r.equipment_id, r.occupied.lower, r.occupied.upper) for r in ahead])
    broken = {(r.pk, code) for r, time in zip(ahead, times, strict=True) for code in broken_codes(r, time)}
    broken -= Override.objects.in_force(ahead)
    raised = (
        Concern.objects.standing()
        .filter(reservation__equipment__in=equipment_ids, code__in=RECHECKED_CODES)
        .values_list("pk", "reservation_id", "code")
    )
    known = {(reservation_id, code): pk for pk, reservation_id, code in raised}
    new = broken - known.keys()
    # Two changes of calendars at once may find the same.
    Concern.objects.bulk_create(
        (Concern(reservation_id=pk, code=code, raised_at=now) for pk, code in sorted(new)), ignore_conflicts=True
    )
    notify_of_concerns(((r, code) for r in ahead for code in RECHECKED_CODES if (r.pk, code) in new), now=now)
    over = Concern.objects.filter(pk__in=[known[key] for key in known.keys() - broken])
    notify_of_concerns_over(over, now=now)
    over.mend(now)


def broken_codes(reservation: Reservation, time: MachineTime) -> list[str]:
    """Which rules about open time the reservation breaks as it stands, its set-up and clean-up as they were booked."""
    occupied = Period(reservation.occupied.lower, reservation.occupied.upper)
    staffed = merged([*time.open, *time.out])
    codes = []
    if not all(lies_in(p, staffed) for p in _with_people(reservation, occupied)):
        codes.append("outside_opening_hours")
    if any(overlap(p, occupied) for p in time.out):
        codes.append("during_outage")
    return codes


def _with_people(reservation: Reservation, occupied: Period) -> Sequence[Period]:
    """The stretches of a reservation in which people must be there."""
    policy = reservation.equipment.policy
    if not policy.unattended:
        return [occupied]
    taken_out = max(occupied.end - policy.clean_up, reservation.end)
    return [Period(occupied.start, reservation.start), Period(taken_out, occupied.end)]


def preview(equipment_ids: Iterable[int], *, now: datetime) -> list[Hit]:
    """Inside a change that is being tried, after its review: what it hits that was all right before."""
    hit = (
        Concern.objects.open()
        .filter(reservation__equipment__in=equipment_ids, raised_at=now)
        .select_related("reservation__equipment", "reservation__booking__organisation")
        .order_by("reservation__period")
    )
    return [Hit(text=_hit_in_words(concern.reservation)) for concern in hit]


def _hit_in_words(reservation: Reservation) -> str:
    return _("%(code)s, %(period)s: %(reference)s, %(organisation)s") % {
        "code": reservation.equipment.code,
        "period": period_in_words(reservation.start, reservation.end),
        "reference": reservation.booking.reference,
        "organisation": reservation.booking.organisation,
    }


def certificate_changed(certificate: Certificate, now: datetime) -> None:
    """Tell the holder of a withdrawal, and recheck the reservations that need a certificate of this kind."""
    if certificate.withdrawn_at:
        notify_of_withdrawn_certificate(certificate, now=now)
    recheck_certificates(certificate.user, certificate.kind, now=now)


def recheck_certificates(user: User, kind: CertificateKind, *, now: datetime) -> None:
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
    notify_of_concerns(((r, "not_certified") for r in ahead if r.pk in broken - known), now=now)
    over = standing.exclude(reservation__in=broken)
    notify_of_concerns_over(over, now=now)
    over.mend(now)


def _certified(reservation: Reservation) -> bool:
    booking = reservation.booking
    people = [pk for pk in (booking.booker_id, booking.supervisor_id) if pk]
    requirements = load_requirements([reservation.equipment.type_id], people)
    return all(
        held_throughout(requirement, reservation.start, reservation.end)
        for requirement in requirements.get(reservation.equipment.type_id, ())
    )
