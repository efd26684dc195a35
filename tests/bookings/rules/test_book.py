"""Truth tables of the rule book: every rule at its boundary, just inside and just outside. No database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from bookings.models import Purpose, Quota
from bookings.rules.book import (
    BOOKING_RULES,
    FACILITY_MANAGER,
    RESERVATION_RULES,
    evaluate,
    evaluate_booking,
    free_operator,
)
from bookings.rules.candidates import Allocation, Candidate, Context, OperatorTime, QuotaUse, Requirement
from bookings.scheduling.placement import MachineTime, occupied_by
from core.clock import ZONE
from core.periods import Period, without
from equipment.models import CertificateKind, Equipment, EquipmentType, Fieldlab
from equipment.policy import Policy
from organisations.models import Organisation, Role
from tests.conftest import NOW, wall

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta(microseconds=1)

# ---- Small makers -----------------------------------------------------------------------------------------------

LAB, OTHER_LAB = Fieldlab(pk=1, name="Lab"), Fieldlab(pk=2, name="Other lab")
PRINTERS, ROBOTS = EquipmentType(pk=1, name="Printers"), EquipmentType(pk=2, name="Robots")
PRINTER = Equipment(pk=1, code="FDM-01", type=PRINTERS, fieldlab=LAB)
SECOND = Equipment(pk=2, code="FDM-02", type=PRINTERS, fieldlab=OTHER_LAB)
ROBOT = Equipment(pk=3, code="ROB-01", type=ROBOTS, fieldlab=LAB)
COMPANY = Organisation(pk=1, name="Verhagen", organisation_class="micro")
INSTRUCTION, POWDER = CertificateKind(pk=1, name="FDM instruction"), CertificateKind(pk=2, name="Powder")
TRIAL = Purpose(pk=1, name="Trial production", organisation_classes=[])


def utc(text: str) -> datetime:
    """`wall`, in UTC as everything is that rules read."""
    return wall(text).astimezone(UTC)


def hours(text: str) -> list[Period]:
    """`"08:00-18:00"` on Monday 1 March 2027, or `"2027-03-02 08:00/2027-03-02 18:00"`; several with commas."""
    return [Period(*(utc(end) for end in part.split("/" if "/" in part else "-"))) for part in text.split(",") if part]


def policy_of(**points) -> Policy:
    """One that asks little: a quarter of an hour may be booked, a year ahead."""
    return Policy(**{"shortest": timedelta(minutes=15), "horizon": timedelta(days=365)} | points)


def candidate(
    start="09:00", end="11:00", policy=None, *, open="08:00-18:00", out="", taken="", equipment=PRINTER, **more
) -> Candidate:
    policy, time_ = policy or policy_of(), MachineTime(hours(open), hours(out), hours(taken))
    start, end = (utc(moment) if isinstance(moment, str) else moment for moment in (start, end))
    occupied = occupied_by(start, end, policy, time_.open) if start < end else None
    return Candidate(0, equipment, policy, start, end, occupied, time_, **more)


def context(**more) -> Context:
    return Context(
        **{"now": NOW.astimezone(UTC), "organisation": COMPANY, "role": Role.MEMBER, "purpose": TRIAL, **more}
    )


def broken(asked: Candidate, **more) -> list[str]:
    return [refusal.code for refusal in evaluate(asked, context(**more))]


def at(start: datetime, policy=None, lasts=HOUR, **more) -> Candidate:
    """A reservation that starts at this moment on a machine that is always open."""
    always = f"{NOW - 9 * DAY:%Y-%m-%d %H:%M}/{NOW + 900 * DAY:%Y-%m-%d %H:%M}"
    start = start.astimezone(UTC)
    return candidate(start, start + lasts, policy or policy_of(grid_minutes=5), open=always, **more)


# ---- The list ---------------------------------------------------------------------------------------------------


def test_the_codes_are_those_that_were_agreed():
    assert [rule.code for rule in BOOKING_RULES] == ["not_member", "organisation_suspended", "needs_purpose"]
    assert {rule.code for rule in RESERVATION_RULES} == {
        "equipment_retired",
        "in_the_past",
        "zero_length",
        "off_grid",
        "too_short",
        "too_long",
        "notice_too_short",
        "beyond_horizon",
        "outside_opening_hours",
        "during_outage",
        "clash",
        "not_certified",
        "no_operator",
        "over_quota",
        "too_many_open",
    }  # no_unit_free is no rule of its own: it says that no machine passes the others
    assert len({rule.code for rule in RESERVATION_RULES}) == len(RESERVATION_RULES)


def test_what_nobody_may_set_aside_and_a_facility_manager_may_the_rest():
    rules = [*BOOKING_RULES, *RESERVATION_RULES]
    assert {rule.code for rule in rules if rule.override is None} == {
        "clash",
        "zero_length",
        "in_the_past",
        "equipment_retired",
        "needs_purpose",
        "organisation_suspended",
    }
    assert {rule.override for rule in rules} == {None, FACILITY_MANAGER}


def test_every_rule_says_in_a_sentence_what_must_hold():
    statements = [str(rule.statement) for rule in (*BOOKING_RULES, *RESERVATION_RULES)]
    assert all(statement.endswith(".") for statement in statements)
    assert len(set(statements)) == len(statements)


def test_an_ordinary_reservation_breaks_nothing():
    assert evaluate_booking(context()) == []
    assert broken(candidate()) == []


def test_every_broken_rule_is_told_with_what_it_is_about():
    retired = Equipment(pk=9, code="OLD-01", type=PRINTERS, fieldlab=LAB, state="retired")
    asked = candidate("19:07", "19:09", policy_of(notice_period=10 * DAY), equipment=retired)
    refusals = evaluate(asked, context())
    assert [(r.code, r.overridable) for r in refusals] == [
        ("equipment_retired", False),
        ("off_grid", True),
        ("too_short", True),
        ("notice_too_short", True),
        ("outside_opening_hours", True),
    ]
    assert {(r.equipment, r.start, r.end, r.number) for r in refusals} == {("OLD-01", asked.start, asked.end, 0)}
    assert all(refusal.message for refusal in refusals)


# ---- Who and why ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"organisation": None, "role": None}, "not_member"),
        ({"role": None}, "not_member"),
        ({"role": None, "moving": True}, None),  # who may move it was decided by who may see it
        ({"organisation": Organisation(suspended_at=NOW)}, "organisation_suspended"),
        ({"organisation": Organisation(suspended_at=NOW + TICK)}, None),
        ({"purpose": None}, "needs_purpose"),
        ({"purpose": None, "moving": True}, None),
        ({"purpose": Purpose(organisation_classes=["mbo"])}, "needs_purpose"),
        ({"purpose": Purpose(organisation_classes=["mbo", "micro"])}, None),
        ({"purpose": Purpose(offered_from=date(2027, 2, 24))}, None),
        ({"purpose": Purpose(offered_from=date(2027, 2, 25))}, "needs_purpose"),
        ({"purpose": Purpose(offered_until=date(2027, 2, 25))}, None),
        ({"purpose": Purpose(offered_until=date(2027, 2, 24))}, "needs_purpose"),
    ],
)
def test_rules_about_the_booking_as_a_whole(change, code):
    assert [refusal.code for refusal in evaluate_booking(context(**change))] == ([code] if code else [])


def test_a_purpose_is_offered_by_the_date_on_the_wall():
    """Half past midnight in Amsterdam is the day before in UTC."""
    purpose = Purpose(offered_from=date(2027, 2, 25))
    assert evaluate_booking(context(purpose=purpose, now=utc("2027-02-25 00:30"))) == []


# ---- The machine and the clock ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ends", "code"), [(TICK, "too_short"), (timedelta(0), "zero_length"), (-HOUR, "zero_length")])
def test_the_end_comes_after_the_start(ends, code):
    start = utc("09:00")
    codes = [c for c in broken(candidate(start, start + ends)) if c != "off_grid"]
    assert codes == [code]


@pytest.mark.parametrize(("ago", "codes"), [(timedelta(0), []), (5 * MINUTE, ["in_the_past"]), (-5 * MINUTE, [])])
def test_a_start_may_be_now_and_not_earlier(ago, codes):
    assert broken(at(NOW - ago)) == codes


@pytest.mark.parametrize(
    ("began", "starts", "lasts", "codes"),
    [
        (-HOUR, -HOUR, 2 * HOUR, []),  # under way, and lengthened
        (-HOUR, -HOUR, HOUR, ["in_the_past"]),  # cut to what is over
        (-HOUR, -HOUR, HOUR + 5 * MINUTE, []),
        (-HOUR, -2 * HOUR, 4 * HOUR, ["in_the_past"]),  # another start that has passed
        (HOUR, -HOUR, 2 * HOUR, ["in_the_past"]),
        (HOUR, 2 * HOUR, HOUR, ["notice_too_short"]),
        (HOUR, HOUR, 2 * HOUR, []),  # a start that is kept needs no notice
    ],
)
def test_a_moved_reservation_may_keep_its_start(began, starts, lasts, codes):
    was = Period(NOW.astimezone(UTC) + began, NOW.astimezone(UTC) + began + HOUR)
    asked = at(NOW + starts, policy_of(grid_minutes=5, notice_period=DAY), lasts, moves_from=was)
    assert broken(asked, moving=True) == codes


@pytest.mark.parametrize(
    ("grid", "start", "end", "codes"),
    [
        (5, "09:05", "10:00", []),
        (15, "09:05", "10:00", ["off_grid"]),
        (30, "09:30", "10:00", []),
        (30, "09:30", "10:15", ["off_grid"]),
        (60, "09:00", "10:30", ["off_grid"]),
        (5, "09:00:01", "10:00", ["off_grid"]),
        (5, "09:00", "10:00:00.000001", ["off_grid"]),
        # the hour that comes twice, and the one that is skipped
        (60, "2027-10-31 02:00", "2027-10-31 04:00", []),
        (60, "2027-03-28 01:00", "2027-03-28 03:00", []),
        (30, "2027-03-28 01:15", "2027-03-28 03:30", ["off_grid"]),
    ],
)
def test_start_and_end_are_on_the_grid_of_the_wall_clock(grid, start, end, codes):
    policy = policy_of(grid_minutes=grid)
    assert broken(candidate(start, end, policy, open="2027-03-01 00:00/2027-11-30 00:00")) == codes


@pytest.mark.parametrize(
    ("minutes", "codes"), [(55, ["too_short"]), (60, []), (65, []), (235, []), (240, []), (245, ["too_long"])]
)
def test_it_lasts_no_shorter_and_no_longer_than_allowed(minutes, codes):
    policy = policy_of(grid_minutes=5, shortest=HOUR, longest=4 * HOUR)
    assert broken(at(NOW + DAY, policy, timedelta(minutes=minutes))) == codes


@pytest.mark.parametrize(
    ("start", "end", "codes"),
    [
        ("2027-03-28 00:00", "2027-03-28 05:00", []),  # four hours have passed
        ("2027-03-28 00:00", "2027-03-28 05:05", ["too_long"]),
        ("2027-10-31 00:00", "2027-10-31 03:00", []),
        ("2027-10-31 00:00", "2027-10-31 03:05", ["too_long"]),
    ],
)
def test_the_longest_is_elapsed_time_when_the_clocks_change(start, end, codes):
    policy = policy_of(grid_minutes=5, longest=4 * HOUR)
    assert broken(candidate(start, end, policy, open="2027-03-01 00:00/2027-11-30 00:00")) == codes


def test_without_a_longest_there_is_no_limit():
    assert broken(at(NOW + DAY, policy_of(longest=None), 300 * DAY)) == []


@pytest.mark.parametrize(
    ("ahead", "codes"),
    [
        (DAY - 5 * MINUTE, ["notice_too_short"]),
        (DAY, []),
        (timedelta(0), ["notice_too_short"]),
        (-5 * MINUTE, ["in_the_past"]),  # what has passed is not called too late to book as well
    ],
)
def test_it_is_booked_at_least_the_notice_period_ahead(ahead, codes):
    assert broken(at(NOW + ahead, policy_of(grid_minutes=5, notice_period=DAY))) == codes


@pytest.mark.parametrize(("ahead", "codes"), [(30 * DAY, []), (30 * DAY + 5 * MINUTE, ["beyond_horizon"])])
def test_it_starts_at_most_the_horizon_ahead(ahead, codes):
    assert broken(at(NOW + ahead, policy_of(grid_minutes=5, horizon=30 * DAY), 3 * DAY)) == codes


def test_beyond_every_calendar_only_the_horizon_is_told():
    start = NOW + 800 * DAY
    asked = replace(at(start), occupied=None, time=MachineTime((), (), ()), beyond_calendars=True)
    assert broken(replace(asked, policy=policy_of(grid_minutes=5, horizon=1000 * DAY))) == ["beyond_horizon"]


# ---- Open time --------------------------------------------------------------------------------------------------

PREPARED = policy_of(grid_minutes=5, set_up=30 * MINUTE, clean_up=15 * MINUTE)


@pytest.mark.parametrize(
    ("start", "end", "policy", "codes"),
    [
        ("08:00", "18:00", policy_of(), []),
        ("07:45", "10:00", policy_of(), ["outside_opening_hours"]),
        ("17:00", "18:15", policy_of(), ["outside_opening_hours"]),
        ("08:30", "17:45", PREPARED, []),  # set-up and clean-up touch opening and closing
        ("08:25", "17:45", PREPARED, ["outside_opening_hours"]),
        ("08:30", "17:50", PREPARED, ["outside_opening_hours"]),
    ],
)
def test_on_an_attended_machine_all_of_it_is_in_opening_hours(start, end, policy, codes):
    assert broken(candidate(start, end, policy)) == codes


def test_an_attended_reservation_lies_in_one_stretch_of_open_time():
    assert broken(candidate("11:00", "14:00", open="08:00-12:00,13:00-18:00")) == ["outside_opening_hours"]


@pytest.mark.parametrize(("start", "codes"), [("15:00", []), ("15:05", ["outside_opening_hours"]), ("08:00", [])])
def test_the_last_start_is_on_the_wall_and_may_be_taken(start, codes):
    assert broken(candidate(start, "17:00", policy_of(grid_minutes=5, last_start=time(15)))) == codes


@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31"])
def test_the_last_start_stays_where_it_is_when_the_clocks_change(day):
    policy, open_time = policy_of(last_start=time(15)), f"{day} 00:00/{day} 23:00"
    assert broken(candidate(f"{day} 15:00", f"{day} 16:00", policy, open=open_time)) == []
    assert broken(candidate(f"{day} 15:15", f"{day} 16:00", policy, open=open_time)) == ["outside_opening_hours"]


RUN = policy_of(grid_minutes=5, unattended=True, set_up=30 * MINUTE, clean_up=HOUR)
MONDAY_TUESDAY = "08:00-18:00,2027-03-02 08:00/2027-03-02 18:00"
WEEKEND = "2027-03-05 08:00/2027-03-05 18:00,2027-03-08 08:00/2027-03-08 18:00"


@pytest.mark.parametrize(
    ("start", "end", "open_time", "codes"),
    [
        ("17:00", "2027-03-02 09:00", MONDAY_TUESDAY, []),  # over the night
        ("18:00", "2027-03-02 09:00", MONDAY_TUESDAY, []),  # set up until the doors close
        ("18:05", "2027-03-02 09:00", MONDAY_TUESDAY, ["outside_opening_hours"]),
        ("08:30", "10:00", MONDAY_TUESDAY, []),
        ("08:25", "10:00", MONDAY_TUESDAY, ["outside_opening_hours"]),
        ("2027-03-05 16:00", "2027-03-07 08:00", WEEKEND, []),  # ends on Sunday, taken out on Monday
        ("10:00", "17:00", "08:00-18:00", []),
        ("10:00", "17:05", "08:00-18:00", ["outside_opening_hours"]),  # nobody ever takes it out
    ],
)
def test_an_unattended_run_needs_people_at_both_ends_only(start, end, open_time, codes):
    assert broken(candidate(start, end, RUN, open=open_time)) == codes


def test_a_run_without_set_up_does_not_start_as_the_doors_close():
    policy = policy_of(grid_minutes=5, unattended=True)
    assert broken(candidate("17:55", "2027-03-02 09:00", policy, open=MONDAY_TUESDAY)) == []
    assert broken(candidate("18:00", "2027-03-02 09:00", policy, open=MONDAY_TUESDAY)) == ["outside_opening_hours"]


@pytest.mark.parametrize(
    ("out", "codes"),
    [
        ("2027-03-01 20:00/2027-03-01 21:00", ["during_outage"]),  # at night, while it runs
        ("2027-03-02 09:00/2027-03-02 10:00", ["during_outage"]),  # while it waits to be taken out, until 10:00
        ("2027-03-02 11:00/2027-03-02 12:00", []),
        ("2027-03-01 15:00/2027-03-01 16:30", []),  # touches the set-up
        ("2027-03-01 15:00/2027-03-01 16:31", ["during_outage"]),
    ],
)
def test_an_unattended_run_does_not_cross_an_outage(out, codes):
    open_time = [*hours("08:00-18:00"), *hours("2027-03-02 08:00/2027-03-02 18:00")]
    time_ = MachineTime(without(open_time, hours(out)), hours(out), ())
    start, end = utc("17:00"), utc("2027-03-02 09:00")
    occupied = occupied_by(start, end, RUN, time_.open)
    assert broken(Candidate(0, PRINTER, RUN, start, end, occupied, time_)) == codes


@pytest.mark.parametrize(
    ("out", "codes"),
    [
        ("11:15-12:00", []),
        ("11:14-12:00", ["during_outage"]),
        ("08:00-08:30", []),
        ("08:00-08:31", ["during_outage"]),
        ("09:30-09:31", ["during_outage"]),
    ],
)
def test_an_outage_may_touch_and_a_fault_is_not_called_a_closing_hour(out, codes):
    hole = hours(out)[0]
    rest = [Period(utc("08:00"), hole.start), Period(hole.end, utc("18:00"))]
    asked = candidate("09:00", "11:00", PREPARED)
    time_ = MachineTime([p for p in rest if p.start < p.end], [hole], ())
    assert broken(replace(asked, time=time_)) == codes


# ---- Others -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "codes"),
    [("11:15-12:00", []), ("11:14-12:00", ["clash"]), ("08:00-08:30", []), ("08:00-08:31", ["clash"])],
)
def test_others_may_touch_set_up_and_clean_up_but_not_have_them(taken, codes):
    assert broken(candidate("09:00", "11:00", PREPARED, taken=taken)) == codes


@pytest.mark.parametrize(
    ("start", "end", "equipment", "codes"),
    [
        ("11:45", "12:45", PRINTER, []),
        ("11:40", "12:45", PRINTER, ["clash"]),
        ("10:00", "10:30", SECOND, []),
    ],
)
def test_a_booking_does_not_take_one_machine_twice(start, end, equipment, codes):
    allocated = (Allocation(candidate("09:00", "11:00", PREPARED)),)
    assert broken(candidate(start, end, PREPARED, equipment=equipment), allocated=allocated) == codes


# ---- People -----------------------------------------------------------------------------------------------------

MARCH_1, MARCH_2, MARCH_3 = date(2027, 3, 1), date(2027, 3, 2), date(2027, 3, 3)
BEFORE = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("held", "end", "said"),
    [
        ([(BEFORE, MARCH_2)], "11:00", None),  # today is its last day
        ([(BEFORE, MARCH_1)], "11:00", "is valid through 28 February 2027"),
        ([(MARCH_1, MARCH_2)], "11:00", None),  # granted today
        ([(MARCH_2, MARCH_3)], "11:00", "You need the certificate"),
        ([], "11:00", "You need the certificate"),
        ([(BEFORE, MARCH_2)], "2027-03-02 00:00", None),  # until midnight is still that day
        ([(BEFORE, MARCH_2)], "2027-03-02 00:15", "This ends after your certificate does."),
        ([(BEFORE, MARCH_3)], "2027-03-02 00:15", None),
        ([(BEFORE, MARCH_1), (BEFORE, MARCH_3)], "2027-03-02 09:00", None),  # renewed
        ([(BEFORE, MARCH_1), (BEFORE, MARCH_2)], "2027-03-02 09:00", "is valid through 1 March 2027"),
    ],
)
def test_a_certificate_is_valid_on_every_day_of_use(held, end, said):
    asked = candidate("09:00", end, open="2027-03-01 00:00/2027-03-03 00:00")
    refusals = evaluate(asked, context(requirements={PRINTERS.pk: [Requirement(INSTRUCTION, held)]}))
    assert [r.code for r in refusals] == (["not_certified"] if said else [])
    assert all(said in refusal.message for refusal in refusals)


def test_a_type_that_names_two_certificates_needs_both_and_another_type_none():
    both = [Requirement(INSTRUCTION, [(BEFORE, MARCH_3)]), Requirement(POWDER, [])]
    refusals = evaluate(candidate(), context(requirements={PRINTERS.pk: both}))
    assert [r.code for r in refusals] == ["not_certified"]
    assert "Powder" in refusals[0].message
    assert broken(candidate(equipment=ROBOT), requirements={PRINTERS.pk: both}) == []


OPERATED = replace(PREPARED, operator_needed=True)


def operators(*times) -> dict:
    """Per operator when they work and where they are taken, on the printers."""
    found = [OperatorTime(n, hours(works), hours(taken)) for n, (works, taken) in enumerate(times, 1)]
    return {PRINTERS.pk: found}


@pytest.mark.parametrize(
    ("works", "taken", "codes"),
    [
        ("08:30-11:15", "", []),  # from set-up to clean-up, and not a minute more
        ("08:31-11:15", "", ["no_operator"]),
        ("08:30-11:14", "", ["no_operator"]),
        ("08:30-10:00,10:05-12:00", "", ["no_operator"]),
        ("08:00-18:00", "07:00-08:30,11:15-12:00", []),
        ("08:00-18:00", "11:14-12:00", ["no_operator"]),
        ("08:00-18:00", "09:30-09:35", ["no_operator"]),
    ],
)
def test_an_operator_works_then_and_is_nowhere_else(works, taken, codes):
    asked = candidate("09:00", "11:00", OPERATED)
    assert broken(asked, operators=operators((works, taken))) == codes
    assert broken(replace(asked, policy=PREPARED)) == []


def test_operators_of_another_type_do_not_count():
    assert broken(candidate(policy=OPERATED, equipment=ROBOT), operators=operators(("08:00-18:00", ""))) == [
        "no_operator"
    ]


@pytest.mark.parametrize(
    ("works", "taken", "codes"),
    [
        ("16:30-17:00,2027-03-02 09:00/2027-03-02 10:00", "", []),
        ("16:30-17:00,2027-03-02 09:00/2027-03-02 10:00", "20:00-21:00,2027-03-02 08:00/2027-03-02 09:00", []),
        ("16:35-17:00,2027-03-02 09:00/2027-03-02 10:00", "", ["no_operator"]),
        ("16:30-17:00,2027-03-02 09:00/2027-03-02 09:55", "", ["no_operator"]),
        ("16:30-18:00", "", ["no_operator"]),
    ],
)
def test_an_unattended_run_takes_its_operator_for_set_up_and_clean_up(works, taken, codes):
    """17:00 until 09:00 the next day, half an hour of set-up before, an hour of clean-up after."""
    asked = candidate("17:00", "2027-03-02 09:00", replace(RUN, operator_needed=True), open=MONDAY_TUESDAY)
    assert broken(asked, operators=operators((works, taken))) == codes


def test_an_operator_planned_for_one_machine_of_a_booking_is_not_there_for_another():
    all_day = operators(("08:00-18:00", ""))
    first = candidate("09:00", "11:00", OPERATED)
    allocated = (Allocation(first, operator_id=free_operator(first, context(operators=all_day))),)
    beside, after = (candidate(s, e, OPERATED, equipment=SECOND) for s, e in [("10:00", "12:00"), ("11:45", "12:45")])
    assert broken(beside, operators=all_day, allocated=allocated) == ["no_operator"]
    assert broken(after, operators=all_day, allocated=allocated) == []


def test_of_two_operators_the_one_with_the_least_to_do_is_chosen():
    both = operators(("08:00-18:00", "14:00-15:00"), ("08:00-18:00", ""))
    assert free_operator(candidate("09:00", "11:00", OPERATED), context(operators=both)) == 2


# ---- Shares -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "allocated", "moving", "codes"),
    [
        (2, 0, False, []),
        (3, 0, False, ["too_many_open"]),
        (1, 1, False, []),
        (2, 1, False, ["too_many_open"]),
        (9, 0, True, []),  # it was ahead before
    ],
)
def test_at_most_so_many_reservations_are_ahead(ahead, allocated, moving, codes):
    policy = policy_of(open_reservation_limit=3)
    own = tuple(Allocation(candidate("13:00", "14:00", policy, equipment=SECOND)) for _ in range(allocated))
    others = (Allocation(candidate(equipment=ROBOT)),)
    counts = {PRINTERS.pk: ahead, ROBOTS.pk: 50}
    assert broken(candidate(policy=policy), open_reservations=counts, allocated=own + others, moving=moving) == codes


def used(quota_hours, *counted: str, **fields) -> list[QuotaUse]:
    quota = Quota(organisation=COMPANY, **{"span": "week", "hours": Decimal(quota_hours), **fields})
    return [QuotaUse(quota, [hours(text)[0] for text in counted])]


@pytest.mark.parametrize(
    ("counted", "codes"),
    [
        ([], []),
        (["12:00-15:00"], []),  # exactly full
        (["12:00-15:01"], ["over_quota"]),
        (["12:00-14:00", "2027-03-07 22:00/2027-03-08 09:00"], ["over_quota"]),  # two hours of it in this week
        (["12:00-13:00", "2027-03-07 22:00/2027-03-08 09:00"], []),
        (["2027-02-28 20:00/2027-03-01 00:00"], []),
    ],
)
def test_the_hours_of_a_week_may_be_spent_to_the_last(counted, codes):
    assert broken(candidate("09:00", "11:00"), quotas=used(5, *counted)) == codes


@pytest.mark.parametrize(("quota_hours", "codes"), [(4, []), ("3.99", ["over_quota"])])
def test_what_the_booking_plans_already_counts(quota_hours, codes):
    allocated = (Allocation(candidate("13:00", "15:00")),)
    assert broken(candidate("09:00", "11:00"), quotas=used(quota_hours), allocated=allocated) == codes


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, ["over_quota"]),
        ({"fieldlab": LAB}, ["over_quota"]),
        ({"fieldlab": OTHER_LAB}, []),
        ({"equipment_type": PRINTERS}, ["over_quota"]),
        ({"equipment_type": ROBOTS}, []),
    ],
)
def test_a_quota_is_on_a_fieldlab_a_type_or_everything(fields, codes):
    assert broken(candidate("09:00", "11:00"), quotas=used(1, **fields)) == codes


def test_the_strictest_of_two_quotas_holds():
    assert broken(candidate("09:00", "11:00"), quotas=[*used(9), *used(1, span="month")]) == ["over_quota"]


OVER_THE_WEEKEND = {"open": "2027-03-01 00:00/2027-12-01 00:00", "policy": policy_of()}


@pytest.mark.parametrize(
    ("counted", "codes"),
    [
        ([], []),  # six hours on Sunday and four on Monday, of six in each week
        (["2027-03-07 10:00/2027-03-07 10:15"], ["over_quota"]),  # the week that ends is full
        (["2027-03-08 10:00/2027-03-08 12:00"], []),
        (["2027-03-08 10:00/2027-03-08 12:15"], ["over_quota"]),  # so is the one that begins
    ],
)
def test_a_reservation_over_the_end_of_a_week_stays_within_both(counted, codes):
    asked = candidate("2027-03-07 18:00", "2027-03-08 04:00", **OVER_THE_WEEKEND)
    assert broken(asked, quotas=used(6, *counted)) == codes


@pytest.mark.parametrize(
    ("start", "end", "spent"),
    [
        ("2027-03-27 18:00", "2027-03-28 12:00", 17),  # eighteen hours on the wall; one is skipped
        ("2027-10-30 18:00", "2027-10-31 12:00", 19),  # one comes twice
        ("2027-03-22 00:00", "2027-03-29 00:00", 167),  # all of the week
        ("2027-10-25 00:00", "2027-11-01 00:00", 169),
    ],
)
def test_elapsed_hours_count_when_the_clocks_change(start, end, spent):
    asked = candidate(start, end, **OVER_THE_WEEKEND)
    assert broken(asked, quotas=used(spent)) == []
    assert broken(asked, quotas=used(Decimal(spent) - Decimal("0.01"))) == ["over_quota"]


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        ("week", "2027-03-29 00:00", "2027-03-29 03:00"),  # the Monday after the clocks went forward
        ("week", "2027-11-01 00:00", "2027-11-01 03:00"),
        ("month", "2027-11-01 00:00", "2027-11-01 03:00"),
        ("quarter", "2027-04-01 00:00", "2027-04-01 03:00"),
    ],
)
def test_a_window_begins_at_midnight_on_the_wall_also_after_a_clock_change(span, start, end):
    """What lies before midnight is of the window before, full as that is."""
    before = utc(start) - 30 * HOUR
    quota = Quota(organisation=COMPANY, span=span, hours=Decimal(3))
    full = [QuotaUse(quota, [Period(before, utc(start))])]
    assert broken(candidate(start, end, **OVER_THE_WEEKEND), quotas=full) == []
    earlier = candidate(utc(start) - 15 * MINUTE, utc(end) - 15 * MINUTE, **OVER_THE_WEEKEND)
    assert broken(earlier, quotas=full) == ["over_quota"]


@pytest.mark.parametrize(
    ("start", "end", "weighted"),
    [
        ("08:00", "10:00", "1.5"),  # an hour off-peak at half, an hour of peak
        ("16:00", "19:00", "2"),
        ("2027-03-06 09:00", "2027-03-06 17:00", "4"),  # Saturday has no peak
        # Friday 16:00 until Monday 10:00 over the change: one and one of peak, and 63 off-peak
        ("2027-03-26 16:00", "2027-03-29 10:00", "33.5"),
    ],
)
def test_hours_off_peak_weigh_what_the_quota_says(start, end, weighted):
    asked = candidate(start, end, **OVER_THE_WEEKEND)
    weights = {"off_peak_weight": Decimal("0.5"), "span": "quarter"}
    assert broken(asked, quotas=used(weighted, **weights)) == []
    assert broken(asked, quotas=used(Decimal(weighted) - Decimal("0.01"), **weights)) == ["over_quota"]


def test_the_refusal_says_what_is_left_and_of_when():
    refusals = evaluate(candidate("09:00", "11:00"), context(quotas=used(5, "12:00-16:30")))
    assert [r.code for r in refusals] == ["over_quota"]
    assert "0.5 of its 5 hours left" in refusals[0].message
    assert "week 9, 2027" in refusals[0].message


# ---- Rules that have nothing to go by ---------------------------------------------------------------------------


def test_what_lasts_no_time_breaks_that_rule_alone():
    asked = candidate("10:00", "10:00", replace(OPERATED, unattended=True), taken="08:00-18:00", out="08:00-18:00")
    requirements = {PRINTERS.pk: [Requirement(INSTRUCTION, [])]}
    assert broken(asked, requirements=requirements, quotas=used(0)) == ["zero_length"]


def test_dates_are_those_of_amsterdam():
    """00:30 on Tuesday in Amsterdam is still Monday in UTC."""
    asked = candidate("2027-03-02 00:30", "2027-03-02 01:00", open="2027-03-01 00:00/2027-03-03 00:00")
    assert asked.start.date() == MARCH_1
    assert asked.start.astimezone(ZONE).date() == MARCH_2
    held = {PRINTERS.pk: [Requirement(INSTRUCTION, [(BEFORE, MARCH_2)])]}
    assert broken(asked, requirements=held) == ["not_certified"]


def test_a_move_to_another_type_is_one_more_of_that_type():
    policy = policy_of(open_reservation_limit=3)
    moved = candidate(policy=policy, changes_type=True)
    assert broken(moved, open_reservations={PRINTERS.pk: 2}, moving=True) == []
    assert broken(moved, open_reservations={PRINTERS.pk: 3}, moving=True) == ["too_many_open"]
