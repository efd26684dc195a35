"""The rule book: what must hold before a machine is reserved. One list, in the order a person would ask.

A rule is named as the statement that must hold. It reads a proposal and the facts, both loaded beforehand, and
gives a refusal or None; it never queries, writes or looks at the clock. Page, API, admin, import, search and the
house-rules page all go by this list. To add a rule, write one function here and its test.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.rules.candidates import Facts, Proposal, Requirement
from bookings.scheduling.placement import on_grid, people_needed, stretches_with_people
from core.clock import ZONE
from core.formatting import day_in_words, duration_in_words, hours_in_words, moment_in_words, period_in_words
from core.periods import Period, lies_in, merged, overlap, within
from core.refusals import Refusal
from equipment.models import ONE_DAY, EquipmentState

FACILITY_MANAGER = "facility_manager"


Judgement = Callable[[Proposal, Facts], str | None]
BookingJudgement = Callable[[Facts], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """`statement` is what must hold, in a sentence for the reader. `judge` gives the reader's message when the rule is
    broken, else None. `override` names who may set it aside."""

    code: str
    statement: Promise
    override: str | None
    judge: Callable[..., str | None]


BOOKING_RULES: list[Rule] = []
RESERVATION_RULES: list[Rule] = []


def booking_rule(code: str, *, says: Promise, override: str | None = None):
    """A rule about the booking as a whole, judged once."""

    def add(judge: BookingJudgement) -> BookingJudgement:
        BOOKING_RULES.append(Rule(code, says, override, judge))
        return judge

    return add


def rule(code: str, *, says: Promise, override: str | None = None):
    """A rule about each reservation."""

    def add(judge: Judgement) -> Judgement:
        RESERVATION_RULES.append(Rule(code, says, override, judge))
        return judge

    return add


# ---- Who and why ------------------------------------------------------------------------------------------------


@booking_rule(
    "not_member",
    says=gettext_lazy("You book for an organisation that you belong to."),
    override=FACILITY_MANAGER,
)
def booker_belongs_to_the_organisation(facts: Facts) -> str | None:
    if facts.organisation is None or (facts.role is None and not facts.moving):
        return _("You are not a member of this organisation. Ask the facility manager to add you.")
    return None


@booking_rule("organisation_suspended", says=gettext_lazy("The organisation may book: it is not suspended."))
def organisation_may_book(facts: Facts) -> str | None:
    if facts.organisation and facts.organisation.suspended_at and facts.organisation.suspended_at <= facts.now:
        return _("Your organisation cannot book at the moment. Ask the facility manager why.")
    return None


@booking_rule(
    "needs_purpose",
    says=gettext_lazy("Each booking says what it is for, with a purpose that the organisation may choose."),
)
def purpose_is_one_the_organisation_may_choose(facts: Facts) -> str | None:
    if facts.moving or facts.organisation is None:
        return None
    if facts.purpose is None:
        return _("Say what the machine is for: choose a purpose.")
    if not facts.purpose.is_offered_to(facts.organisation, on=facts.now.astimezone(ZONE).date()):
        return _("“%(purpose)s” is not for your organisation. Choose another purpose.") % {"purpose": facts.purpose}
    return None


# ---- The machine and the clock ----------------------------------------------------------------------------------


@rule("equipment_retired", says=gettext_lazy("The machine has not been retired."))
def machine_is_in_service(proposal: Proposal, facts: Facts) -> str | None:
    if proposal.equipment.state == EquipmentState.RETIRED:
        return _("%(code)s is no longer in use.") % {"code": proposal.equipment.code}
    return None


@rule("zero_length", says=gettext_lazy("The end comes after the start."))
def start_comes_before_end(proposal: Proposal, facts: Facts) -> str | None:
    if proposal.end <= proposal.start:
        return _("The end must be after the start.")
    return None


@rule("in_the_past", says=gettext_lazy("The start is still to come."))
def start_is_still_to_come(proposal: Proposal, facts: Facts) -> str | None:
    """A reservation that is moved may keep a start that has passed; its end may not have passed."""
    if proposal.starts_as_before and proposal.end > facts.now:
        return None
    if proposal.start < facts.now:
        return _("That time has passed.")
    return None


@rule(
    "off_grid",
    says=gettext_lazy("Start and end are on whole steps of the clock, as the machine says."),
    override=FACILITY_MANAGER,
)
def start_and_end_are_on_the_grid(proposal: Proposal, facts: Facts) -> str | None:
    grid = proposal.policy.grid
    if on_grid(proposal.start, grid) and on_grid(proposal.end, grid):
        return None
    return _("Start and end on a whole %(grid)s.") % {"grid": duration_in_words(grid)}


@rule("too_short", says=gettext_lazy("It takes at least the shortest time of the machine."), override=FACILITY_MANAGER)
def lasts_at_least_the_shortest_allowed(proposal: Proposal, facts: Facts) -> str | None:
    shortest = proposal.policy.shortest
    if timedelta(0) < proposal.duration < shortest:
        return _("At least %(shortest)s at a time.") % {"shortest": duration_in_words(shortest)}
    return None


@rule("too_long", says=gettext_lazy("It takes at most the longest time of the machine."), override=FACILITY_MANAGER)
def lasts_at_most_the_longest_allowed(proposal: Proposal, facts: Facts) -> str | None:
    longest = proposal.policy.longest
    if longest is not None and proposal.duration > longest:
        return _("At most %(longest)s at a time.") % {"longest": duration_in_words(longest)}
    return None


@rule(
    "notice_too_short",
    says=gettext_lazy("It is booked in time: at least the notice period ahead."),
    override=FACILITY_MANAGER,
)
def notice_is_long_enough(proposal: Proposal, facts: Facts) -> str | None:
    notice = proposal.policy.notice_period
    if proposal.starts_as_before or proposal.start >= facts.now + notice or proposal.start < facts.now:
        return None  # what has passed is told by its own rule
    return _("Book at least %(notice)s ahead.") % {"notice": duration_in_words(notice)}


@rule(
    "beyond_horizon",
    says=gettext_lazy("It is not booked too early: at most the horizon ahead."),
    override=FACILITY_MANAGER,
)
def starts_within_the_horizon(proposal: Proposal, facts: Facts) -> str | None:
    horizon = proposal.policy.horizon
    if proposal.start > facts.now + horizon or (proposal.beyond_calendars and proposal.start > facts.now):
        return _("At most %(horizon)s ahead.") % {"horizon": duration_in_words(horizon)}
    return None


# ---- Open time --------------------------------------------------------------------------------------------------


@rule(
    "outside_opening_hours",
    says=gettext_lazy(
        "Set-up, use and clean-up are in opening hours; "
        "an unattended run may go on in between, if people can start it and take the result out."
    ),
    override=FACILITY_MANAGER,
)
def people_can_be_there_when_needed(proposal: Proposal, facts: Facts) -> str | None:
    """Outages are another rule's: their moments count as open here, so that a fault is not called a closing hour."""
    policy, time = proposal.policy, proposal.time
    if proposal.end <= proposal.start or proposal.beyond_calendars:
        return None
    if policy.last_start and proposal.start.astimezone(ZONE).time() > policy.last_start:
        return _("Start at %(time)s at the latest.") % {"time": policy.last_start.strftime("%H:%M")}
    staffed = merged([*time.open, *time.out])
    needed = people_needed(proposal.start, proposal.end, policy)
    if proposal.occupied and lies_in(needed, staffed):
        return None
    if policy.unattended:
        return _("Set-up and start must be in opening hours, and somebody must be able to take the result out.")
    if policy.set_up or policy.clean_up:
        return _("Outside opening hours, counting %(set_up)s of set-up before and %(clean_up)s of clean-up after.") % {
            "set_up": duration_in_words(policy.set_up),
            "clean_up": duration_in_words(policy.clean_up),
        }
    return _("Outside opening hours.")


