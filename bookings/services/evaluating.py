"""From requested slots to candidates with a verdict: load what the rules read, in a number of statements that does not
grow with the reservations, choose machines for requested slots that leave the choice, and evaluate every rule."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from bookings.models import Purpose, Quota, Reservation
from bookings.rules.book import NO_UNIT_FREE, evaluate, evaluate_booking, free_operator
from bookings.rules.candidates import Allocation, Candidate, Context
from bookings.scheduling.free_time import machine_times, window_for
from bookings.scheduling.placement import (
    LONGEST_WAIT_FOR_PEOPLE,
    MachineTime,
    RequestedSlot,
    leaves_unbroken,
    occupied_by,
)
from bookings.services.context import (
    count_open_reservations,
    load_operators,
    load_quotas,
    load_requirements,
    lock_operators,
)
from bookings.services.finishing import FINISHED_WITHIN, Finishing
from core.periods import Period
from core.refusals import Cure, Refusal
from equipment.models import CertificateKind, Equipment, EquipmentQuerySet, EquipmentType
from organisations.models import Membership, Organisation, Role, User
from organisations.permissions import may_set_rules_aside

# To choose among machines, their free stretches are compared; a day on either side tells them apart.
STRETCH_LOOKED_AT = timedelta(days=1)
NOTHING_KNOWN = MachineTime(open=(), out=(), taken=())


class ConcurrentChange(Exception):
    """What was evaluated is no longer how it stands: somebody changed it before the locks were had."""


@dataclass(frozen=True, slots=True)
class Overriding:
    """A facility manager sets rules aside: `codes`, or every rule that may be set aside where that is None."""

    by: User
    reason: str
    codes: Collection[str] | None = None

    def sets_aside(self, refusal: Refusal) -> bool:
        return refusal.overridable and (self.codes is None or refusal.code in self.codes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the requested slots: what may be reserved, and every refusal, both in the order of the requested
    slots."""

    accepted: tuple[Allocation, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """All that an evaluation starts from: who asks for whom, which machines come into question, and whether they are
    locked. `bookers` are those whose certificates count; `moved` is the reservation that is moved, if one is, and
    `unwanted` the machine that it leaves for any other."""

    now: datetime
    organisation: Organisation | None
    role: Role | None
    purpose: Purpose | None
    bookers: tuple[int, ...]
    machines: dict[int, Equipment]
    moved: Reservation | None = None
    unwanted: Equipment | None = None

    def context_within(self, window: Period) -> Context:
        """What the rules read for anything between the moments of `window`. At most five statements, one where nothing
        is needed but the machines."""
        context = Context(
            now=self.now,
            organisation=self.organisation,
            role=self.role,
            purpose=self.purpose,
            moving=self.moved is not None,
        )
        machines = list(self.machines.values())
        limited = {m.type_id for m in machines if m.policy.open_reservation_limit is not None}
        operated = {m.type_id for m in machines if m.policy.operator_needed}
        certified = {m.type_id for m in machines if m.needs_certificate}
        exclude = self.exclude
        return replace(
            context,
            requirements=load_requirements(certified, self.bookers),
            operators=load_operators(operated, window, exclude=exclude),
            quotas=load_quotas(self.organisation, machines, window, exclude=exclude)
            if self.organisation and self.organisation.has_quotas
            else (),
            open_reservations=count_open_reservations(self.organisation, limited, self.now, exclude=exclude)
            if self.organisation
            else {},
        )

    @property
    def exclude(self) -> tuple[int, ...]:
        return (self.moved.pk,) if self.moved else ()


def open_scope(
    *,
    now: datetime,
    organisation: Organisation | None,
    booker: User,
    purpose: Purpose | None,
    requested_slots: Sequence[RequestedSlot],
    supervisor: User | None = None,
    moved: Reservation | None = None,
    lock: bool,
) -> Scope:
    """Read, and with `lock` hold until the transaction ends, what is evaluated: the organisation, then the operators,
    then the machines, each in id order. Everybody who writes takes them in this order."""
    now = now.astimezone(UTC)  # notice and horizon are elapsed time
    current, role = load_organisation(organisation, booker, lock=lock)
    types = _types_with_operators(requested_slots)
    if lock:
        lock_operators(types)
    machines = load_equipment(requested_slots, lock=lock)
    if lock and {m.type_id for m in machines.values() if m.policy.operator_needed} - types:
        raise ConcurrentChange
    if moved:
        bookers = (moved.booking.booker_id, moved.booking.supervisor_id)
    else:
        bookers = (booker.pk, supervisor.pk if supervisor else None)
    return Scope(now, current, role, purpose, tuple(pk for pk in bookers if pk), machines, moved)


def _types_with_operators(requested_slots: Sequence[RequestedSlot]) -> set[int]:
    """The types whose operators the requested slots may need, as the requested slots themselves know them; a type
    counts when it may, since a machine of it can have a policy of its own. At most one statement."""
    named = [requested_slot.equipment for requested_slot in requested_slots if requested_slot.equipment]
    needed = {machine.type_id for machine in named if machine.policy.operator_needed}
    chosen_from = {
        t.pk for requested_slot in requested_slots if not requested_slot.equipment for t in requested_slot.types
    } | _stations_of(requested_slots)
    if chosen_from:
        own = Equipment.objects.filter(type=OuterRef("pk"), operator_needed=True)
        operated = EquipmentType.objects.filter(Q(operator_needed=True) | Exists(own), pk__in=chosen_from)
        needed |= set(operated.values_list("pk", flat=True))
    return needed


def _stations_of(requested_slots: Sequence[RequestedSlot]) -> set[int]:
    """The types on which is finished what the requested slots make, where they ask for that."""
    return {
        t.finished_on_id
        for requested_slot in requested_slots
        if requested_slot.finish
        for t in requested_slot.types
        if t.finished_on_id
    }


def load_organisation(
    organisation: Organisation | None, booker: User, *, lock: bool
) -> tuple[Organisation | None, Role | None]:
    """The organisation as it is now, whether it has quotas, and the booker's role in it (None: not a member). One
    statement; with `lock` it is held, so that what its people share is evaluated one booking at a time."""
    if organisation is None:
        return None, None
    membership = Membership.objects.filter(organisation=organisation, user=booker).values("role")
    found = Organisation.objects.filter(pk=organisation.pk).annotate(  # type: ignore[no-redef]
        bookers_role=Subquery(membership), has_quotas=Exists(Quota.objects.filter(organisation=OuterRef("pk")))
    )
    if lock:
        found = found.select_for_update(no_key=True, of=("self",))
    current = found.get()
    return current, Role(current.bookers_role) if current.bookers_role else None


def lock_organisation_of(reservation: Reservation) -> None:
    """Hold, until the transaction ends, the organisation that a reservation is for: the first of the locks, so that
    who reads the reservation after it reads what no other service is about to move."""
    booked_for = Organisation.objects.filter(bookings=reservation.booking_id)
    list(booked_for.select_for_update(no_key=True, of=("self",)).values_list("pk"))


def load_equipment(requested_slots: Sequence[RequestedSlot], *, lock: bool) -> dict[int, Equipment]:
    """Every machine that a requested slot names or that could serve it, by id, with its type. One statement; with
    `lock` they are held in id order until the transaction ends."""
    ids = {requested_slot.equipment.pk for requested_slot in requested_slots if requested_slot.equipment}
    types = {
        t.pk for requested_slot in requested_slots if not requested_slot.equipment for t in requested_slot.types
    } | _stations_of(requested_slots)
    wanted = Equipment.objects.filter(pk__in=ids)
    if types:
        wanted = Equipment.objects.filter(pk__in=ids) | Equipment.objects.in_service().filter(type__in=types)
    wanted = for_evaluation(wanted).order_by("pk")
    return {machine.pk: machine for machine in (wanted.locked() if lock else wanted)}


def for_evaluation(machines: EquipmentQuerySet) -> EquipmentQuerySet:
    """With their type, and whether it needs a certificate."""
    required = CertificateKind.required_for.through.objects.filter(equipmenttype=OuterRef("type"))
    return machines.select_related("type").annotate(  # type: ignore[no-redef]
        needs_certificate=Exists(required)
    )


def evaluate_requested_slots(
    requested_slots: Sequence[RequestedSlot], scope: Scope, *, overriding: Overriding | None = None
) -> Verdict:
    """Evaluate every requested slot by every rule, one by one: what is accepted counts for those that follow."""
    context = scope.context_within(window_of(requested_slots, scope.now))
    about_booking = evaluate_booking(context)
    if context.organisation is None:
        return Verdict((), tuple(about_booking))
    booking_codes = tuple(r.code for r in about_booking if _set_aside(r, overriding))
    refusals = [r for r in about_booking if not _set_aside(r, overriding)]
    candidates = _candidates_for(requested_slots, scope)
    finishing = Finishing.load(requested_slots, scope.machines, scope.now, exclude=scope.exclude)
    for number, requested_slot in enumerate(requested_slots):
        fitting, refused = _decide(number, requested_slot, candidates[number], context, overriding)
        if requested_slot.finish and fitting:
            fitting, refused = finishing.after(fitting, context, allocate)
        with_booking = tuple(replace(p, set_aside=(*booking_codes, *p.set_aside)) for p in fitting)
        context = replace(context, allocated=context.allocated + with_booking)
        refusals += refused
    return Verdict(context.allocated, tuple(refusals))


def window_of(requested_slots: Sequence[RequestedSlot], now: datetime) -> Period:
    """From the first moment to the last that the requested slots touch, cut to what calendars know."""
    bounds = Period(now - settings.CALENDARS_EXPANDED_AHEAD, now + settings.CALENDARS_EXPANDED_AHEAD)
    ends = [w.end + FINISHED_WITHIN if w.finish and w.end <= bounds.end else w.end for w in requested_slots]
    moments = [min(max(m, bounds.start), bounds.end) for m in (*(w.start for w in requested_slots), *ends)] or [now]
    around = STRETCH_LOOKED_AT + LONGEST_WAIT_FOR_PEOPLE
    return Period(min(moments) - STRETCH_LOOKED_AT, max(moments) + around)


def _candidates_for(requested_slots: Sequence[RequestedSlot], scope: Scope) -> list[list[Candidate]]:
    """Per requested slot a candidate for each machine it could mean; the times of all are loaded in one statement."""
    pairs = [
        (n, requested_slot, m)
        for n, requested_slot in enumerate(requested_slots)
        for m in _could_serve(requested_slot, scope)
    ]
    policies = {pk: machine.policy for pk, machine in scope.machines.items()}
    known = [i for i, (_n, requested_slot, _m) in enumerate(pairs) if _known_to_calendars(requested_slot, scope.now)]
    asks = []
    for _number, requested_slot, machine in (pairs[i] for i in known):
        around = timedelta(0) if requested_slot.equipment else STRETCH_LOOKED_AT
        asks.append(
            (machine.pk, *window_for(policies[machine.pk], requested_slot.start - around, requested_slot.end + around))
        )
    times = dict(zip(known, machine_times(asks, exclude=scope.exclude), strict=True))
    moved = scope.moved
    candidates: list[list[Candidate]] = [[] for _requested_slot in requested_slots]
    for index, (number, requested_slot, machine) in enumerate(pairs):
        policy, time = policies[machine.pk], times.get(index, NOTHING_KNOWN)
        occupied = occupied_by(requested_slot.start, requested_slot.end, policy, time.open) if index in times else None
        candidates[number].append(
            Candidate(
                number=number,
                equipment=machine,
                policy=policy,
                start=requested_slot.start.astimezone(UTC),
                end=requested_slot.end.astimezone(UTC),
                occupied=occupied and Period(occupied.start.astimezone(UTC), occupied.end.astimezone(UTC)),
                time=time,
                moves_from=Period(moved.start, moved.end) if moved else None,
                changes_type=moved is not None and moved.equipment.type_id != machine.type_id,
                beyond_calendars=index not in times and requested_slot.start < requested_slot.end,
            )
        )
    return candidates


def _known_to_calendars(requested_slot: RequestedSlot, now: datetime) -> bool:
    ahead = settings.CALENDARS_EXPANDED_AHEAD
    return requested_slot.start < requested_slot.end <= now + ahead and requested_slot.start > now - ahead


def _could_serve(requested_slot: RequestedSlot, scope: Scope) -> list[Equipment]:
    if requested_slot.equipment:
        return [scope.machines[requested_slot.equipment.pk]]
    types = {t.pk for t in requested_slot.types}
    return [machine for machine in scope.machines.values() if machine.type_id in types and machine != scope.unwanted]


def _set_aside(refusal: Refusal, overriding: Overriding | None) -> bool:
    return overriding is not None and may_set_rules_aside(overriding.by) and overriding.sets_aside(refusal)


def _decide(
    number: int,
    requested_slot: RequestedSlot,
    candidates: Sequence[Candidate],
    context: Context,
    overriding: Overriding | None,
) -> tuple[tuple[Allocation, ...], list[Refusal]]:
    """The allocations for one requested slot, or why it is refused."""
    ordered = sorted(candidates, key=lambda p: _preference(p, context))
    allocated, refused = _allocate_until(requested_slot.units, ordered, context, overriding)
    if len(allocated) == requested_slot.units:
        return allocated, []
    return (), _why_not(number, requested_slot, len(allocated), refused)


def allocate_together(candidates: Iterable[Candidate], context: Context, units: int) -> tuple[Allocation, ...]:
    """The first `units` of these that may be reserved together, or nothing."""
    allocated, _refused = _allocate_until(units, candidates, context, None)
    return allocated if len(allocated) == units else ()


def _allocate_until(units: int, candidates: Iterable[Candidate], context: Context, overriding: Overriding | None):
    allocated: tuple[Allocation, ...] = ()
    refused: list[list[Refusal]] = []
    for candidate in candidates:
        outcome = allocate(candidate, replace(context, allocated=context.allocated + allocated), overriding)
        if isinstance(outcome, Allocation):
            allocated = (*allocated, outcome)
        else:
            refused.append(outcome)
        if len(allocated) == units:
            break
    return allocated, refused


def allocate(
    candidate: Candidate, context: Context, overriding: Overriding | None = None
) -> Allocation | list[Refusal]:
    """The candidate as it may be reserved, with its operator, or the refusals that were not set aside.

    What cannot be placed at all (`occupied` unknown) cannot be set aside either: there is nothing to write.
    """
    refusals = evaluate(candidate, context)
    left = [r for r in refusals if candidate.occupied is None or not _set_aside(r, overriding)]
    if left or candidate.occupied is None:
        return left
    operator = free_operator(candidate, context) if candidate.policy.operator_needed else None
    return Allocation(candidate, tuple(r.code for r in refusals), operator)


def _preference(candidate: Candidate, context: Context):
    """First the machines this booking uses already, so that a class stays where it was, then those whose free stretch
    is the shortest, which leaves the long ones whole."""
    used = any(p.candidate.equipment.pk == candidate.equipment.pk for p in context.allocated)
    broken = leaves_unbroken(candidate.occupied, candidate.time.free) if candidate.occupied else timedelta(0)
    return not used, broken, candidate.equipment.code


def _why_not(
    number: int, requested_slot: RequestedSlot, free: int, refused: Sequence[Sequence[Refusal]]
) -> list[Refusal]:
    """For one machine its refusals; for a choice the reasons that all share, else that too few are free."""
    if requested_slot.equipment:
        return list(refused[0])
    if refused and not free:
        shared = set.intersection(*({r.code for r in refusals} for refusals in refused)) - {"clash"}
        if shared:
            return [replace(r, equipment="") for r in refused[0] if r.code in shared]
    if not requested_slot.types:
        message = _("No machine can do this.")
    else:
        message = _("%(free)d of %(units)d are free then: %(type)s.") % {
            "free": free,
            "units": requested_slot.units,
            "type": ", ".join(str(t) for t in requested_slot.types),
        }
    return [Refusal(NO_UNIT_FREE, message, "", requested_slot.start, requested_slot.end, number=number, cure=Cure.TIME)]
