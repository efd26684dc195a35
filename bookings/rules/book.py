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
from bookings.rules.sentences import refusal
from bookings.scheduling.placement import on_grid, people_needed, stretches_with_people
from core.clock import ZONE
from core.formatting import (
    day_in_words,
    duration_in_words,
    hours_in_words,
    moment_in_words,
    period_in_words,
    window_in_words,
)
from core.periods import Period, lies_in, merged, overlap, within
from core.refusals import Cure, Refusal
from equipment.models import ONE_DAY, EquipmentState

FACILITY_MANAGER = "facility_manager"
MINUTE = timedelta(minutes=1)


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
        return refusal(
            _("You are not a member of this organisation."), way_out=_("Ask the facility manager to add you.")
        )
    return None


@booking_rule(
    "organisation_suspended",
    says=gettext_lazy("The organisation is not suspended."),
    field="organisation",
    cure=Cure.NOTHING,
)
def organisation_may_book(context: Context) -> str | None:
    if context.organisation and context.organisation.suspended_at and context.organisation.suspended_at <= context.now:
        return refusal(_("Your organisation cannot book at the moment."), way_out=_("Contact the facility manager."))
    return None


@booking_rule(
    "needs_purpose",
    says=gettext_lazy("Each booking has a purpose that the organisation may choose."),
    field="purpose",
    cure=Cure.CHOICE,
)
def purpose_is_one_the_organisation_may_choose(context: Context) -> str | None:
    if context.moving or context.organisation is None:
        return None
    if context.purpose is None:
        return refusal(_("The booking has no purpose yet."), way_out=_("Choose a purpose."))
    if not context.purpose.is_offered_to(context.organisation, on=context.now.astimezone(ZONE).date()):
        return refusal(
            _("Your organisation cannot use “%(purpose)s”.") % {"purpose": context.purpose},
            way_out=_("Choose another purpose."),
        )
    return None


# ---- The machine and the clock ----------------------------------------------------------------------------------


@rule("equipment_retired", says=gettext_lazy("The machine has not been retired."))
def machine_is_in_service(candidate: Candidate, context: Context) -> str | None:
    if candidate.equipment.state == EquipmentState.RETIRED:
        return refusal(
            _("%(code)s has been retired.") % {"code": candidate.equipment.code}, way_out=_("Choose another machine.")
        )
    return None


@rule("zero_length", says=gettext_lazy("The reservation ends after it starts."), field="end")
def start_comes_before_end(candidate: Candidate, context: Context) -> str | None:
    if candidate.end <= candidate.start:
        return refusal(_("The end must be after the start."), way_out=_("Choose a later end."))
    return None


@rule("in_the_past", says=gettext_lazy("You book a time in the future."), field="start", cure=Cure.TIME)
def start_is_still_to_come(candidate: Candidate, context: Context) -> str | None:
    """A reservation that is moved may keep a start that has passed; its end may not have passed."""
    if candidate.starts_as_before and candidate.end > context.now:
        return None
    if candidate.start < context.now:
        return refusal(_("That time has passed."), way_out=_("Choose a later start."))
    return None


@rule(
    "off_grid",
    says=gettext_lazy("Start and end fit the machine’s steps, such as every quarter of an hour."),
    override=FACILITY_MANAGER,
    field="start",
    cure=Cure.TIME,
)
def start_and_end_are_on_the_grid(candidate: Candidate, context: Context) -> str | None:
    grid = candidate.policy.grid
    if on_grid(candidate.start, grid) and on_grid(candidate.end, grid):
        return None
    step = f"{int(grid.total_seconds() // 60 % 60):02}"
    times = {"first": "09:00", "next": f"09:{step}" if grid < timedelta(hours=1) else "10:00"}
    return refusal(
        _("These times do not fit the steps of the machine."),
        figure=_("It goes by steps of %(grid)s.") % {"grid": duration_in_words(grid)},
        way_out=_("Choose times such as %(first)s or %(next)s.") % times,
    )


@rule(
    "too_short",
    says=gettext_lazy("A reservation is no shorter than the machine allows."),
    override=FACILITY_MANAGER,
    field="end",
)
def lasts_at_least_the_shortest_allowed(candidate: Candidate, context: Context) -> str | None:
    shortest = candidate.policy.shortest
    if timedelta(0) < candidate.duration < shortest:
        return refusal(
            _("This is too short for the machine."),
            way_out=_("Book this machine for at least %(shortest)s.") % {"shortest": duration_in_words(shortest)},
        )
    return None


