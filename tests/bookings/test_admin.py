"""The set-up pages about demand: who opens them, what they refuse, and that nothing goes round the services."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookings.models import Booking, Economic, Issue, Purpose, Quota, ReservationState
from bookings.services import Overriding, cancel, move
from equipment.certificates.services import grant
from equipment.models import Certificate, CertificateKind
from floor.services import decline
from organisations.models import TECHNICIANS, User
from tests.conftest import NOW, wall

PAGES = ["bookings_purpose", "bookings_quota", "bookings_issue", "bookings_booking", "bookings_reservation"]
PAGES += ["bookings_override", "equipment_certificate"]
ADDING = ["bookings_purpose", "bookings_quota", "equipment_certificate"]


@pytest.fixture(autouse=True)
def _pages_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def signed_in(client, user):
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    return client


@pytest.fixture
def as_manager(client, facility_manager):
    return signed_in(client, facility_manager)


@pytest.fixture
def technician(db) -> User:
    user = User.objects.create_user("technician@example.org", name="Technician", language="en")
    user.groups.add(Group.objects.get(name=TECHNICIANS))
    return user


@pytest.fixture
def as_technician(client, technician):
    return signed_in(client, technician)


def page(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


# ---- Who --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_facility_manager_opens_every_page(as_manager, make_reservation, name):
    reservation = make_reservation()
    Issue.objects.create(reservation=reservation, code="not_certified", opened_at=NOW)
    assert as_manager.get(page(f"{name}_changelist")).status_code == 200
    assert as_manager.get(page(f"{name}_add")).status_code == (200 if name in ADDING else 403)


@pytest.mark.parametrize("name", PAGES)
def test_a_technician_opens_certificates_and_no_other(as_technician, name):
    expected = 200 if name == "equipment_certificate" else 403
    assert as_technician.get(page(f"{name}_changelist")).status_code == expected
    assert as_technician.get(page(f"{name}_add")).status_code == expected


@pytest.mark.parametrize("name", PAGES)
def test_a_member_with_access_to_the_set_up_pages_opens_none(client, engineer, name):
    signed_in(client, engineer)
    assert client.get(page(f"{name}_changelist")).status_code == 403


# ---- Purposes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def trial(db) -> Purpose:
    return Purpose.objects.get(code="trial-production")


def as_filled_in(purpose: Purpose, *rows: dict) -> dict:
    """What the page of a purpose sends: its fields, and `rows` of rulings to come."""
    known = sum("id" in row for row in rows)
    form = {"name": purpose.name, "name_en": purpose.name_en, "position": purpose.position}
    form |= {"rulings-TOTAL_FORMS": 0, "rulings-INITIAL_FORMS": 0}
    form |= {"rulings-2-TOTAL_FORMS": len(rows), "rulings-2-INITIAL_FORMS": known}
    for number, row in enumerate(rows):
        form |= {f"rulings-2-{number}-{name}": value for name, value in row.items()}
        form[f"rulings-2-{number}-purpose"] = purpose.pk
    return form


def rulings(purpose: Purpose) -> list[tuple]:
    return list(purpose.rulings.order_by("valid_from").values_list("valid_from", "economic"))


def change(client, purpose: Purpose, *rows: dict):
    return client.post(page("bookings_purpose_change", purpose.pk), as_filled_in(purpose, *rows))


def test_a_ruling_is_added_for_a_day_to_come(as_manager, trial):
    before = rulings(trial)
    answer = change(as_manager, trial, {"valid_from": "2027-04-01", "economic": "non_economic", "source": "Opinion"})
    assert answer.status_code == 302
    assert rulings(trial) == [*before, (date(2027, 4, 1), "non_economic")]
    assert trial.counts_as(on=date(2027, 3, 31)) == Economic.ECONOMIC


def test_a_ruling_that_begins_before_today_is_refused(as_manager, trial):
    before = rulings(trial)
    answer = change(as_manager, trial, {"valid_from": "2027-02-23", "economic": "non_economic", "source": ""})
    assert "A ruling begins today or later." in answer.content.decode()
    assert rulings(trial) == before


@pytest.mark.parametrize("prefix", ["rulings", "rulings-2"])
@pytest.mark.parametrize("attempt", [{"economic": "non_economic"}, {"valid_from": "2027-05-01"}, {"DELETE": "on"}])
def test_a_ruling_in_force_is_neither_edited_nor_deleted(as_manager, trial, attempt, prefix):
    before = rulings(trial)
    first = trial.rulings.get()
    row = {"id": first.pk, "purpose": trial.pk, "valid_from": "2018-01-01", "economic": "economic", "source": ""}
    form = as_filled_in(trial) | {f"{prefix}-0-{name}": value for name, value in (row | attempt).items()}
    form |= {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 1}
    as_manager.post(page("bookings_purpose_change", trial.pk), form)
    assert rulings(trial) == before
    assert trial.rulings.get().source == first.source


def test_two_rulings_for_one_day_are_refused(as_manager, trial):
    trial.rulings.create(valid_from=date(2027, 2, 24), economic="economic")
    before = rulings(trial)
    answer = change(as_manager, trial, {"valid_from": "2027-02-24", "economic": "non_economic", "source": ""})
    assert "There is already a ruling from that day on." in answer.content.decode()
    assert rulings(trial) == before
    twice = {"valid_from": "2027-06-01", "economic": "non_economic", "source": ""}
    assert change(as_manager, trial, twice, twice).status_code == 200
    assert rulings(trial) == before


def test_a_ruling_to_come_is_still_edited_and_deleted(as_manager, trial):
    before = rulings(trial)
    coming = trial.rulings.create(valid_from=date(2027, 4, 1), economic="non_economic")
    row = {"id": coming.pk, "valid_from": "2027-05-01", "economic": "not_counted", "source": ""}
    change(as_manager, trial, row)
    assert rulings(trial) == [*before, (date(2027, 5, 1), "not_counted")]
    change(as_manager, trial, row | {"DELETE": "on"})
    assert rulings(trial) == before


def test_classes_of_organisations_are_ticked(as_manager, trial):
    form = as_filled_in(trial) | {"organisation_classes": ["micro", "small"]}
    assert as_manager.post(page("bookings_purpose_change", trial.pk), form).status_code == 302
    trial.refresh_from_db()
    assert trial.organisation_classes == ["micro", "small"]


def test_a_purpose_is_not_deleted_and_keeps_its_code(as_manager, trial):
    assert as_manager.post(page("bookings_purpose_delete", trial.pk), {"post": "yes"}).status_code == 403
    as_manager.post(page("bookings_purpose_change", trial.pk), as_filled_in(trial) | {"code": "other"})
    trial.refresh_from_db()
    assert trial.code == "trial-production"


# ---- Quotas -----------------------------------------------------------------------------------------------------


def quota_form(organisation, **changed) -> dict:
    return {
        "organisation": organisation.pk,
        "hours": "40",
        "span": "month",
        "peak_weight": "1",
        "off_peak_weight": "1",
        "peak_from": "09:00",
        "peak_until": "17:00",
    } | changed


def test_a_quota_is_given(as_manager, verhagen):
    assert as_manager.post(page("bookings_quota_add"), quota_form(verhagen)).status_code == 302
    assert str(verhagen.quotas.get()) == "40 hours per month, all machines"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hours": "-1"}, "greater than or equal to 0"),
        ({"peak_weight": "-1"}, "A weight cannot be negative."),
        ({"peak_from": "18:00"}, "Peak must start before it ends."),
        ({"span": "year"}, "Select a valid choice"),
    ],
)
def test_a_quota_that_cannot_be_is_refused(as_manager, verhagen, changed, said):
    answer = as_manager.post(page("bookings_quota_add"), quota_form(verhagen, **changed))
    assert said in answer.content.decode()
    assert not Quota.objects.exists()


def test_a_quota_is_on_a_fieldlab_or_a_type_not_both(as_manager, verhagen, fieldlab, printer_type):
    both = quota_form(verhagen, fieldlab=fieldlab.pk, equipment_type=printer_type.pk)
    assert "Choose a fieldlab or a type" in as_manager.post(page("bookings_quota_add"), both).content.decode()
    assert not Quota.objects.exists()


def test_the_same_quota_is_not_given_twice(as_manager, verhagen):
    as_manager.post(page("bookings_quota_add"), quota_form(verhagen))
    again = as_manager.post(page("bookings_quota_add"), quota_form(verhagen, hours="60"))
    assert "change that one" in again.content.decode()
    same = page("bookings_quota_change", verhagen.quotas.get().pk)
    assert as_manager.post(same, quota_form(verhagen, hours="60")).status_code == 302
    assert verhagen.quotas.get().hours == 60


# ---- Certificates -----------------------------------------------------------------------------------------------


@pytest.fixture
def instruction(printer_type) -> CertificateKind:
    kind = CertificateKind.objects.create(name="Instructie FDM", name_en="FDM instruction", slug="fdm")
    kind.required_for.add(printer_type)
    return kind


def test_a_technician_grants_a_certificate_which_resolves_what_lacked_it(
    as_technician, technician, engineer, instruction, make_reservation, facility_manager
):
    override = Overriding(by=facility_manager, reason="First time", codes=["not_certified"])
    issue = Issue.objects.create(reservation=make_reservation(override=override), code="not_certified", opened_at=NOW)
    form = {"user": engineer.pk, "kind": instruction.pk, "last_valid_day": ""}
    assert as_technician.post(page("equipment_certificate_add"), form).status_code == 302
    granted = Certificate.objects.get()
    assert (granted.granted_by, granted.granted_on) == (technician, date(2027, 2, 24))
    assert granted.valid_until == date(2028, 2, 24)
    issue.refresh_from_db()
    assert issue.closed_at == NOW


@pytest.mark.parametrize("until", ["2027-02-23", "2020-01-01"])
def test_a_certificate_that_does_not_last_is_refused(as_technician, engineer, instruction, until):
    form = {"user": engineer.pk, "kind": instruction.pk, "last_valid_day": until}
    answer = as_technician.post(page("equipment_certificate_add"), form)
    assert "at least a day" in answer.content.decode()
    assert not Certificate.objects.exists()


def test_a_certificate_is_withdrawn_with_a_reason_and_marks_what_it_breaks(
    as_technician, technician, engineer, instruction, make_reservation
):
    certificate = grant(user=engineer, kind=instruction, by=technician, now=NOW)
    reservation = make_reservation()
    address = f"/admin/equipment/certificate/{certificate.pk}/withdraw/"
    shown = as_technician.get(address).content.decode()
    assert "Engineer loses “FDM instruction” at once." in shown
    assert "This field is required" in as_technician.post(address, {"reason": " "}).content.decode()
    certificate.refresh_from_db()
    assert certificate.withdrawn_at is None
    answer = as_technician.post(address, {"reason": "Left it open"}, follow=True)
    assert "Left it open" in answer.content.decode()
    certificate.refresh_from_db()
    assert (certificate.withdrawn_by, certificate.withdrawal_reason) == (technician, "Left it open")
    history = as_technician.get(page("equipment_certificate_change", certificate.pk)).content.decode()
    assert "why withdrawn: – → Left it open" in history
    assert [c.reservation for c in Issue.objects.filter(closed_at=None)] == [reservation]
    assert as_technician.post(address, {"reason": "Again"}).status_code == 403


def test_a_member_does_not_withdraw(client, engineer, technician, instruction):
    certificate = grant(user=engineer, kind=instruction, by=technician, now=NOW)
    signed_in(client, engineer)
    assert client.post(f"/admin/equipment/certificate/{certificate.pk}/withdraw/", {"reason": "x"}).status_code == 403


def test_a_certificate_is_never_edited_or_deleted(as_manager, facility_manager, engineer, instruction):
    certificate = grant(user=engineer, kind=instruction, by=facility_manager, now=NOW)
    address = page("equipment_certificate_change", certificate.pk)
    assert as_manager.get(address).status_code == 200
    assert as_manager.post(address, {"valid_until": "2099-01-01"}).status_code == 403
    assert as_manager.post(page("equipment_certificate_delete", certificate.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("state", "until"),
    [("valid", date(2027, 3, 27)), ("ends_soon", date(2027, 3, 26)), ("ended", date(2027, 2, 24)), ("withdrawn", None)],
)
def test_certificates_are_found_by_how_they_stand(as_manager, facility_manager, engineer, instruction, state, until):
    for number, ends in enumerate([date(2027, 3, 27), date(2027, 3, 26), date(2027, 2, 24), None]):
        Certificate.objects.create(
            user=engineer,
            kind=instruction,
            granted_on=date(2026, 1, 1 + number),
            valid_until=ends or date(2028, 1, 1),
            granted_by=facility_manager,
            withdrawn_at=None if ends else NOW,
        )
    shown = as_manager.get(page("equipment_certificate_changelist"), {"state": state}).context["cl"].result_list
    assert [c.valid_until if c.withdrawn_at is None else None for c in shown] == [until]


# ---- Issues ---------------------------------------------------------------------------------------------------


def test_open_issues_are_listed_and_dismissed(as_manager, make_reservation):
    issue = Issue.objects.create(reservation=make_reservation(), code="during_outage", opened_at=NOW)
    address = page("bookings_issue_changelist")
    assert "out of service then" in as_manager.get(address).content.decode()
    as_manager.post(address, {"action": "dismiss", "_selected_action": [issue.pk]})
    issue.refresh_from_db()
    assert issue.closed_at == NOW
    assert as_manager.get(address).context["cl"].result_count == 0
    assert as_manager.get(address, {"state": "closed"}).context["cl"].result_count == 1
    assert as_manager.get(address, {"state": "all", "code": "not_certified"}).context["cl"].result_count == 0


# ---- What was booked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["booking", "reservation", "override"])
def test_what_was_booked_is_read_only(as_manager, make_reservation, facility_manager, model):
    override = Overriding(by=facility_manager, reason="Open day")
    reservation = make_reservation("20:00", "21:00", override=override)
    one = {"booking": reservation.booking, "reservation": reservation, "override": reservation.overrides.first()}[model]
    address = page(f"bookings_{model}_change", one.pk)
    assert as_manager.get(address).status_code == 200
    assert as_manager.post(address, {"state": "cancelled", "reason": "other"}).status_code == 403
    assert as_manager.post(page(f"bookings_{model}_delete", one.pk), {"post": "yes"}).status_code == 403
    actions = as_manager.get(page(f"bookings_{model}_changelist")).context["action_form"]
    assert actions is None
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CONFIRMED


def test_the_history_says_who_did_what(as_manager, make_reservation, engineer, org_manager):
    reservation = make_reservation(title="Housing")
    reservation = move(reservation=reservation, actor=org_manager, now=NOW, start=wall("13:00"), end=wall("14:00"))
    cancel(reservation=reservation, actor=engineer, now=NOW)
    said = as_manager.get(page("bookings_booking_change", reservation.booking_id)).content.decode()
    for expected in (
        "Engineer: FDM-01, Mon 1 March 2027 09:00–11:00. created",
        "Orgmanager: FDM-01, Mon 1 March 2027 13:00–14:00",
        "period: Mon 1 March 2027 09:00–11:00 → Mon 1 March 2027 13:00–14:00",
        "state: confirmed → cancelled",
    ):
        assert expected in said
    assert said.index("confirmed → cancelled") < said.index("period: Mon")
    own = as_manager.get(page("bookings_reservation_change", reservation.pk)).content.decode()
    assert "state: confirmed → cancelled" in own
    assert "FDM-01 01-03-2027 13:00" in own


def test_a_decision_and_its_reason_stand_with_the_reservation(
    as_manager, make_reservation, facility_manager, printer_type
):
    printer_type.approval = "manager"
    printer_type.save()
    reservation = make_reservation()
    decline(reservation=reservation, actor=facility_manager, now=NOW, reason="Open day")
    said = as_manager.get(page("bookings_reservation_change", reservation.pk)).content.decode()
    assert "Manager, Wed 24 February 2027 10:00, Open day" in said
    assert "reason of the decision: – → Open day" in said


def test_rules_that_were_set_aside_are_told_in_words(as_manager, make_reservation, facility_manager):
    reservation = make_reservation("20:00", "21:00", override=Overriding(by=facility_manager, reason="Open day"))
    said = as_manager.get(page("bookings_override_changelist")).content.decode()
    assert "Preparation, use and clean-up are in opening hours" in said
    assert "Open day" in said
    assert "Open day" in as_manager.get(page("bookings_reservation_change", reservation.pk)).content.decode()


def test_the_history_button_leads_to_the_page_itself(as_manager, make_reservation):
    booking = make_reservation().booking
    answer = as_manager.get(page("bookings_booking_history", booking.pk))
    assert answer.url == page("bookings_booking_change", booking.pk)


@pytest.mark.parametrize("model", ["booking", "reservation", "issue"])
def test_a_list_costs_the_same_statements_with_one_and_with_three(as_manager, make_reservation, model):
    counted = []
    for hour in (9, 11, 13):
        reservation = make_reservation(f"{hour:02}:00", f"{hour + 1}:00")
        Issue.objects.create(reservation=reservation, code="not_certified", opened_at=NOW)
        with CaptureQueriesContext(connection) as statements:
            as_manager.get(page(f"bookings_{model}_changelist"))
        counted.append(len(statements))
    assert len(set(counted)) == 1


def test_a_page_costs_the_same_statements_with_one_reservation_and_with_three(as_manager, make_booking):
    counted = []
    for hours in ([9], [11, 13, 15]):
        booking = make_booking(*((f"{hour:02}:00", f"{hour + 1}:00") for hour in hours)).booking
        with CaptureQueriesContext(connection) as statements:
            as_manager.get(page("bookings_booking_change", booking.pk))
        counted.append(len(statements))
    assert Booking.objects.count() == 2
    assert len(set(counted)) == 1
