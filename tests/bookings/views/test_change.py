"""Moving and cancelling by hand: what changes is said first, refusals come back, a second press does no harm."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from bookings.models import Reservation, ReservationState
from bookings.services import move
from equipment.policy import Approval
from organisations.models import AUDITORS
from tests.conftest import NOW, wall


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


def asked(reservation, start="12:00", end="14:00", **changes) -> dict:
    filled = {"day": "2027-03-01", "start": start, "end": end, "equipment": reservation.equipment.code}
    return filled | {"revision": reservation.revision, **changes}


def address(reservation) -> str:
    return f"/reservations/{reservation.pk}/move/"


def test_what_changes_is_said_before_it_does(page, make_reservation):
    reservation = make_reservation()
    said = page.post(address(reservation), asked(reservation, check="yes")).content.decode()
    assert "becomes" in said
    assert "12:00–14:00" in said
    assert "The reservation stays confirmed." in said
    reservation.refresh_from_db()
    assert reservation.start == wall("09:00")


def test_a_move_is_made_once_however_often_it_is_sent(page, make_reservation, second_printer):
    reservation = make_reservation()
    to_there = asked(reservation, equipment="FDM-02")
    for _press in range(2):
        assert page.post(address(reservation), to_there).status_code == 302
    reservation.refresh_from_db()
    assert (reservation.start, reservation.equipment, reservation.revision) == (wall("12:00"), second_printer, 1)


def test_what_needs_approval_is_told_to_need_it_anew(page, make_reservation, printer):
    reservation = make_reservation()
    type(printer).objects.update(approval=Approval.MANAGER)
    said = page.post(address(reservation), asked(reservation, check="yes")).content.decode()
    assert "This needs approval again" in said
    page.post(address(reservation), asked(reservation))
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.REQUESTED


def test_a_refusal_stands_beside_its_field_and_an_alternative_fills_in_the_form(page, make_reservation, second_printer):
    reservation = make_reservation()
    make_reservation("13:00", "15:00")
    answer = page.post(address(reservation), asked(reservation))
    assert answer.status_code == 422
    assert "Not moved." in answer.content.decode()
    form = answer.context["form"]
    assert "start" in form.errors
    choices = [(a.start, a.end, code) for a in form.alternatives for code in a.equipment]
    start, end, code = choices[-1]
    chosen = asked(reservation, alternative=f"{start.isoformat()}/{end.isoformat()}/{code}")
    filled = page.post(address(reservation), chosen)
    assert filled.context["form"].data["equipment"] == code
    assert "becomes" in filled.content.decode()


def test_an_address_fills_the_form_in_and_says_what_comes_of_it(page, make_reservation, second_printer):
    reservation = make_reservation()
    query = {"from": wall("14:00").isoformat(), "until": wall("16:00").isoformat(), "equipment": "FDM-02"}
    answer = page.get(address(reservation), query)
    assert answer.context["form"]["start"].value() == "14:00"
    assert "14:00–16:00" in answer.content.decode()
    for strange in ({"from": "x", "until": ""}, {"equipment": "NONE-1"}, {"from": "9999-12-31T23:59:59+00:00"}):
        assert page.get(address(reservation), strange).context["form"]["start"].value() == "09:00"


def test_a_move_by_somebody_else_is_not_undone_unseen(page, make_reservation, org_manager):
    reservation = make_reservation()
    before = asked(reservation)
    move(reservation=reservation, actor=org_manager, now=NOW, start=wall("15:00"), end=wall("17:00"))
    answer = page.post(address(reservation), before)
    assert "The reservation has been moved in the meantime." in answer.content.decode()
    assert page.post(address(reservation), before | {"revision": answer.context["form"]["revision"].value()}).url
    reservation.refresh_from_db()
    assert reservation.start == wall("12:00")


def test_a_dialog_gets_the_form_alone_and_is_told_where_to_go(page, make_reservation):
    reservation = make_reservation()
    said = page.get(address(reservation), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in said
    answer = page.post(address(reservation), asked(reservation), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"/bookings/{reservation.booking.reference}/"


def test_who_may_not_change_it_finds_nothing(client, make_reservation, other_engineer):
    reservation = make_reservation()
    client.force_login(other_engineer)
    assert client.get(address(reservation)).status_code == 404
    assert client.post(address(reservation), asked(reservation)).status_code == 404


def test_what_is_over_says_so(page, make_reservation, monkeypatch):
    reservation = make_reservation()
    monkeypatch.setattr(timezone, "now", lambda: wall("18:00"))
    assert "can no longer be moved" in page.get(address(reservation)).content.decode()


def test_the_consequence_is_said_before_cancelling(page, make_booking, monkeypatch):
    booked = make_booking(("09:00", "10:00"), ("11:00", "12:00"))
    there = f"/bookings/{booked.booking.reference}/cancel/"
    one = {"reservation": booked.reservations[0].pk}
    said = page.get(there, one).content.decode()
    assert "Cancelling is free until Sun 28 February at 09:00." in said
    assert "The other reservation of this booking stays." in said
    assert "Cancel the whole booking?" in page.get(there, {"reservation": "all"}).content.decode()
    monkeypatch.setattr(timezone, "now", lambda: wall("09:00") - timedelta(hours=2))
    assert "If you cancel now, it counts as a late cancellation" in page.get(there, one).content.decode()
    Reservation.objects.update(state=ReservationState.REQUESTED)
    assert "The request is withdrawn" in page.get(there, one).content.decode()


def test_one_or_all_reservations_are_cancelled(page, make_booking):
    booked = make_booking(("09:00", "10:00"), ("11:00", "12:00"), ("13:00", "14:00"))
    there = f"/bookings/{booked.booking.reference}/cancel/"
    page.post(there, {"reservation": booked.reservations[0].pk})
    assert _states(booked) == ["cancelled", "confirmed", "confirmed"]
    answer = page.post(there, {"reservation": "all"}, follow=True)
    assert _states(booked) == ["cancelled"] * 3
    assert "2 reservations cancelled." in answer.content.decode()
    again = page.post(there, {"reservation": "all"}, follow=True)
    assert "This reservation has already been cancelled." in again.content.decode()


def _states(booked) -> list[str]:
    return list(booked.booking.reservations.order_by("period").values_list("state", flat=True))


@pytest.mark.parametrize("strange", ["", "0", "x", "99999999999999999999", "-1"])
def test_a_reservation_of_another_booking_is_not_cancelled(page, make_booking, strange):
    booked = make_booking(("09:00", "10:00"))
    there = f"/bookings/{booked.booking.reference}/cancel/"
    assert page.post(there, {"reservation": strange}).status_code == 404
    assert page.get(there, {"reservation": strange}).status_code == 404
    assert _states(booked) == ["confirmed"]


def test_who_only_looks_cancels_nothing(client, make_booking, facility_manager):
    booked = make_booking(("09:00", "10:00"))
    facility_manager.groups.set([Group.objects.get(name=AUDITORS)])
    client.force_login(facility_manager)
    there = f"/bookings/{booked.booking.reference}/cancel/"
    assert client.post(there, {"reservation": "all"}).status_code == 403
    assert _states(booked) == ["confirmed"]


def test_a_facility_manager_moves_against_a_rule_with_a_reason(client, make_reservation, facility_manager):
    reservation = make_reservation()
    client.force_login(facility_manager)
    late = asked(reservation, "17:00", "19:00")
    refused = client.post(address(reservation), late)
    assert "Move all the same" in refused.content.decode()
    given = late | {"override": "yes", "override_codes": "outside_opening_hours", "override_reason": "Open evening"}
    assert client.post(address(reservation), given).status_code == 302
    reservation.refresh_from_db()
    assert reservation.start == wall("17:00")
    assert reservation.overrides.get().reason == "Open evening"
