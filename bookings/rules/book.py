"""The rule book: what must hold before a machine is reserved. One list, in the order a person would ask.

A rule is named as the statement that must hold. It reads a candidate and the context, both loaded beforehand, and
gives a refusal or None; it never queries, writes or looks at the clock. Page, API, admin, import, search and the
house-rules page all go by this list. To add a rule, write one function here and its test: all it means elsewhere
stands in its decorator.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.rules.candidates import Candidate, Context, Requirement
from bookings.scheduling.placement import on_grid, people_needed, stretches_with_people
from core.clock import ZONE
from core.formatting import day_in_words, duration_in_words, hours_in_words, moment_in_words, period_in_words
from core.periods import Period, lies_in, merged, overlap, within
from core.refusals import Cure, Refusal
from equipment.models import ONE_DAY, EquipmentState

FACILITY_MANAGER = "facility_manager"


class Trigger(Enum):
    """What may change after a reservation was made, so that it no longer keeps a rule."""

    CALENDAR = "calendar"  # opening hours, closures and outages
    CERTIFICATE = "certificate"  # granted or withdrawn


@dataclass(frozen=True, slots=True)
class Rule:
    """`statement` is what must hold, in a sentence for the reader. `evaluate` gives the reader's message when the rule
    is broken, else None. `override` names who may set it aside.

    `field` is the field of the booking form that a refusal is shown at, empty for the whole of it. `cure` is what could
    help. After `recheck` the reservations that were made are evaluated again, and `issue` says in a few words what is
    the matter with one that no longer keeps the rule.
    """

    code: str
    statement: Promise
    override: str | None
    evaluate: Callable[..., str | None]
    field: str
    cure: Cure
    recheck: Trigger | None
    issue: Promise | None


BOOKING_RULES: list[Rule] = []
RESERVATION_RULES: list[Rule] = []

# What a service refuses with where a choice of machines is asked for and too few are left: no one rule says it.
NO_UNIT_FREE = "no_unit_free"


def _adds_to(rules: list[Rule]):
    def of(
        code: str,
        *,
        says: Promise,
        override: str | None = None,
        field: str = "",
        cure: Cure = Cure.REQUEST,
        recheck: Trigger | None = None,
        issue: Promise | None = None,
    ):
        def add(evaluate: Callable[..., str | None]):
            rules.append(Rule(code, says, override, evaluate, field, cure, recheck, issue))
            return evaluate

        return add

    return of


# A rule about the booking as a whole, evaluated once: (context) -> a message or None.
booking_rule = _adds_to(BOOKING_RULES)
# A rule about each reservation: (candidate, context) -> a message or None.
rule = _adds_to(RESERVATION_RULES)


def rules_to_recheck(trigger: Trigger) -> list[Rule]:
    """In the order of the book."""
    return [each for each in RESERVATION_RULES if each.recheck == trigger]


def issues_in_words() -> dict[str, Promise]:
    """By the code of a rule that may be broken afterwards, what is the matter then."""
    return {each.code: each.issue for each in RESERVATION_RULES if each.issue}


def issue_in_words(code: str) -> str:
    """What is the matter with a reservation that no longer keeps the rule `code`; the code of a rule that is gone."""
    return str(issues_in_words().get(code, code))


# ---- Who and why ------------------------------------------------------------------------------------------------


@booking_rule(
    "not_member",
    says=gettext_lazy("You book for an organisation that you belong to."),
    override=FACILITY_MANAGER,
    field="organisation",
    cure=Cure.NOTHING,
)
def booker_belongs_to_the_organisation(context: Context) -> str | None:
    if context.organisation is None or (context.role is None and not context.moving):
        return _("You are not a member of this organisation. Ask the facility manager to add you.")
    return None


@booking_rule(
    "organisation_suspended",
    says=gettext_lazy("The organisation may book: it is not suspended."),
    field="organisation",
    cure=Cure.NOTHING,
)
def organisation_may_book(context: Context) -> str | None:
    if context.organisation and context.organisation.suspended_at and context.organisation.suspended_at <= context.now:
        return _("Your organisation cannot book at the moment. Ask the facility manager why.")
    return None


@booking_rule(
    "needs_purpose",
    says=gettext_lazy("Each booking says what it is for, with a purpose that the organisation may choose."),
    field="purpose",
    cure=Cure.CHOICE,
)
def purpose_is_one_the_organisation_may_choose(context: Context) -> str | None:
    if context.moving or context.organisation is None:
        return None
    if context.purpose is None:
        return _("Say what the machine is for: choose a purpose.")
    if not context.purpose.is_offered_to(context.organisation, on=context.now.astimezone(ZONE).date()):
        return _("“%(purpose)s” is not for your organisation. Choose another purpose.") % {"purpose": context.purpose}
    return None


# ---- The machine and the clock ----------------------------------------------------------------------------------


@rule("equipment_retired", says=gettext_lazy("The machine has not been retired."))
def machine_is_in_service(candidate: Candidate, context: Context) -> str | None:
    if candidate.equipment.state == EquipmentState.RETIRED:
        return _("%(code)s is no longer in use.") % {"code": candidate.equipment.code}
    return None


@rule("zero_length", says=gettext_lazy("The end comes after the start."), field="end")
def start_comes_before_end(candidate: Candidate, context: Context) -> str | None:
    if candidate.end <= candidate.start:
        return _("The end must be after the start.")
    return None


@rule("in_the_past", says=gettext_lazy("The start is still to come."), field="start", cure=Cure.TIME)
def start_is_still_to_come(candidate: Candidate, context: Context) -> str | None:
    """A reservation that is moved may keep a start that has passed; its end may not have passed."""
    if candidate.starts_as_before and candidate.end > context.now:
        return None
    if candidate.start < context.now:
        return _("That time has passed.")
    return None


@rule(
    "off_grid",
    says=gettext_lazy("Start and end are on whole steps of the clock, as the machine says."),
    override=FACILITY_MANAGER,
    field="start",
    cure=Cure.TIME,
)
def start_and_end_are_on_the_grid(candidate: Candidate, context: Context) -> str | None:
    grid = candidate.policy.grid
    if on_grid(candidate.start, grid) and on_grid(candidate.end, grid):
        return None
    return _("Start and end on a whole %(grid)s.") % {"grid": duration_in_words(grid)}


@rule(
    "too_short",
    says=gettext_lazy("It takes at least the shortest time of the machine."),
    override=FACILITY_MANAGER,
    field="end",
)
def lasts_at_least_the_shortest_allowed(candidate: Candidate, context: Context) -> str | None:
    shortest = candidate.policy.shortest
    if timedelta(0) < candidate.duration < shortest:
        return _("At least %(shortest)s at a time.") % {"shortest": duration_in_words(shortest)}
    return None


@rule(
    "too_long",
    says=gettext_lazy("It takes at most the longest time of the machine."),
    override=FACILITY_MANAGER,
    field="end",
)
def lasts_at_most_the_longest_allowed(candidate: Candidate, context: Context) -> str | None:
    longest = candidate.policy.longest
    if longest is not None and candidate.duration > longest:
        return _("At most %(longest)s at a time.") % {"longest": duration_in_words(longest)}
    return None


@rule(
    "notice_too_short",
    says=gettext_lazy("It is booked in time: at least the notice period ahead."),
    override=FACILITY_MANAGER,
    field="start",
    cure=Cure.TIME,
)
def notice_is_long_enough(candidate: Candidate, context: Context) -> str | None:
    notice = candidate.policy.notice_period
    if candidate.starts_as_before or candidate.start >= context.now + notice or candidate.start < context.now:
        return None  # what has passed is told by its own rule
    return _("Book at least %(notice)s ahead.") % {"notice": duration_in_words(notice)}


@rule(
    "beyond_horizon",
    says=gettext_lazy("It is not booked too early: at most the horizon ahead."),
    override=FACILITY_MANAGER,
    field="day",
)
def starts_within_the_horizon(candidate: Candidate, context: Context) -> str | None:
    horizon = candidate.policy.horizon
    if candidate.start > context.now + horizon or (candidate.beyond_calendars and candidate.start > context.now):
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
    field="start",
    cure=Cure.TIME,
    recheck=Trigger.CALENDAR,
    issue=gettext_lazy("outside opening hours"),
)
def people_can_be_there_when_needed(candidate: Candidate, context: Context) -> str | None:
    """Outages are another rule's: their moments count as open here, so that a fault is not called a closing hour."""
    policy, time = candidate.policy, candidate.time
    if candidate.end <= candidate.start or candidate.beyond_calendars:
        return None
    staffed = merged([*time.open, *time.out])
    if candidate.staffed_as_booked:
        kept = all(lies_in(stretch, staffed) for stretch in candidate.staffed_as_booked)
        return None if kept else _("Outside opening hours.")
    if policy.last_start and candidate.start.astimezone(ZONE).time() > policy.last_start:
        return _("Start at %(time)s at the latest.") % {"time": policy.last_start.strftime("%H:%M")}
    needed = people_needed(candidate.start, candidate.end, policy)
    if candidate.occupied and lies_in(needed, staffed):
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
    field="start",
    cure=Cure.TIME,
    recheck=Trigger.CALENDAR,
    issue=gettext_lazy("during maintenance or a fault"),
)
def machine_runs_all_the_time(candidate: Candidate, context: Context) -> str | None:
    hit = next((p for p in candidate.time.out if candidate.occupied and overlap(p, candidate.occupied)), None)
    if hit:
        return _("Out of service until %(until)s.") % {"until": moment_in_words(hit.end)}
    return None


