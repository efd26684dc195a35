"""Who may do what in which state: written here once more, as people would say it, and held against the services, the
API and what `available_transitions` answers."""

from dataclasses import dataclass

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from bookings import lifecycle, services
from bookings.lifecycle import available_transitions
from bookings.models import Reservation, ReservationState, Use
from core.refusals import Refused
from floor import services as floor
from notifications.models import Notification
from tests.api_caller import Caller, problem
from tests.bookings.lifecycle.conftest import as_it_is
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db

ROLES = (
    "booker",
    "supervisor",
    "colleague",
    "organisation manager",
    "stranger",
    "technician",
    "auditor",
    "facility manager",
)
SEES = set(ROLES) - {"colleague", "stranger"}
CHANGES = {"booker", "organisation manager", "facility manager"}
USES = CHANGES | {"supervisor", "technician"}


@dataclass(frozen=True)
class Row:
    """`states`: from which it is possible, at `when`; `again`: in which it is so already, and stays so."""

    does: object
    states: set
    who: set
    when: object = NOW
    api: tuple = ()
    missing: str = "booker"
    again: str = ""


def _move(reservation, actor, now):
    return services.move(reservation=reservation, actor=actor, now=now, start=wall("13:00"), end=wall("15:00"))


def _end(reservation, actor, now):
    return services.move(reservation=reservation, actor=actor, now=now, end=wall("12:00"))


def _decline(reservation, actor, now):
    return floor.decline(reservation=reservation, actor=actor, now=now, reason="Open day")


def _by(service):
    return lambda reservation, actor, now: service(reservation=reservation, actor=actor, now=now)


NEW_TIME = {"start": wall("13:00").isoformat(), "end": wall("15:00").isoformat()}
NEW_END = {"end": wall("12:00").isoformat()}
ROWS = {
    "approve": Row(
        _by(floor.approve), {"requested"}, {"facility manager"}, api=("post", "/approve"), missing="facility_manager"
    ),
    "decline": Row(
        _decline,
        {"requested"},
        {"facility manager"},
        api=("post", "/decline", {"reason": "Open day"}),
        missing="facility_manager",
    ),
    "move": Row(_move, {"requested", "confirmed"}, CHANGES, api=("patch", "", NEW_TIME)),
    "reassign": Row(_by(services.reassign), {"requested", "confirmed"}, CHANGES, api=("post", "/rechoose")),
    "change_end": Row(_end, {"in_use"}, CHANGES, when=wall("10:00"), api=("patch", "", NEW_END)),
    "cancel": Row(_by(services.cancel), {"requested", "confirmed"}, CHANGES, api=("post", "/cancel")),
    "check_in": Row(
        _by(floor.check_in), {"confirmed"}, USES, when=wall("09:00"), api=("post", "/check-in"), again="in_use"
    ),
    "check_out": Row(
        _by(floor.check_out), {"in_use"}, USES, when=wall("10:00"), api=("post", "/check-out"), again="completed"
    ),
    "mark_no_show": Row(
        _by(floor.mark_no_show),
        {"confirmed"},
        {"technician", "facility manager"},
        when=wall("09:30"),
        missing="technician",
        again="no_show",
    ),
}


def expected(name: str, state: str, role: str) -> str:
    """`allowed`, `again`, what is missing, or the code of the refusal."""
    row = ROWS[name]
    if role not in row.who:
        return row.missing
    if state in row.states:
        return "allowed"
    if state == row.again:
        return "again"
    if (name, state) == ("move", "in_use"):
        return "only_end_changes"  # as by its new end, it goes on
    if name == "change_end" and state in ROWS["move"].states:
        return "allowed"  # which is a move, before anybody checked in
    return "wrong_state"


class Undo(Exception):
    pass


def in_each_state(reservation, of):
    """What `of(reservation)` gives in each state, which is undone afterwards."""
    found = {}
    for state in ReservationState.values:
        try:
            with transaction.atomic():
                Reservation.objects.filter(pk=reservation.pk).update(state=state)
                found[state] = of(as_it_is(reservation))
                raise Undo
        except Undo:
            pass
    return found