@rule(
    "during_outage",
    says=gettext_lazy("The machine works all that time: no maintenance, no fault."),
    override=FACILITY_MANAGER,
)
def machine_runs_all_the_time(proposal: Proposal, facts: Facts) -> str | None:
    hit = next((p for p in proposal.time.out if proposal.occupied and overlap(p, proposal.occupied)), None)
    if hit:
        return _("Out of service until %(until)s.") % {"until": moment_in_words(hit.end)}
    return None


# ---- Others -----------------------------------------------------------------------------------------------------


@rule("clash", says=gettext_lazy("Nobody else has the machine then, set-up and clean-up included."))
def nobody_else_has_the_machine(proposal: Proposal, facts: Facts) -> str | None:
    """Set-up and clean-up count, of this reservation and of the others."""
    occupied = proposal.occupied
    if occupied is None:
        return None
    taken = next((part for p in proposal.time.taken if (part := within(p, *occupied))), None)
    if taken:
        return _occupied_in_words(taken, occupied)
    own = (p.proposal for p in facts.planned if p.proposal.equipment.pk == proposal.equipment.pk)
    if any(p.occupied and overlap(p.occupied, occupied) for p in own):
        return _("This booking already has %(code)s then.") % {"code": proposal.equipment.code}
    return None


def _occupied_in_words(taken: Period, asked: Period) -> str:
    """Of the time asked for and no more, since where somebody else's reservation begins and ends is theirs to know."""
    if taken == asked:
        return _("Occupied all that time, set-up and clean-up included.")
    if taken.start == asked.start:
        until = moment_in_words(taken.end)
        return _("Occupied until %(until)s, set-up and clean-up included.") % {"until": until}
    if taken.end == asked.end:
        since = moment_in_words(taken.start)
        return _("Occupied from %(since)s on, set-up and clean-up included.") % {"since": since}
    return _("Occupied %(period)s, set-up and clean-up included.") % {"period": period_in_words(*taken)}