# ---- Others -----------------------------------------------------------------------------------------------------


@rule(
    "clash",
    says=gettext_lazy("Nobody else has the machine then, set-up and clean-up included."),
    field="start",
    cure=Cure.TIME,
)
def nobody_else_has_the_machine(candidate: Candidate, context: Context) -> str | None:
    """Set-up and clean-up count, of this reservation and of the others."""
    occupied = candidate.occupied
    if occupied is None:
        return None
    taken = next((part for p in candidate.time.taken if (part := within(p, *occupied))), None)
    if taken:
        return _occupied_in_words(taken, occupied)
    own = (p.candidate for p in context.allocated if p.candidate.equipment.pk == candidate.equipment.pk)
    if any(p.occupied and overlap(p.occupied, occupied) for p in own):
        return _("This booking already has %(code)s then.") % {"code": candidate.equipment.code}
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
    recheck=Trigger.CERTIFICATE,
    issue=gettext_lazy("a certificate is missing"),
)
def somebody_present_is_certified_on_every_day(candidate: Candidate, context: Context) -> str | None:
    """The booker or the supervisor; on the days of use, not on the day of booking."""
    if candidate.end <= candidate.start:
        return None
    first = candidate.start.astimezone(ZONE).date()
    for requirement in context.requirements.get(candidate.equipment.type_id, ()):
        if held_throughout(requirement, candidate.start, candidate.end):
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
def an_operator_is_free(candidate: Candidate, context: Context) -> str | None:
    if not candidate.policy.operator_needed or candidate.occupied is None:
        return None
    if free_operator(candidate, context) is None:
        return _("No operator is free then.")
    return None