def test_every_transition_of_the_table_is_written_here():
    assert set(ROWS) == set(lifecycle.OF_A_RESERVATION)


@pytest.mark.parametrize("role", ROLES)
def test_the_services_go_by_it(reservation, people, role):
    for name, row in ROWS.items():

        def outcome(current, row=row):
            before = current.state
            try:
                after = row.does(current, people[role], row.when)
            except PermissionDenied as denied:
                return denied.missing
            except Refused as refused:
                [refusal] = refused.refusals
                return refusal.code
            assert Reservation.objects.get().state == after.state
            return "again" if after.state == before == row.again else "allowed"

        found = in_each_state(reservation, outcome)
        assert found == {s: expected(name, s, role) for s in ReservationState.values}, name


@pytest.mark.parametrize("role", ROLES)
def test_the_api_goes_by_it(reservation, people, at, role):
    caller = Caller(people[role])
    for name, row in ROWS.items():
        if not row.api:
            continue
        at(row.when)

        def outcome(current, row=row):
            method, path, *body = row.api
            response = getattr(caller, method)(f"reservations/{current.pk}{path}", *body)
            if response.status_code == 404:
                problem(response, 404)
                return "not found"
            if response.status_code == 403:
                return problem(response, 403)["missing"]
            if response.status_code == 409:
                [refusal] = problem(response, 409)["refusals"]
                assert refusal["message"]
                return refusal["code"]
            assert response.status_code == 200, response.content
            return "again" if response.json()["state"] == current.state == row.again else "allowed"

        found = in_each_state(reservation, outcome)
        said = {s: expected(name, s, role) if role in SEES else "not found" for s in ReservationState.values}
        assert found == said, name


@pytest.mark.parametrize("role", ROLES)
def test_what_is_available_goes_by_it(reservation, people, role):
    for name, row in ROWS.items():

        def outcome(current, name=name, row=row):
            answer = available_transitions(current, people[role], row.when)[name]
            assert bool(answer) == (not answer.code) == (not answer.message)
            return answer.code or "allowed"

        found = in_each_state(reservation, outcome)
        for state in ReservationState.values:
            said = expected(name, state, role)
            if said in ("again", "only_end_changes") or (name, said) == ("change_end", "allowed"):
                said = "allowed" if state in row.states else "wrong_state"
            assert found[state] == said, (name, state)


# ---- The guards, each with its code


def requested(reservation):
    Reservation.objects.update(state="requested")


def in_use(reservation):
    Reservation.objects.update(state="in_use")


def approved_by_managers(reservation):
    in_use(reservation)
    reservation.equipment.type.approval = "manager"
    reservation.equipment.type.save()


def machine_in_use(reservation):
    before = Reservation.objects.create(
        booking=reservation.booking,
        equipment=reservation.equipment,
        period=(wall("06:00"), wall("08:00")),
        occupied=(wall("06:00"), wall("08:00")),
        state="in_use",
        economic=reservation.economic,
        organisation_class=reservation.organisation_class,
    )
    Use.objects.create(reservation=before, started_at=wall("07:00"), started_by=reservation.booking.booker)


GUARDS = [
    ("approve", "is_over", requested, wall("11:00"), "facility manager"),
    ("move", "is_over", None, wall("11:00"), "booker"),
    ("reassign", "is_over", None, wall("11:00"), "booker"),
    ("change_end", "is_over", in_use, wall("11:00"), "booker"),
    ("change_end", "needs_approval", approved_by_managers, wall("10:00"), "booker"),
    ("cancel", "is_over", None, wall("11:00"), "booker"),
    ("check_in", "too_early", None, wall("08:44"), "booker"),
    ("check_in", "is_over", None, wall("11:00"), "technician"),
    ("check_in", "machine_in_use", machine_in_use, wall("09:00"), "booker"),
    ("mark_no_show", "within_grace", None, wall("09:29"), "technician"),
]