# ---- People -----------------------------------------------------------------------------------------------------


@rule(
    "not_certified",
    says=gettext_lazy("You, or a supervisor who is present, hold the certificates it needs on every day of use."),
    override=FACILITY_MANAGER,
)
def somebody_present_is_certified_on_every_day(proposal: Proposal, facts: Facts) -> str | None:
    """The booker or the supervisor; on the days of use, not on the day of booking."""
    if proposal.end <= proposal.start:
        return None
    first = proposal.start.astimezone(ZONE).date()
    for requirement in facts.requirements.get(proposal.equipment.type_id, ()):
        if held_throughout(requirement, proposal.start, proposal.end):
            continue
        ends = max((until for since, until in requirement.held if since <= first), default=None)
        if ends is not None and first < ends:
            return _(
                "Your certificate “%(kind)s” is valid through %(day)s, and this ends later. "
                "Ask a technician to renew it."
            ) % {"kind": requirement.kind, "day": day_in_words(ends - ONE_DAY)}
        if ends is not None:
            return _("Your certificate “%(kind)s” was valid through %(day)s. Ask a technician to renew it.") % {
                "kind": requirement.kind,
                "day": day_in_words(ends - ONE_DAY),
            }
        return _("You need the certificate “%(kind)s”. Ask a technician for the instruction.") % {
            "kind": requirement.kind
        }
    return None


def held_throughout(requirement: Requirement, start: datetime, end: datetime) -> bool:
    """Whether one certificate of the kind is valid on the first day of `[start, end)` and on the last."""
    first = start.astimezone(ZONE).date()
    last = (end.astimezone(ZONE) - timedelta(microseconds=1)).date()
    return any(since <= first and last < until for since, until in requirement.held)


@rule("no_operator", says=gettext_lazy("Where a machine needs an operator, one is free."), override=FACILITY_MANAGER)
def an_operator_is_free(proposal: Proposal, facts: Facts) -> str | None:
    if not proposal.policy.operator_needed or proposal.occupied is None:
        return None
    if free_operator(proposal, facts) is None:
        return _("No operator is free then.")
    return None


