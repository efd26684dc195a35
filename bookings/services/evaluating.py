"""From wishes to proposals with a verdict: load what the rules read, in a number of statements that does not grow
with the reservations, choose machines for wishes that leave the choice, and judge every rule."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from bookings.models import Purpose, Quota, Reservation
from bookings.rules.book import free_operator, judge, judge_booking
from bookings.rules.candidates import Facts, Planned, Proposal
from bookings.scheduling.free_time import machine_times, window_for
from bookings.scheduling.placement import LONGEST_WAIT_FOR_PEOPLE, MachineTime, Wish, leaves_unbroken, occupied_by
from bookings.services.context import (
    count_open_reservations,
    load_operators,
    load_quotas,
    load_requirements,
    lock_operators,
)
from bookings.services.finishing import FINISHED_WITHIN, Finishing
from core.periods import Period
from core.refusals import Refusal
from equipment.models import CertificateKind, Equipment, EquipmentQuerySet, EquipmentType
from organisations.models import Membership, Organisation, Role, User

# To choose among machines, their free stretches are compared; a day on either side tells them apart.
STRETCH_LOOKED_AT = timedelta(days=1)
NOTHING_KNOWN = MachineTime(open=(), out=(), taken=())


class Overtaken(Exception):
    """What was judged is no longer how it stands: somebody changed it before the locks were had."""


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
    """What became of the wishes: what may be reserved, and every refusal, both in the order of the wishes."""

    accepted: tuple[Planned, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """All that a judgement starts from: who asks for whom, which machines come into question, and whether they are
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

    def facts_around(self, hull: Period) -> Facts:
        """What the rules read for anything between the moments of `hull`. At most five statements, one where nothing
        is needed but the machines."""
        facts = Facts(
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
        leaving_out = self.leaving_out
        return replace(
            facts,
            requirements=load_requirements(certified, self.bookers),
            operators=load_operators(operated, hull, leaving_out=leaving_out),
            quotas=load_quotas(self.organisation, machines, hull, leaving_out=leaving_out)
            if self.organisation and self.organisation.has_quotas
            else (),
            open_reservations=count_open_reservations(self.organisation, limited, self.now, leaving_out=leaving_out)
            if self.organisation
            else {},
        )

    @property
    def leaving_out(self) -> tuple[int, ...]:
        return (self.moved.pk,) if self.moved else ()


def open_case(
    *,
    now: datetime,
    organisation: Organisation | None,
    booker: User,
    purpose: Purpose | None,
    wishes: Sequence[Wish],
    supervisor: User | None = None,
    moved: Reservation | None = None,
    lock: bool,
) -> Case:
    """Read, and with `lock` hold until the transaction ends, what is judged: the organisation, then the operators,
    then the machines, each in id order. Everybody who writes takes them in this order."""
    now = now.astimezone(UTC)  # notice and horizon are elapsed time
    current, role = load_organisation(organisation, booker, lock=lock)
    types = _types_with_operators(wishes)
    if lock:
        lock_operators(types)
    machines = load_equipment(wishes, lock=lock)
    if lock and {m.type_id for m in machines.values() if m.policy.operator_needed} - types:
        raise Overtaken
    if moved:
        bookers = (moved.booking.booker_id, moved.booking.supervisor_id)
    else:
        bookers = (booker.pk, supervisor.pk if supervisor else None)
    return Case(now, current, role, purpose, tuple(pk for pk in bookers if pk), machines, moved)


def _types_with_operators(wishes: Sequence[Wish]) -> set[int]:
    """The types whose operators the wishes may need, as the wishes themselves know them; a type counts when it may,
    since a machine of it can have a policy of its own. At most one statement."""
    named = [wish.equipment for wish in wishes if wish.equipment]
    needed = {machine.type_id for machine in named if machine.policy.operator_needed}
    chosen_from = {t.pk for wish in wishes if not wish.equipment for t in wish.types} | _stations_of(wishes)
    if chosen_from:
        own = Equipment.objects.filter(type=OuterRef("pk"), operator_needed=True)
        operated = EquipmentType.objects.filter(Q(operator_needed=True) | Exists(own), pk__in=chosen_from)
        needed |= set(operated.values_list("pk", flat=True))
    return needed


def _stations_of(wishes: Sequence[Wish]) -> set[int]:
    """The types on which is finished what the wishes make, where they ask for that."""
    return {t.finished_on_id for wish in wishes if wish.finish for t in wish.types if t.finished_on_id}


def load_organisation(
    organisation: Organisation | None, booker: User, *, lock: bool
) -> tuple[Organisation | None, Role | None]:
    """The organisation as it is now, whether it has quotas, and the booker's role in it (None: not a member). One
    statement; with `lock` it is held, so that what its people share is judged one booking at a time."""
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


def load_equipment(wishes: Sequence[Wish], *, lock: bool) -> dict[int, Equipment]:
    """Every machine that a wish names or that could serve it, by id, with its type. One statement; with `lock` they
    are held in id order until the transaction ends."""
    ids = {wish.equipment.pk for wish in wishes if wish.equipment}
    types = {t.pk for wish in wishes if not wish.equipment for t in wish.types} | _stations_of(wishes)
    wanted = Equipment.objects.filter(pk__in=ids)
    if types:
        wanted = Equipment.objects.filter(pk__in=ids) | Equipment.objects.in_service().filter(type__in=types)
    wanted = for_judging(wanted).order_by("pk")
    return {machine.pk: machine for machine in (wanted.locked() if lock else wanted)}


def for_judging(machines: EquipmentQuerySet) -> EquipmentQuerySet:
    """With their type, and whether it needs a certificate."""
    required = CertificateKind.required_for.through.objects.filter(equipmenttype=OuterRef("type"))
    return machines.select_related("type").annotate(  # type: ignore[no-redef]
        needs_certificate=Exists(required)
    )


def judge_wishes(wishes: Sequence[Wish], case: Case, *, overriding: Overriding | None = None) -> Verdict:
    """Judge every wish by every rule, one after the other: what is accepted counts for those that follow."""
    facts = case.facts_around(hull_of(wishes, case.now))
    about_booking = judge_booking(facts)
    if facts.organisation is None:
        return Verdict((), tuple(about_booking))
    booking_codes = tuple(r.code for r in about_booking if _set_aside(r, overriding))
    refusals = [r for r in about_booking if not _set_aside(r, overriding)]
    proposals = _propose(wishes, case)
    finishing = Finishing.load(wishes, case.machines, case.now, leaving_out=case.leaving_out)
    for number, wish in enumerate(wishes):
        fitting, refused = _decide(number, wish, proposals[number], facts, overriding)
        if wish.finish and fitting:
            fitting, refused = finishing.after(fitting, facts, plan)
        with_booking = tuple(replace(p, set_aside=(*booking_codes, *p.set_aside)) for p in fitting)
        facts = replace(facts, planned=facts.planned + with_booking)
        refusals += refused
    return Verdict(facts.planned, tuple(refusals))


def hull_of(wishes: Sequence[Wish], now: datetime) -> Period:
    """From the first moment to the last that the wishes touch, cut to what calendars know."""
    bounds = Period(now - settings.CALENDARS_EXPANDED_AHEAD, now + settings.CALENDARS_EXPANDED_AHEAD)
    ends = [w.end + FINISHED_WITHIN if w.finish and w.end <= bounds.end else w.end for w in wishes]
    moments = [min(max(m, bounds.start), bounds.end) for m in (*(w.start for w in wishes), *ends)] or [now]
    around = STRETCH_LOOKED_AT + LONGEST_WAIT_FOR_PEOPLE
    return Period(min(moments) - STRETCH_LOOKED_AT, max(moments) + around)


def _propose(wishes: Sequence[Wish], case: Case) -> list[list[Proposal]]:
    """Per wish a proposal for each machine it could mean; the times of all are loaded in one statement."""
    pairs = [(n, wish, m) for n, wish in enumerate(wishes) for m in _could_serve(wish, case)]
    policies = {pk: machine.policy for pk, machine in case.machines.items()}
    known = [i for i, (_n, wish, _m) in enumerate(pairs) if _known_to_calendars(wish, case.now)]
    asks = []
    for _number, wish, machine in (pairs[i] for i in known):
        around = timedelta(0) if wish.equipment else STRETCH_LOOKED_AT
        asks.append((machine.pk, *window_for(policies[machine.pk], wish.start - around, wish.end + around)))
    times = dict(zip(known, machine_times(asks, leaving_out=case.leaving_out), strict=True))
    moved = case.moved
    proposals: list[list[Proposal]] = [[] for _wish in wishes]
    for index, (number, wish, machine) in enumerate(pairs):
        policy, time = policies[machine.pk], times.get(index, NOTHING_KNOWN)
        occupied = occupied_by(wish.start, wish.end, policy, time.open) if index in times else None
        proposals[number].append(
            Proposal(
                number=number,
                equipment=machine,
                policy=policy,
                start=wish.start.astimezone(UTC),
                end=wish.end.astimezone(UTC),
                occupied=occupied and Period(occupied.start.astimezone(UTC), occupied.end.astimezone(UTC)),
                time=time,
                moves_from=Period(moved.start, moved.end) if moved else None,
                changes_type=moved is not None and moved.equipment.type_id != machine.type_id,
                beyond_calendars=index not in times and wish.start < wish.end,
            )
        )
    return proposals


def _known_to_calendars(wish: Wish, now: datetime) -> bool:
    ahead = settings.CALENDARS_EXPANDED_AHEAD
    return wish.start < wish.end <= now + ahead and wish.start > now - ahead


def _could_serve(wish: Wish, case: Case) -> list[Equipment]:
    if wish.equipment:
        return [case.machines[wish.equipment.pk]]
    types = {t.pk for t in wish.types}
    return [machine for machine in case.machines.values() if machine.type_id in types and machine != case.unwanted]


def _set_aside(refusal: Refusal, overriding: Overriding | None) -> bool:
    return overriding is not None and overriding.by.is_facility_manager and overriding.sets_aside(refusal)


def _decide(
    number: int, wish: Wish, candidates: Sequence[Proposal], facts: Facts, overriding: Overriding | None
) -> tuple[tuple[Planned, ...], list[Refusal]]:
    """What is planned for one wish, or why it is refused."""
    ordered = sorted(candidates, key=lambda p: _preference(p, facts))
    planned, refused = _plan_until(wish.units, ordered, facts, overriding)
    if len(planned) == wish.units:
        return planned, []
    return (), _why_not(number, wish, len(planned), refused)


def plan_together(proposals: Iterable[Proposal], facts: Facts, units: int) -> tuple[Planned, ...]:
    """The first `units` of these that may be reserved together, or nothing."""
    planned, _refused = _plan_until(units, proposals, facts, None)
    return planned if len(planned) == units else ()


def _plan_until(units: int, proposals: Iterable[Proposal], facts: Facts, overriding: Overriding | None):
    planned: tuple[Planned, ...] = ()
    refused: list[list[Refusal]] = []
    for proposal in proposals:
        outcome = plan(proposal, replace(facts, planned=facts.planned + planned), overriding)
        if isinstance(outcome, Planned):
            planned = (*planned, outcome)
        else:
            refused.append(outcome)
        if len(planned) == units:
            break
    return planned, refused


def plan(proposal: Proposal, facts: Facts, overriding: Overriding | None = None) -> Planned | list[Refusal]:
    """The proposal as it may be reserved, with its operator, or the refusals that were not set aside.

    What cannot be placed at all (`occupied` unknown) cannot be set aside either: there is nothing to write.
    """
    refusals = judge(proposal, facts)
    left = [r for r in refusals if proposal.occupied is None or not _set_aside(r, overriding)]
    if left or proposal.occupied is None:
        return left
    operator = free_operator(proposal, facts) if proposal.policy.operator_needed else None
    return Planned(proposal, tuple(r.code for r in refusals), operator)


def _preference(proposal: Proposal, facts: Facts):
    """First the machines this booking uses already, so that a class stays where it was, then those whose free stretch
    is the shortest, which leaves the long ones whole."""
    used = any(p.proposal.equipment.pk == proposal.equipment.pk for p in facts.planned)
    broken = leaves_unbroken(proposal.occupied, proposal.time.free) if proposal.occupied else timedelta(0)
    return not used, broken, proposal.equipment.code


def _why_not(number: int, wish: Wish, free: int, refused: Sequence[Sequence[Refusal]]) -> list[Refusal]:
    """For one machine its refusals; for a choice the reasons that all share, else that too few are free."""
    if wish.equipment:
        return list(refused[0])
    if refused and not free:
        shared = set.intersection(*({r.code for r in refusals} for refusals in refused)) - {"clash"}
        if shared:
            return [replace(r, equipment="") for r in refused[0] if r.code in shared]
    if not wish.types:
        message = _("No machine here can do that.")
    else:
        message = _("%(free)d of %(units)d are free then: %(type)s.") % {
            "free": free,
            "units": wish.units,
            "type": ", ".join(str(t) for t in wish.types),
        }
    return [Refusal("no_unit_free", message, "", wish.start, wish.end, number=number)]