@pytest.mark.parametrize(("name", "code", "prepare", "when", "role"), GUARDS)
def test_each_guard_has_its_code(reservation, people, at, name, code, prepare, when, role):
    row = ROWS[name]
    if prepare:
        prepare(reservation)
    current = as_it_is(reservation)
    answer = available_transitions(current, people[role], when)[name]
    assert (bool(answer), answer.code) == (False, code)
    with pytest.raises(Refused) as refused:
        row.does(current, people[role], when)
    assert [(r.code, r.message) for r in refused.value.refusals] == [(code, answer.message)]
    if row.api:
        at(when)
        method, path, *body = row.api
        response = getattr(Caller(people[role]), method)(f"reservations/{current.pk}{path}", *body)
        assert [each["code"] for each in problem(response, 409)["refusals"]] == [code]


def test_what_is_sent_along_has_its_code_as_well(reservation, people):
    manager = people["facility manager"]
    requested(reservation)
    with pytest.raises(Refused, match="needs_reason"):
        floor.decline(reservation=reservation, actor=manager, now=NOW, reason=" ")
    with pytest.raises(Refused, match="needs_reason"):
        floor.decline_all(booking=reservation.booking, actor=manager, now=NOW, reason=" ")
    in_use(reservation)
    with pytest.raises(Refused, match="only_end_changes"):
        _move(as_it_is(reservation), people["booker"], wall("10:00"))


def test_every_guard_is_tried():
    tried = {code for _name, code, *_rest in GUARDS} | {"needs_reason", "only_end_changes", lifecycle.WRONG_STATE}
    assert tried == lifecycle.CODES


def test_a_guard_says_the_same_of_rows_in_the_database(reservation, people):
    for transition in lifecycle.OF_A_RESERVATION.values():
        for when in (NOW, wall("09:00"), wall("10:59"), wall("11:00")):

            def both(current, transition=transition, when=when):
                attempt = lifecycle.Attempt(people["booker"], [current], when)
                by_row = all(guard.holds(current, attempt) for guard in transition.guards if guard.condition)
                found = Reservation.objects.filter(transition.possible(when)).exists()
                return found == (current.state in transition.leaves and by_row)

            assert set(in_each_state(reservation, both).values()) == {True}, (transition, when)


# ---- What follows


@pytest.mark.parametrize("name", ROWS)
def test_who_is_told_stands_in_the_table(reservation, people, name):
    """Of somebody else's deed, so that the inbox of who did it does not matter."""
    row, told = ROWS[name], lifecycle.TRANSITIONS[name].told
    Reservation.objects.update(state=min(row.states))
    Notification.objects.all().delete()
    row.does(as_it_is(reservation), people["facility manager"], row.when)
    written = Notification.objects.filter(due_at__lte=row.when + lifecycle.moments.EARLY_AT_LEAST)
    recipients = set(written.exclude(kind__in=["reminder", "ending", "free_until"]).values_list("recipient", flat=True))
    assert (people["booker"].pk in recipients) == (lifecycle.Told.BOOKER in told)


def test_a_transition_does_not_lead_where_the_table_does_not(reservation):
    with pytest.raises(ValueError, match="does not lead"):
        lifecycle.write(lifecycle.CANCEL, reservation, {"state": "completed"})


def test_what_changed_after_it_was_read_is_not_written_over(reservation):
    Reservation.objects.update(revision=7)
    assert not lifecycle.write(lifecycle.CANCEL, reservation, {"state": "cancelled"})
    assert Reservation.objects.get().state == "confirmed"


def test_the_answers_for_many_take_no_more_statements(
    reservation, people, make_reservation, django_assert_max_num_queries
):
    reservations = [reservation, make_reservation("13:00", "14:00"), make_reservation("15:00", "16:00")]
    people["booker"].facility_roles  # noqa: B018, read once per person
    with django_assert_max_num_queries(2):
        for available in lifecycle.available_of_each(reservations, people["booker"], wall("09:00")).values():
            assert available.names