def free_operator(candidate: Candidate, context: Context) -> int | None:
    """The id of the operator to run it: of those who work then and are not taken, the one with the least to do."""
    assert candidate.occupied is not None
    needed = stretches_with_people(candidate.start, candidate.end, candidate.occupied, candidate.policy)
    able = []
    for operator in context.operators.get(candidate.equipment.type_id, ()):
        allocated = [
            s for p in context.allocated if p.operator_id == operator.operator_id for s in _stretches(p.candidate)
        ]
        taken = [*operator.taken, *allocated]
        works = all(lies_in(stretch, operator.open) for stretch in needed)
        if works and not any(overlap(stretch, t) for stretch in needed for t in taken):
            able.append((len(taken), operator.operator_id))
    return min(able)[1] if able else None


def _stretches(candidate: Candidate) -> Sequence[Period]:
    if candidate.occupied is None:
        return ()
    return stretches_with_people(candidate.start, candidate.end, candidate.occupied, candidate.policy)


# ---- Shares -----------------------------------------------------------------------------------------------------


@rule(
    "too_many_open",
    says=gettext_lazy("The organisation has no more reservations ahead than the machine allows."),
    override=FACILITY_MANAGER,
)
def organisation_keeps_few_open_reservations(candidate: Candidate, context: Context) -> str | None:
    limit = candidate.policy.open_reservation_limit
    if limit is None or (context.moving and not candidate.changes_type):
        return None  # moved within its type it adds none
    type_id = candidate.equipment.type_id
    allocated = sum(p.candidate.equipment.type_id == type_id for p in context.allocated)
    if context.open_reservations.get(type_id, 0) + allocated >= limit:
        return _("Your organisation may have %(limit)d reservations of this type ahead at a time.") % {"limit": limit}
    return None


@rule(
    "over_quota",
    says=gettext_lazy("The hours stay within the quotas of the organisation."),
    override=FACILITY_MANAGER,
)
def hours_stay_within_every_quota(candidate: Candidate, context: Context) -> str | None:
    """In every week, month or quarter that the reservation lies in; what this booking plans already counts as well."""
    if candidate.end <= candidate.start or candidate.beyond_calendars:
        return None
    period = Period(candidate.start, candidate.end)
    for use in context.quotas:
        quota = use.quota
        if not quota.covers(candidate.equipment):
            continue
        allocated = [
            Period(p.candidate.start, p.candidate.end) for p in context.allocated if quota.covers(p.candidate.equipment)
        ]
        for window in quota.windows_of(period):
            used = use.used_in(window) + sum((quota.hours_of(p, window) for p in allocated), Decimal(0))
            if used + quota.hours_of(period, window) > quota.hours:
                return _("Of %(quota)s your organisation has %(left)s hours left in the one of %(day)s.") % {
                    "quota": quota,
                    "left": hours_in_words(max(quota.hours - used, Decimal(0))),
                    "day": day_in_words(window.start.astimezone(ZONE).date()),
                }
    return None


# ---- Evaluating -------------------------------------------------------------------------------------------------


def evaluate_booking(context: Context) -> list[Refusal]:
    """Every rule about the booking as a whole that it breaks."""
    messages = ((r, r.evaluate(context)) for r in BOOKING_RULES)
    return [
        Refusal(r.code, message, overridable=r.override is not None, cure=r.cure, field=r.field)
        for r, message in messages
        if message
    ]


def evaluate(candidate: Candidate, context: Context) -> list[Refusal]:
    """Every rule about reservations that this one breaks."""
    messages = ((r, r.evaluate(candidate, context)) for r in RESERVATION_RULES)
    return [
        Refusal(
            code=r.code,
            message=message,
            equipment=candidate.equipment.code,
            start=candidate.start,
            end=candidate.end,
            overridable=r.override is not None,
            number=candidate.number,
            cure=r.cure,
            field=r.field,
        )
        for r, message in messages
        if message
    ]
