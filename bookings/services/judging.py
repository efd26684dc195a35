"""From wishes to proposals with a verdict: load what the rules read, in a number of statements that does not grow
with the reservations, choose machines for wishes that leave the choice, and judge every rule."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from django.conf import settings
from django.db.models import Subquery
from django.utils.translation import gettext as _

from bookings.free_time import machine_times, window_for
from bookings.models import Reservation
from bookings.planning import MachineTime, Wish, leaves_unbroken, occupied_by
from bookings.rules import Facts, Proposal, Refusal, judge, judge_booking
from equipment.availability import Period
from equipment.models import Equipment
from organisations.models import Membership, Organisation, Role, User

# To choose among machines, their free stretches are compared; a day on either side tells them apart.
STRETCH_LOOKED_AT = timedelta(days=1)
NOTHING_KNOWN = MachineTime(open=(), out=(), taken=())


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
    """What became of the wishes: proposals that may be reserved, each with the codes set aside for it, and every
    refusal, in the order of the wishes."""

    accepted: tuple[tuple[Proposal, tuple[str, ...]], ...]
    refusals: tuple[Refusal, ...]


def load_organisation(
    organisation: Organisation | None, booker: User, *, lock: bool
) -> tuple[Organisation | None, Role | None]:
    """The organisation as it is now and the booker's role in it (None: not a member). One statement; with `lock` it
    is held until the transaction ends, so that what its people share is judged one booking at a time."""
    if organisation is None:
        return None, None
    membership = Membership.objects.filter(organisation=organisation, user=booker).values("role")
    found = Organisation.objects.filter(pk=organisation.pk).annotate(bookers_role=Subquery(membership))
    if lock:
        found = found.select_for_update(no_key=True, of=("self",))
    current = found.get()
    return current, Role(current.bookers_role) if current.bookers_role else None


def load_equipment(wishes: Sequence[Wish], *, lock: bool) -> dict[int, Equipment]:
    """Every machine that a wish names or that could serve it, by id, with its type. One statement; with `lock` they
    are held in id order until the transaction ends."""
    ids = {wish.equipment.pk for wish in wishes if wish.equipment}
    types = {wish.equipment_type.pk for wish in wishes if wish.equipment_type and not wish.equipment}
    wanted = Equipment.objects.filter(pk__in=ids)
    if types:
        wanted = Equipment.objects.filter(pk__in=ids) | Equipment.objects.in_service().filter(type__in=types)
    wanted = wanted.select_related("type").order_by("pk")
    return {machine.pk: machine for machine in (wanted.locked() if lock else wanted)}


def judge_wishes(
    wishes: Sequence[Wish],
    facts: Facts,
    machines: dict[int, Equipment],
    *,
    moved: Reservation | None = None,
    overriding: Overriding | None = None,
) -> Verdict:
    """Judge every wish by every rule; one statement for the time of all machines concerned."""
    about_booking = judge_booking(facts)
    proposals = _propose(wishes, facts, machines, moved)
    facts = replace(facts, siblings=_siblings(wishes, proposals))
    accepted: list[tuple[Proposal, tuple[str, ...]]] = []
    if facts.organisation is None:
        return Verdict((), tuple(about_booking))
    refusals: list[Refusal] = [r for r in about_booking if not _set_aside(r, overriding)]
    booking_codes = tuple(r.code for r in about_booking if _set_aside(r, overriding))
    for number, wish in enumerate(wishes):
        candidates = [p for p in proposals if p.number == number]
        judged = [(p, judge(p, facts)) for p in candidates]
        if wish.equipment:
            fitting, refused = _sort_out(judged, overriding)
        else:
            fitting, refused = _choose(wish, number, judged, accepted, overriding)
            siblings = {k: list(v) for k, v in facts.siblings.items()}
            for proposal, _codes in fitting:
                if proposal.occupied:
                    siblings.setdefault(proposal.equipment.pk, []).append((number, proposal.occupied))
            facts = replace(facts, siblings=siblings)
        accepted += [(p, (*booking_codes, *codes)) for p, codes in fitting]
        refusals += refused
    return Verdict(tuple(accepted), tuple(refusals))


def _propose(
    wishes: Sequence[Wish], facts: Facts, machines: dict[int, Equipment], moved: Reservation | None
) -> list[Proposal]:
    """A proposal for each machine that each wish could mean, their times loaded in one statement."""
    latest = facts.now + settings.CALENDARS_EXPANDED_AHEAD
    pairs = [(number, wish, machine) for number, wish in enumerate(wishes) for machine in _could_serve(wish, machines)]
    policies = {pk: machine.policy for pk, machine in machines.items()}
    asks, asked = [], []
    for index, (_number, wish, machine) in enumerate(pairs):
        if wish.start < wish.end <= latest and wish.start > facts.now - settings.CALENDARS_EXPANDED_AHEAD:
            asked.append(index)
            around = timedelta(0) if wish.equipment else STRETCH_LOOKED_AT
            window = window_for(policies[machine.pk], wish.start - around, wish.end + around)
            asks.append((machine.pk, *window))
    loaded = machine_times(asks, leaving_out=[moved.pk] if moved else ())
    times = dict(zip(asked, loaded, strict=True))
    proposals = []
    for index, (number, wish, machine) in enumerate(pairs):
        policy, time = policies[machine.pk], times.get(index, NOTHING_KNOWN)
        occupied = occupied_by(wish.start, wish.end, policy, time.open) if index in times else None
        proposals.append(
            Proposal(
                number=number,
                equipment=machine,
                policy=policy,
                start=wish.start.astimezone(UTC),
                end=wish.end.astimezone(UTC),
                occupied=occupied and Period(occupied.start.astimezone(UTC), occupied.end.astimezone(UTC)),
                time=time,
                moves_from=Period(moved.start, moved.end) if moved else None,
                beyond_calendars=index not in times and wish.start < wish.end,
            )
        )
    return proposals


def _could_serve(wish: Wish, machines: dict[int, Equipment]) -> list[Equipment]:
    if wish.equipment:
        return [machines[wish.equipment.pk]]
    return [machine for machine in machines.values() if machine.type_id == wish.equipment_type.pk]


def _siblings(wishes: Sequence[Wish], proposals: Iterable[Proposal]) -> dict[int, list[tuple[int, Period]]]:
    """What the wishes that name a machine would occupy; wishes that leave the choice add theirs when it is made."""
    siblings: dict[int, list[tuple[int, Period]]] = {}
    for proposal in proposals:
        if proposal.occupied and wishes[proposal.number].equipment:
            siblings.setdefault(proposal.equipment.pk, []).append((proposal.number, proposal.occupied))
    return siblings


def _set_aside(refusal: Refusal, overriding: Overriding | None) -> bool:
    return overriding is not None and overriding.by.is_facility_manager and overriding.sets_aside(refusal)


def _sort_out(judged, overriding: Overriding | None):
    """Those that may go ahead, with the codes set aside for each, and the refusals of the others.

    What cannot be placed at all (`occupied` unknown) cannot be set aside: there is nothing to write.
    """
    fitting, refused = [], []
    for proposal, refusals in judged:
        if proposal.occupied is not None and all(_set_aside(r, overriding) for r in refusals):
            fitting.append((proposal, tuple(r.code for r in refusals)))
        else:
            refused += [r for r in refusals if proposal.occupied is None or not _set_aside(r, overriding)]
    return fitting, refused


def _choose(wish: Wish, number: int, judged, accepted, overriding: Overriding | None):
    """Of the machines that may serve the wish, `units`: first those this booking uses already, so that a class stays
    where it was, then those whose free stretch is the shortest, which leaves the long ones whole."""
    fitting, refused = _sort_out(judged, overriding)
    if len(fitting) >= wish.units:
        used = {proposal.equipment.pk for proposal, _codes in accepted}

        def preference(candidate):
            proposal, codes = candidate
            broken = leaves_unbroken(proposal.occupied, proposal.time.free)
            return len(codes), proposal.equipment.pk not in used, broken, proposal.equipment.code

        return sorted(fitting, key=preference)[: wish.units], []
    # A reason that all machines share is the reason; else there are too few that are free.
    shared = set.intersection(*({r.code for r in refusals} for _, refusals in judged)) - {"clash"} if judged else set()
    first_proposal = judged[0][0] if judged else None
    reasons = [
        replace(r, equipment="")
        for r in refused
        if r.code in shared and first_proposal and r.equipment == first_proposal.equipment.code
    ]
    if not reasons:
        free = len(fitting)
        message = _("%(free)d of %(units)d are free then: %(type)s.") % {
            "free": free,
            "units": wish.units,
            "type": wish.equipment_type,
        }
        reasons = [Refusal("no_unit_free", message, "", wish.start, wish.end, number=number)]
    return [], reasons
