"""The facility manager's desk: who comes in, what is decided, and what is said when there is nothing to decide."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Issue, Reservation, ReservationState
from organisations.models import AUDITORS, TECHNICIANS
from tests.conftest import NOW, wall


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def needs_approval(printer_type):
    printer_type.approval = "manager"
    printer_type.save()


@pytest.fixture
def make_request(needs_approval, make_reservation):
    def make(*args, **changes) -> Reservation:
        reservation = make_reservation(*args, **changes)
        assert reservation.state == ReservationState.REQUESTED
        return reservation

    return make


@pytest.fixture
def desk(client, facility_manager):
    client.force_login(facility_manager)
    return client


def state_of(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.state


def test_requests_are_listed_with_the_first_to_start_on_top(desk, make_request):
    make_request("13:00", "14:00", title="Later")
    make_request("09:00", "10:00", title="Sooner")
    said = desk.get("/requests/").content.decode()
    assert said.index("Sooner") < said.index("Later")
    for expected in (
        "2 requests await your decision",
        "Engineer, Verhagen Fijnmechanica",
        "09:00–10:00",
        "Trial production",
    ):
        assert expected in said


def test_a_request_is_approved_with_one_button(desk, make_request):
    reservation = make_request()
    answer = desk.post(f"/requests/{reservation.pk}/approve/", follow=True)
    assert state_of(reservation) == ReservationState.CONFIRMED
    said = answer.content.decode()
    assert "Approved: FDM-01, Mon 1 March 2027 09:00–11:00, for Verhagen Fijnmechanica." in said
    assert "Nothing awaits a decision." in said


def test_a_request_is_declined_with_a_reason_that_is_told_to_whoever_asked(desk, client, make_request, engineer):
    reservation = make_request()
    answer = desk.post(f"/requests/{reservation.pk}/decline/", {"reason": "Open day in the lab"}, follow=True)
    assert state_of(reservation) == ReservationState.DECLINED
    assert "Declined: FDM-01" in answer.content.decode()
    client.force_login(engineer)
    page = client.get(f"/bookings/{reservation.booking.reference}/").content.decode()
    assert "Declined on Wed 24 February: Open day in the lab" in page


@pytest.mark.parametrize("reason", ["", "   ", "x" * 251])
def test_without_a_usable_reason_nothing_is_declined_and_what_was_typed_is_kept(desk, make_request, reason):
    reservation = make_request()
    answer = desk.post(f"/requests/{reservation.pk}/decline/", {"reason": reason})
    assert answer.status_code == 422
    assert state_of(reservation) == ReservationState.REQUESTED
    said = answer.content.decode()
    assert '<details class="confirm" open>' in said
    assert reason.strip() in said


def test_what_was_decided_already_is_said_and_stays(desk, make_request):
    reservation = make_request()
    desk.post(f"/requests/{reservation.pk}/approve/")
    answer = desk.post(f"/requests/{reservation.pk}/decline/", {"reason": "Too late"}, follow=True)
    assert "(confirmed): This is no longer a request to decide about." in answer.content.decode()
    assert state_of(reservation) == ReservationState.CONFIRMED


@pytest.mark.parametrize("number", ["0", "99999999999999999999"])
def test_what_is_not_there_is_said(desk, db, number):
    for verb in ("approve", "decline"):
        answer = desk.post(f"/requests/{number}/{verb}/", {"reason": "No"}, follow=True)
        assert "That request is no longer there." in answer.content.decode()


def test_a_request_whose_time_has_passed_can_only_be_declined(desk, make_request, monkeypatch):
    reservation = make_request()
    monkeypatch.setattr(timezone, "now", lambda: wall("2027-03-02 09:00"))
    said = desk.get("/requests/").content.decode()
    assert "This time has passed." in said
    assert f"/requests/{reservation.pk}/approve/" not in said
    assert f"/requests/{reservation.pk}/decline/" in said
    desk.post(f"/requests/{reservation.pk}/approve/")
    assert state_of(reservation) == ReservationState.REQUESTED


@pytest.mark.parametrize("group", ["", TECHNICIANS, AUDITORS])
def test_others_do_not_decide(client, make_request, engineer, other_engineer, group):
    reservation = make_request()
    person = other_engineer if group else engineer
    if group:
        person.groups.add(Group.objects.get(name=group))
    client.force_login(person)
    assert client.get("/requests/").status_code == 403
    for verb in ("approve", "decline"):
        assert client.post(f"/requests/{reservation.pk}/{verb}/", {"reason": "No"}).status_code == 403
    assert state_of(reservation) == ReservationState.REQUESTED
    assert "/requests/" not in client.get("/").content.decode()


def test_who_is_not_signed_in_is_asked_to(client, make_request):
    reservation = make_request()
    assert client.post(f"/requests/{reservation.pk}/approve/").status_code == 302
    assert state_of(reservation) == ReservationState.REQUESTED


def test_decisions_are_posted(desk, make_request):
    reservation = make_request()
    for address in (f"/requests/{reservation.pk}/approve/", f"/requests/{reservation.pk}/decline/"):
        assert desk.get(address).status_code == 405


def test_whoever_asked_sees_that_it_waits(client, make_request, engineer):
    reservation = make_request()
    client.force_login(engineer)
    page = client.get(f"/bookings/{reservation.booking.reference}/").content.decode()
    assert "A facility manager decides. Until then the time is held for you." in page


# ---- Of many times at once ----------------------------------------------------------------------------------------


@pytest.fixture
def course(needs_approval, make_booking):
    """Three Mondays of one booking."""
    days = ("2027-03-01", "2027-03-08", "2027-03-15")
    return make_booking(*((f"{day} 09:00", f"{day} 11:00") for day in days), title="Course").booking


def states(booking) -> list[str]:
    return list(booking.reservations.order_by("period").values_list("state", flat=True))


def test_a_course_is_one_request_and_approved_with_one_press(desk, course):
    said = desk.get("/requests/").content.decode()
    assert "3 requests await your decision" in said
    assert "the first of 3 reservations" in said
    answer = desk.post(f"/requests/{course.reference}/approve-all/", follow=True).content.decode()
    assert "Approved: 3 reservations of Course, for Verhagen Fijnmechanica." in answer
    assert states(course) == ["confirmed"] * 3


def test_a_course_is_declined_with_one_reason(desk, course):
    desk.post(f"/requests/{course.reference}/decline-all/", {"reason": "Open days"})
    assert states(course) == ["declined"] * 3
    assert set(course.reservations.values_list("decision_reason", flat=True)) == {"Open days"}


def test_one_time_of_a_course_is_decided_by_itself(desk, course):
    first = course.reservations.order_by("period").first()
    desk.post(f"/requests/{first.pk}/decline/", {"reason": "Holiday"})
    desk.post(f"/requests/{course.reference}/approve-all/")
    assert states(course) == ["declined", "confirmed", "confirmed"]


def test_without_a_reason_a_course_stays_and_the_field_is_open(desk, course):
    answer = desk.post(f"/requests/{course.reference}/decline-all/", {"reason": " "})
    assert answer.status_code == 422
    assert '<details class="confirm" open>' in answer.content.decode()
    assert states(course) == ["requested"] * 3


def test_what_of_a_course_has_passed_is_not_approved(desk, course, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: wall("2027-03-02 09:00"))
    desk.post(f"/requests/{course.reference}/approve-all/")
    assert states(course) == ["requested", "confirmed", "confirmed"]


def test_deciding_about_a_course_twice_is_told(desk, course):
    for _time in range(2):
        answer = desk.post(f"/requests/{course.reference}/approve-all/", follow=True).content.decode()
    assert "Nothing of this booking awaits a decision any more." in answer
    assert "no longer there" in desk.post("/requests/B-00000/approve-all/", follow=True).content.decode()


def test_others_do_not_decide_about_courses(client, course, org_manager):
    client.force_login(org_manager)
    for verb in ("approve-all", "decline-all"):
        assert client.post(f"/requests/{course.reference}/{verb}/", {"reason": "No"}).status_code == 403
    assert states(course) == ["requested"] * 3


# ---- Issues ---------------------------------------------------------------------------------------------------


def issue_about(reservation, code="not_certified") -> Issue:
    return Issue.objects.create(reservation=reservation, code=code, opened_at=NOW)


def test_reservations_that_something_is_the_matter_with_are_listed_until_dismissed(desk, make_reservation):
    issue = issue_about(make_reservation(title="Housing"), "outside_opening_hours")
    said = desk.get("/requests/").content.decode()
    assert "outside opening hours" in said
    assert "Housing" in said
    said = desk.post(f"/concerns/{issue.pk}/settle/", follow=True).content.decode()
    assert "Done. The reservation stays." in said
    assert "outside opening hours" not in said
    issue.refresh_from_db()
    assert issue.closed_at == NOW
    assert "This has been handled already." in desk.post(f"/concerns/{issue.pk}/settle/", follow=True).content.decode()


def test_an_issue_stands_beside_its_request(desk, make_request):
    issue_about(make_request())
    assert desk.get("/requests/").content.decode().count("a certificate is missing") == 2


def test_issues_about_what_is_over_are_not_listed(desk, make_reservation, monkeypatch):
    issue_about(make_reservation())
    monkeypatch.setattr(timezone, "now", lambda: wall("2027-03-02 09:00"))
    assert "a certificate is missing" not in desk.get("/requests/").content.decode()


def test_only_facility_managers_dismiss(client, make_reservation, org_manager):
    issue = issue_about(make_reservation())
    client.force_login(org_manager)
    assert client.post(f"/concerns/{issue.pk}/settle/").status_code == 403
    issue.refresh_from_db()
    assert issue.closed_at is None


def test_the_desk_costs_the_same_statements_with_one_and_with_three(desk, make_request):
    counted = []
    for hour in (9, 11, 13):
        issue_about(make_request(f"{hour:02}:00", f"{hour + 1}:00"))
        with CaptureQueriesContext(connection) as statements:
            desk.get("/requests/")
        counted.append(len(statements))
    assert len(set(counted)) == 1
