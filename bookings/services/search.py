"""The search: times that the person who asks can book at once, with no refusal."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings

from bookings.rules.book import evaluate_booking
from bookings.rules.candidates import Candidate, Context
from bookings.scheduling.free_time import Slot, free_slots, window_for
from bookings.scheduling.placement import MachineTime, occupied_by
from bookings.services.evaluating import Scope, allocate_together, for_evaluation, load_organisation
from core.clock import ZONE
from core.periods import Period
from core.refusals import Cure
from equipment.models import Equipment, EquipmentQuerySet
from organisations.models import Organisation, User


def find_slots(
    *,
    person: User,
    organisation: Organisation | None,
    equipment: EquipmentQuerySet,
    duration: timedelta,
    earliest: datetime,
    latest: datetime,
    now: datetime,
    units: int = 1,
    limit: int = 10,
    nights: bool = True,
    supervisor: User | None = None,
) -> list[Slot]:
    """The first times for which `units` of these machines can be booked together, earliest first.

    Goes by the same rules as booking does: certificates, operators, quotas and limits of this person and
    organisation count. Empty for an organisation that cannot book at all. With `organisation` None only what
    depends on the machine and the person counts. See `free_slots` for the bounds.
    """
    earliest, latest, now = (moment.astimezone(UTC) for moment in (earliest, latest, now))
    current, role = load_organisation(organisation, person, lock=False)
    machines = {machine.pk: machine for machine in for_evaluation(equipment.in_service())}
    bookers = tuple(p.pk for p in (person, supervisor) if p)
    scope = Scope(now, current, role, None, bookers, machines)
    window = Period(earliest, latest)
    for machine in machines.values():
        around = window_for(machine.policy, earliest, latest)
        window = Period(min(window.start, around.start), max(window.end, around.end))
    context = scope.context_within(window)
    if current is not None and any(refusal.cure != Cure.CHOICE for refusal in evaluate_booking(context)):
        return []

    def choose(able: Sequence[tuple[Equipment, MachineTime]], start: datetime, end: datetime):
        candidates = (
            Candidate(0, m, m.policy, start, end, occupied_by(start, end, m.policy, time.open), time)
            for m, time in able
        )
        allocated = allocate_together(candidates, context, units)
        return tuple(p.candidate.equipment for p in allocated) or None

    return free_slots(
        equipment=[m for m in machines.values() if _can_be_had_at_all(m, context, window)],
        duration=duration,
        earliest=earliest,
        latest=latest,
        now=now,
        units=units,
        limit=limit,
        nights=nights,
        choose=choose,
    )


def next_free(machine: Equipment, *, person: User, organisation: Organisation | None, now: datetime) -> Slot | None:
    """The first slot of the shortest length; None where the machine is retired or there is none to its horizon."""
    policy = machine.policy
    slots = find_slots(
        person=person,
        organisation=organisation,
        equipment=Equipment.objects.filter(pk=machine.pk),
        duration=policy.shortest,
        earliest=now,
        latest=now + min(policy.horizon + policy.shortest, settings.CALENDARS_EXPANDED_AHEAD),
        now=now,
        limit=1,
    )
    return slots[0] if slots else None


def _can_be_had_at_all(machine: Equipment, context: Context, window: Period) -> bool:
    """Whether there is somebody certified, an operator, and room for one more. Where there is not, no moment of the
    search would do, and trying each takes long."""
    policy, type_id = machine.policy, machine.type_id
    limit = policy.open_reservation_limit
    if limit is not None and context.open_reservations.get(type_id, 0) >= limit:
        return False
    if policy.operator_needed and not context.operators.get(type_id):
        return False
    first, last = (moment.astimezone(ZONE).date() for moment in window)
    return all(
        any(since <= last and first < until for since, until in requirement.held)
        for requirement in context.requirements.get(type_id, ())
    )