@rule(
    "too_long",
    says=gettext_lazy("A reservation is no longer than the machine allows."),
    override=FACILITY_MANAGER,
    field="end",
)
def lasts_at_most_the_longest_allowed(candidate: Candidate, context: Context) -> str | None:
    longest = candidate.policy.longest
    if longest is not None and candidate.duration > longest:
        return refusal(
            _("This is too long for the machine."),
            way_out=_("Book this machine for at most %(longest)s in one go.") % {"longest": duration_in_words(longest)},
        )
    return None


@rule(
    "notice_too_short",
    says=gettext_lazy("You book in time, as far in advance as the machine asks."),
    override=FACILITY_MANAGER,
    field="start",
    cure=Cure.TIME,
)
def notice_is_long_enough(candidate: Candidate, context: Context) -> str | None:
    notice = candidate.policy.notice_period
    if candidate.starts_as_before or candidate.start >= context.now + notice or candidate.start < context.now:
        return None  # what has passed is told by its own rule
    return refusal(
        _("This is too soon."),
        figure=_("Book this machine at least %(notice)s in advance.") % {"notice": duration_in_words(notice)},
        way_out=_("You can book from %(moment)s.")
        % {"moment": moment_in_words(_up_to_the_minute(context.now + notice))},
    )


def _up_to_the_minute(moment: datetime) -> datetime:
    """A moment that is told may be booked: the first whole minute that is not before it."""
    return moment if moment.second == moment.microsecond == 0 else moment.replace(second=0, microsecond=0) + MINUTE


@rule(
    "beyond_horizon",
    says=gettext_lazy("You book no earlier in advance than the machine allows."),
    override=FACILITY_MANAGER,
    field="day",
)
def starts_within_the_horizon(candidate: Candidate, context: Context) -> str | None:
    horizon = candidate.policy.horizon
    if candidate.start > context.now + horizon or (candidate.beyond_calendars and candidate.start > context.now):
        return refusal(
            _("This is too far ahead."),
            figure=_("You can book at most %(horizon)s in advance.") % {"horizon": duration_in_words(horizon)},
            way_out=_("Choose a day before %(day)s.")
            % {"day": day_in_words((context.now + horizon).astimezone(ZONE).date())},
        )
    return None


# ---- Open time --------------------------------------------------------------------------------------------------


