"""Reservations that no longer keep a rule since something else changed: they stay, and are marked for the manager.

`bookings.apps` has this called in the transaction of every such change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from bookings.models import Issue, Override, Reservation, ReservationQuerySet
from bookings.notifications.writing import notify_of_issues, notify_of_issues_over
from bookings.rules.book import Trigger, rules_to_recheck
from bookings.rules.candidates import Candidate, Context
from bookings.scheduling.free_time import machine_times
from bookings.scheduling.placement import MachineTime
from bookings.services.context import load_requirements
from core.formatting import period_in_words
from core.periods import Period
from equipment.availability import Hit
from equipment.models import Certificate


def calendars_changed(equipment_ids: Iterable[int], *, now: datetime) -> None:
    """Recheck the reservations ahead on these machines."""
    ahead = _ahead(now).filter(equipment__in=equipment_ids)
    recheck(list(ahead), Trigger.CALENDAR, now=now)


def certificate_changed(certificate: Certificate, now: datetime) -> None:
    """Recheck what this person booked, or supervises, and needs a certificate of this kind for."""
    needing = _ahead(now).filter(equipment__type__required_certificates=certificate.kind)
    theirs = needing.filter(booking__booker=certificate.user) | needing.filter(booking__supervisor=certificate.user)
    recheck(list(theirs), Trigger.CERTIFICATE, now=now)


def _ahead(now: datetime) -> ReservationQuerySet:
    return Reservation.objects.holding().going_on_or_ahead(now).select_related("equipment__type", "booking")


def recheck(reservations: Sequence[Reservation], trigger: Trigger, *, now: datetime) -> None:
    """Evaluate, by the rules that such a change may break, reservations as they were booked. Open an issue for each
    that is broken and was not set aside, and resolve the issues of those that are kept again.

    The reservations come with their machine, its type and the booking. At most seven statements after a change of
    calendars; after one of certificates one more for each pair of booker and supervisor.
    """
    rules = rules_to_recheck(trigger)
    times = _times(reservations, trigger)
    contexts = _contexts(reservations, trigger, now)
    broken = {
        (reservation.pk, rule.code)
        for reservation, time in zip(reservations, times, strict=True)
        for rule in rules
        if rule.evaluate(_as_booked(reservation, time), contexts[_people(reservation)])
    }
    broken -= Override.objects.in_force(reservations)
    standing = Issue.objects.standing().filter(reservation__in=reservations, code__in=[rule.code for rule in rules])
    known = {
        (reservation_id, code): pk for pk, reservation_id, code in standing.values_list("pk", "reservation_id", "code")
    }
    new = broken - known.keys()
    # Two changes at once may find the same.
    Issue.objects.bulk_create(
        (Issue(reservation_id=pk, code=code, opened_at=now) for pk, code in sorted(new)), ignore_conflicts=True
    )
    notify_of_issues(((r, rule.code) for r in reservations for rule in rules if (r.pk, rule.code) in new), now=now)
    over = Issue.objects.filter(pk__in=[known[key] for key in known.keys() - broken])
    notify_of_issues_over(over, now=now)
    over.resolve(now)


def _times(reservations: Sequence[Reservation], trigger: Trigger) -> Sequence[MachineTime]:
    """Of each its machine's time, where the rules read it."""
    if trigger != Trigger.CALENDAR:
        return [MachineTime((), (), ())] * len(reservations)
    return machine_times([(r.equipment_id, r.occupied.lower, r.occupied.upper) for r in reservations])


def _contexts(reservations: Sequence[Reservation], trigger: Trigger, now: datetime) -> dict[tuple[int, ...], Context]:
    """By the people of a booking what the rules read of them."""
    types = {reservation.equipment.type_id for reservation in reservations}
    return {
        people: Context(
            now=now,
            organisation=None,
            requirements=load_requirements(types, people) if trigger == Trigger.CERTIFICATE else {},
        )
        for people in {_people(reservation) for reservation in reservations}
    }


def _people(reservation: Reservation) -> tuple[int, ...]:
    """Those whose certificates count."""
    return tuple(pk for pk in (reservation.booking.booker_id, reservation.booking.supervisor_id) if pk)


def _as_booked(reservation: Reservation, time: MachineTime) -> Candidate:
    """The reservation as it stands, its set-up and clean-up as they were when it was booked."""
    occupied = Period(reservation.occupied.lower, reservation.occupied.upper)
    return Candidate(
        number=0,
        equipment=reservation.equipment,
        policy=reservation.equipment.policy,
        start=reservation.start,
        end=reservation.end,
        occupied=occupied,
        time=time,
        staffed_as_booked=_with_people(reservation, occupied),
    )


def _with_people(reservation: Reservation, occupied: Period) -> tuple[Period, ...]:
    """The stretches of a reservation in which people must be there."""
    policy = reservation.equipment.policy
    if not policy.unattended:
        return (occupied,)
    taken_out = max(occupied.end - policy.clean_up, reservation.end)
    return (Period(occupied.start, reservation.start), Period(taken_out, occupied.end))


def preview(equipment_ids: Iterable[int], *, now: datetime) -> list[Hit]:
    """Inside a change that is being tried, after its review: what it hits that was all right before."""
    hit = (
        Issue.objects.open()
        .filter(reservation__equipment__in=equipment_ids, opened_at=now)
        .select_related("reservation__equipment", "reservation__booking__organisation")
        .order_by("reservation__period")
    )
    return [Hit(text=_hit_in_words(issue.reservation)) for issue in hit]


def _hit_in_words(reservation: Reservation) -> str:
    return _("%(code)s, %(period)s: %(reference)s, %(organisation)s") % {
        "code": reservation.equipment.code,
        "period": period_in_words(reservation.start, reservation.end),
        "reference": reservation.booking.reference,
        "organisation": reservation.booking.organisation,
    }
