"""The form that books one machine, as a page of its own and as a part for a dialog."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from bookings.models import Booking, Override, Reservation
from organisations.models import Membership
from tests.conftest import NOW, wall

ADDRESS = "/book/?equipment=FDM-01"
PERIOD = "&from=2027-03-01T09:00:00%2B01:00&until=2027-03-01T11:00:00%2B01:00"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _views_read_this_clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


def filled_in(**changes) -> dict:
    fields = {"day": "2027-03-01", "start": "9", "end": "11:00", "organisation": "verhagen", "title": "Housing v3"}
    return {**fields, "purpose": "trial-production", "token": "one", **changes}


@pytest.mark.parametrize(("headers", "whole"), [({}, True), (HTMX, False)], ids=["page", "part"])
def test_the_address_fills_the_form_in(page, printer, headers, whole):
    answer = page.get(ADDRESS + PERIOD, headers=headers)
    form = answer.context["form"]
    assert [str(form[name].value()) for name in ("day", "start", "end")] == ["01-03-2027", "09:00", "11:00"]
    assert ("<html" in answer.content.decode()) == whole
    assert "HX-Request" in answer.headers["Vary"]


def test_the_page_leads_to_the_booking_and_the_dialog_is_told_to_go_there(page, printer):
    leads = page.post(ADDRESS, filled_in())
    told = page.post(ADDRESS, filled_in(), headers=HTMX)
    address = f"/bookings/{Booking.objects.get().reference}/"
    assert (leads.status_code, leads.headers["Location"]) == (302, address)
    assert (told.status_code, told.headers["HX-Redirect"]) == (204, address)
    assert Reservation.objects.get().start == wall("09:00")


def test_a_refusal_is_the_form_again_with_another_machine_to_choose(page, make_booking, printer, second_printer):
    make_booking(("09:00", "11:00"))
    refused = page.post(ADDRESS, filled_in(), headers=HTMX)
    assert refused.status_code == 422
    said = refused.content.decode()
    assert "<html" not in said
    assert 'value="Housing v3"' in said
    assert 'hx-post="/book/?equipment=FDM-02"' in said
    other = {"alternative": "2027-03-01T09:00:00+01:00/2027-03-01T11:00:00+01:00"}
    chosen = page.post("/book/?equipment=FDM-02", filled_in(**other), headers=HTMX)
    form = chosen.context["form"]
    assert chosen.status_code == 200
    assert (form.equipment, form["title"].value(), form["start"].value()) == (second_printer, "Housing v3", "09:00")


def test_who_was_signed_out_finds_what_was_typed_behind_the_sign_in(client, engineer, printer, purpose):
    sent_to = client.post(ADDRESS, filled_in()).headers["Location"]
    [behind] = parse_qs(urlsplit(sent_to).query)["next"]
    client.force_login(engineer)
    form = client.get(behind).context["form"]
    assert [form[name].value() for name in ("start", "title", "purpose")] == ["9", "Housing v3", "trial-production"]
    assert form.equipment == printer


@pytest.mark.parametrize("address", ["/book/", "/book/?equipment=NO-99"])
def test_a_machine_that_is_not_there_cannot_be_booked(page, printer, address):
    assert page.get(address).status_code == 404
    assert page.post(address, filled_in()).status_code == 404


class TestSettingAside:
    """A facility manager who books against a rule says why."""

    @pytest.fixture
    def boss(self, client, facility_manager, verhagen):
        Membership.objects.create(user=facility_manager, organisation=verhagen)
        client.force_login(facility_manager)
        return client

    LATE = {"start": "17", "end": "19:00"}

    def test_it_is_offered_with_the_refusal_and_books_with_the_reason(self, boss, printer):
        refused = boss.post(ADDRESS, filled_in(**self.LATE))
        assert refused.context["form"].may_override
        codes = refused.context["form"]["override_codes"].value()
        assert codes == "outside_opening_hours"
        given = filled_in(**self.LATE, override="yes", override_codes=codes, override_reason="Open evening")
        assert boss.post(ADDRESS, given).status_code == 302
        assert Override.objects.get().reason == "Open evening"

    def test_without_a_reason_it_is_asked_for(self, boss, printer):
        given = filled_in(**self.LATE, override="yes", override_codes="outside_opening_hours", override_reason=" ")
        answer = boss.post(ADDRESS, given)
        assert "Give a reason for the exception. It is kept with the reservation." in answer.content.decode()
        assert not Booking.objects.exists()

    def test_only_what_was_shown_is_set_aside(self, boss, printer):
        given = filled_in(**self.LATE, override="yes", override_codes="too_long", override_reason="x")
        assert boss.post(ADDRESS, given).status_code == 422
        assert not Booking.objects.exists()

    def test_what_nobody_may_set_aside_is_not_offered(self, boss, make_booking, printer):
        make_booking(("09:00", "11:00"))
        assert not boss.post(ADDRESS, filled_in()).context["form"].may_override

    def test_others_are_not_asked_and_cannot(self, page, printer):
        assert not page.post(ADDRESS, filled_in(**self.LATE)).context["form"].may_override
        given = filled_in(**self.LATE, override="yes", override_codes="outside_opening_hours", override_reason="x")
        assert page.post(ADDRESS, given).status_code == 422
        assert not Booking.objects.exists()


def test_more_people_and_a_supervisor_are_kept(page, printer, org_manager):
    page.post(ADDRESS, filled_in(people="12", supervisor=org_manager.pk))
    booking = Booking.objects.get()
    assert (booking.people, booking.supervisor) == (12, org_manager)


def test_a_supervisor_is_of_the_own_organisation(page, printer, other_engineer):
    answer = page.post(ADDRESS, filled_in(people="0", supervisor=other_engineer.pk))
    assert set(answer.context["form"].errors) == {"people", "supervisor"}
    assert '<details class="more" open>' in answer.content.decode()
