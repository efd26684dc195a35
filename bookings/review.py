"""Reservations that a change of calendars leaves outside open time: they stay, and are marked for the manager.

`bookings.apps` has this called in the transaction of every such change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from bookings.free_time import machine_times
from bookings.models import Concern, Override, Reservation
from bookings.notices.writing import tell_of_concerns, tell_of_concerns_over
from bookings.planning import MachineTime, lies_in, merged, overlap
from bookings.wording import period_in_words
from equipment.availability import Hit, Period

REVIEWED_CODES = ("outside_opening_hours", "during_outage")


def review_reservations(equipment_ids: Iterable[int], *, now: datetime) -> None:
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
        .filter(reservation__equipment__in=equipment_ids, code__in=REVIEWED_CODES)
        .values_list("pk", "reservation_id", "code")
    )
    known = {(reservation_id, code): pk for pk, reservation_id, code in raised}
    new = broken - known.keys()
    # Two changes of calendars at once may find the same.
    Concern.objects.bulk_create(
        (Concern(reservation_id=pk, code=code, raised_at=now) for pk, code in sorted(new)), ignore_conflicts=True
    )
    tell_of_concerns(((r, code) for r in ahead for code in REVIEWED_CODES if (r.pk, code) in new), now=now)
    over = Concern.objects.filter(pk__in=[known[key] for key in known.keys() - broken])
    tell_of_concerns_over(over, now=now)
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