def free_operator(proposal: Proposal, facts: Facts) -> int | None:
    """The id of the operator to run it: of those who work then and are not taken, the one with the least to do."""
    assert proposal.occupied is not None
    needed = stretches_with_people(proposal.start, proposal.end, proposal.occupied, proposal.policy)
    able = []
    for operator in facts.operators.get(proposal.equipment.type_id, ()):
        planned = [s for p in facts.planned if p.operator_id == operator.operator_id for s in _stretches(p.proposal)]
        taken = [*operator.taken, *planned]
        works = all(lies_in(stretch, operator.open) for stretch in needed)
        if works and not any(overlap(stretch, t) for stretch in needed for t in taken):
            able.append((len(taken), operator.operator_id))
    return min(able)[1] if able else None


def _stretches(proposal: Proposal) -> Sequence[Period]:
    if proposal.occupied is None:
        return ()
    return stretches_with_people(proposal.start, proposal.end, proposal.occupied, proposal.policy)


# ---- Shares -----------------------------------------------------------------------------------------------------


@rule(
    "too_many_open",
    says=gettext_lazy("The organisation has no more reservations ahead than the machine allows."),
    override=FACILITY_MANAGER,
)
def organisation_keeps_few_open_reservations(proposal: Proposal, facts: Facts) -> str | None:
    limit = proposal.policy.open_reservation_limit
    if limit is None or (facts.moving and not proposal.changes_type):
        return None  # moved within its type it adds none
    type_id = proposal.equipment.type_id
    planned = sum(p.proposal.equipment.type_id == type_id for p in facts.planned)
    if facts.open_reservations.get(type_id, 0) + planned >= limit:
        return _("Your organisation may have %(limit)d reservations of this type ahead at a time.") % {"limit": limit}
    return None


@rule(
    "over_quota",
    says=gettext_lazy("The hours stay within the quotas of the organisation."),
    override=FACILITY_MANAGER,
)
def hours_stay_within_every_quota(proposal: Proposal, facts: Facts) -> str | None:
    """In every week, month or quarter that the reservation lies in; what this booking plans already counts as well."""
    if proposal.end <= proposal.start or proposal.beyond_calendars:
        return None
    period = Period(proposal.start, proposal.end)
    for use in facts.quotas:
        quota = use.quota
        if not quota.covers(proposal.equipment):
            continue
        planned = [
            Period(p.proposal.start, p.proposal.end) for p in facts.planned if quota.covers(p.proposal.equipment)
        ]
        for window in quota.windows_of(period):
            used = use.used_in(window) + sum((quota.hours_of(p, window) for p in planned), Decimal(0))
            if used + quota.hours_of(period, window) > quota.hours:
                return _("Of %(quota)s your organisation has %(left)s hours left in the one of %(day)s.") % {
                    "quota": quota,
                    "left": hours_in_words(max(quota.hours - used, Decimal(0))),
                    "day": day_in_words(window.start.astimezone(ZONE).date()),
                }
    return None


# ---- Judging ----------------------------------------------------------------------------------------------------


def judge_booking(facts: Facts) -> list[Refusal]:
    """Every rule about the booking as a whole that it breaks."""
    messages = ((r, r.judge(facts)) for r in BOOKING_RULES)
    return [Refusal(r.code, message, overridable=r.override is not None) for r, message in messages if message]


def judge(proposal: Proposal, facts: Facts) -> list[Refusal]:
    """Every rule about reservations that this one breaks."""
    messages = ((r, r.judge(proposal, facts)) for r in RESERVATION_RULES)
    return [
        Refusal(
            code=r.code,
            message=message,
            equipment=proposal.equipment.code,
            start=proposal.start,
            end=proposal.end,
            overridable=r.override is not None,
            number=proposal.number,
        )
        for r, message in messages
        if message
    ]