@rule(
    "outside_opening_hours",
    says=gettext_lazy(
        "Preparation, use and clean-up are in opening hours; an unattended run only starts and ends in them."
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
        return None if kept else _outside_opening_hours()
    if policy.last_start and candidate.start.astimezone(ZONE).time() > policy.last_start:
        return refusal(
            _("That start is too late in the day."),
            way_out=_("Start at %(time)s at the latest.") % {"time": policy.last_start.strftime("%H:%M")},
        )
    needed = people_needed(candidate.start, candidate.end, policy)
    if candidate.occupied and lies_in(needed, staffed):
        return None
    if policy.unattended:
        figure = _("Preparation takes %(set_up)s and clean-up %(clean_up)s, both with somebody present.") % {
            "set_up": duration_in_words(policy.set_up),
            "clean_up": duration_in_words(policy.clean_up),
        }
        return refusal(
            _("A run can only start and end when people can be there."),
            figure=figure,
            way_out=_("Choose another start."),
        )
    if policy.set_up or policy.clean_up:
        return _outside_opening_hours(
            _("Allow for %(set_up)s of preparation before and %(clean_up)s of clean-up after.")
            % {"set_up": duration_in_words(policy.set_up), "clean_up": duration_in_words(policy.clean_up)}
        )
    return _outside_opening_hours()


def _outside_opening_hours(figure: str = "") -> str:
    return refusal(_("This is outside opening hours."), figure=figure, way_out=_("Choose another time."))


@rule(
    "during_outage",
    says=gettext_lazy("The machine is in service all that time."),
    override=FACILITY_MANAGER,
    field="start",
    cure=Cure.TIME,
    recheck=Trigger.CALENDAR,
    issue=gettext_lazy("out of service then"),
)
def machine_runs_all_the_time(candidate: Candidate, context: Context) -> str | None:
    hit = next((p for p in candidate.time.out if candidate.occupied and overlap(p, candidate.occupied)), None)
    if hit:
        return refusal(
            _("The machine is out of service then."),
            figure=_("Out of service until %(until)s.") % {"until": moment_in_words(hit.end)},
            way_out=_("Choose another time or machine."),
        )
    return None


# ---- Others -----------------------------------------------------------------------------------------------------


@rule(
    "clash",
    says=gettext_lazy("Nobody else has the machine at that time, including preparation and clean-up."),
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
        return refusal(
            _occupied_in_words(taken, occupied),
            figure=_("Preparation and clean-up are included."),
            way_out=_("Choose another time."),
        )
    own = (p.candidate for p in context.allocated if p.candidate.equipment.pk == candidate.equipment.pk)
    if any(p.occupied and overlap(p.occupied, occupied) for p in own):
        return refusal(
            _("This booking already has %(code)s at that time.") % {"code": candidate.equipment.code},
            way_out=_("Choose another time or machine."),
        )
    return None


def _occupied_in_words(taken: Period, asked: Period) -> str:
    """Of the time asked for and no more, since where somebody else's reservation begins and ends is theirs to know."""
    if taken == asked:
        return _("The machine is taken all that time.")
    if taken.start == asked.start:
        until = moment_in_words(taken.end)
        return _("The machine is taken until %(until)s.") % {"until": until}
    if taken.end == asked.end:
        since = moment_in_words(taken.start)
        return _("The machine is taken from %(since)s on.") % {"since": since}
    return _("The machine is taken %(period)s.") % {"period": period_in_words(*taken)}


# ---- People -----------------------------------------------------------------------------------------------------


@rule(
    "not_certified",
    says=gettext_lazy(
        "You, or a supervisor who is present, hold the certificates that the machine needs on every day of use."
    ),
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
            return refusal(
                _("This ends after your certificate does."),
                figure=_("“%(kind)s” is valid through %(day)s.")
                % {"kind": requirement.kind, "day": day_in_words(ends - ONE_DAY)},
                way_out=_("Ask a technician to renew it."),
            )
        if ends is not None:
            return refusal(
                _("Your certificate is no longer valid then."),
                figure=_("“%(kind)s” is valid through %(day)s.")
                % {"kind": requirement.kind, "day": day_in_words(ends - ONE_DAY)},
                way_out=_("Ask a technician to renew it."),
            )
        return refusal(
            _("You need the certificate “%(kind)s”.") % {"kind": requirement.kind},
            way_out=_("Ask a technician for the instruction."),
        )
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
        return refusal(_("No operator is free at that time."), way_out=_("Choose another time."))
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
    says=gettext_lazy("The organisation has no more upcoming reservations than the machine allows."),
    override=FACILITY_MANAGER,
)
def organisation_keeps_few_open_reservations(candidate: Candidate, context: Context) -> str | None:
    limit = candidate.policy.open_reservation_limit
    if limit is None or (context.moving and not candidate.changes_type):
        return None  # moved within its type it adds none
    type_id = candidate.equipment.type_id
    allocated = sum(p.candidate.equipment.type_id == type_id for p in context.allocated)
    if context.open_reservations.get(type_id, 0) + allocated >= limit:
        return refusal(
            _("Your organisation has the most upcoming reservations of this type."),
            figure=_("At most %(limit)d are allowed at a time.") % {"limit": limit},
            way_out=_("Cancel one first, or wait until one is over."),
        )
    return None


@rule(
    "over_quota",
    says=gettext_lazy("The hours stay within the quota of the organisation."),
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
                left = {
                    "left": hours_in_words(max(quota.hours - used, Decimal(0))),
                    "hours": hours_in_words(quota.hours),
                    "window": window_in_words(quota.span, window.start.astimezone(ZONE).date()),
                    "scope": quota.scope,
                }
                asked = hours_in_words(quota.hours_of(period, window))
                return refusal(
                    _("Your organisation has %(left)s of its %(hours)s hours left in %(window)s (%(scope)s).") % left,
                    figure=_("This reservation counts as %(asked)s hours.") % {"asked": asked},
                    way_out=_("Choose a shorter time."),
                )
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
