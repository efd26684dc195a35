"""Finding a machine, its week, and booking it by the form."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Booking, Reservation
from core.clock import ZONE
from equipment.models import Certificate, CertificateKind
from floor import services as floor_services
from tests.conftest import NOW, wall


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


def test_who_is_not_signed_in_is_sent_to_the_sign_in(client, printer):
    for address in ("/", "/floor/", "/machines/FDM-01/", "/bookings/", "/me/"):
        assert client.get(address).headers["Location"] == f"/account/login/?next={address}"


def test_the_list_says_what_is_free_and_what_is_occupied(page, make_reservation, second_printer):
    make_reservation(start="2027-02-24 10:00", end="2027-02-24 12:00")
    said = page.get("/floor/").content.decode()
    assert "now-mine" in said
    assert "until 12:15" in said
    assert "now-free" in said
    assert "until 18:00" in said


def test_the_list_is_narrowed_by_words_and_by_process(page, printer, second_printer):
    assert "FDM-02" not in page.get("/floor/?q=fdm-01").content.decode()
    assert "No machine fits that" in page.get("/floor/?q=lathe").content.decode()
    assert "FDM-02" in page.get("/floor/?process=fdm").content.decode()
    assert "FDM-02" in page.get("/floor/?process=no-such-process").content.decode()


@pytest.mark.parametrize(
    "address", ["/floor/", "/machines/FDM-01/?week=2027-W09", "/machines/FDM-01/week/?week=2027-W09"]
)
def test_a_page_costs_the_same_statements_with_one_machine_and_with_three(
    page, printer, make_equipment, make_reservation, address
):
    with_one = _statements(page, address)
    make_reservation()
    for code in ("FDM-02", "FDM-03"):
        make_reservation(equipment=make_equipment(code))
    assert _statements(page, address) == with_one


def _statements(page, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as statements:
        assert page.get(address).status_code == 200
    return len(statements)


def test_the_form_books_and_shows_the_booking(page, printer, engineer):
    answer = page.post("/machines/FDM-01/", filled_in(), follow=True)
    reservation = Reservation.objects.get()
    assert (reservation.start, reservation.end) == (wall("09:00"), wall("11:00"))
    assert reservation.booking.booker == engineer
    assert answer.redirect_chain == [(f"/bookings/{reservation.booking.reference}/", 302)]
    assert "Housing v3" in answer.content.decode()


def test_the_form_as_it_is_shown_names_the_organisation(page, printer):
    shown = page.get("/machines/FDM-01/").context["form"]
    fields = {name: shown[name].value() or "" for name in shown.fields}
    assert fields["organisation"] == "verhagen"
    answer = page.post(
        "/machines/FDM-01/", fields | {"day": "2027-03-01", "start": "9", "end": "11", "purpose": "unknown"}
    )
    assert answer.status_code == 302


def test_the_same_form_sent_twice_lands_on_the_same_booking(page, printer):
    first, second = (page.post("/machines/FDM-01/", filled_in()) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Booking.objects.count() == 1


def test_another_wish_with_the_same_form_is_another_booking(page, printer):
    page.post("/machines/FDM-01/", filled_in())
    page.post("/machines/FDM-01/", filled_in(start="13:00", end="14:00"))
    assert Booking.objects.count() == 2


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(page, make_booking, printer, second_printer):
    make_booking(("09:00", "11:00"))
    answer = page.post("/machines/FDM-01/", filled_in(token="two"))
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "The machine is taken" in answer.context["form"].errors["start"][0]
    assert 'value="Housing v3"' in said
    assert 'value="9"' in said
    assert 'formaction="/machines/FDM-02/#book"' in said


def test_an_alternative_fills_the_form_in_and_can_then_be_booked(page, make_booking, printer, second_printer):
    make_booking(("09:00", "11:00"))
    refused = page.post("/machines/FDM-01/", filled_in(token="two"))
    offered = refused.context["form"].alternatives[0]
    [code] = offered.equipment
    period = f"{offered.start.isoformat()}/{offered.end.isoformat()}"
    chosen = page.post(f"/machines/{code}/", filled_in(token="two", alternative=period))
    form = chosen.context["form"]
    assert form["title"].value() == "Housing v3"
    assert form["purpose"].value() == "trial-production"
    fields = {name: form[name].value() or "" for name in form.fields}
    assert page.post(f"/machines/{code}/", fields).status_code == 302


def test_every_refusal_is_shown_at_once(page, printer):
    form = page.post("/machines/FDM-01/", filled_in(day="2027-03-06", start="9:10", end="9:20")).context["form"]
    assert {"start", "end"} <= set(form.errors)
    assert len(form.errors["start"]) >= 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "31-02-2027"},
        {"day": "9999-12-31", "end": "24:00"},
        {"start": "25:00"},
        {"start": "noon"},
        {"end": "08:00"},
        {"organisation": "kempen"},
        {"purpose": "no-such"},
        {"title": "x" * 500},
        {"token": ""},
    ],
)
def test_what_cannot_be_read_is_said_and_books_nothing(page, printer, kempen, wrong):
    assert page.post("/machines/FDM-01/", filled_in(**wrong)).status_code == 422
    assert not Booking.objects.exists()


@pytest.mark.parametrize("query", ["from=x&until=y", "from=2027-13-45&until=1", "week=2027-W99", "week=0000-W00"])
def test_a_strange_address_shows_the_machine_all_the_same(page, printer, query):
    assert page.get(f"/machines/FDM-01/?{query}").status_code == 200


def test_others_bookings_show_as_occupied_and_nothing_more(client, make_booking, other_engineer):
    booking = make_booking(("09:00", "11:00"), title="Secret lens").booking
    client.force_login(other_engineer)
    for address in (
        "/floor/",
        "/machines/FDM-01/?week=2027-W09",
        "/machines/FDM-01/week/?week=2027-W09",
        "/machines/FDM-01/week.json?from=2027-03-01&until=2027-03-08",
    ):
        said = client.get(address).content.decode()
        for secret in ("Secret lens", booking.reference, "Verhagen", "Engineer"):
            assert secret not in said, address
    said = client.get("/machines/FDM-01/?week=2027-W09").content.decode()
    assert "08:45–11:15" in said


def test_who_belongs_nowhere_is_told_so(client, facility_manager, printer):
    client.force_login(facility_manager)
    assert "You do not belong to an organisation yet" in client.get("/machines/FDM-01/").content.decode()


def hours_drawn(page) -> tuple[str, ...]:
    """What stands between the nights, which are narrower; nothing where there are none."""
    [monday, *_others] = page.get("/machines/FDM-01/?week=2027-W09").context["days"]
    return tuple(f"{moment.astimezone(ZONE):%H:%M}" for moment, _place in monday.strip.scale.knots[1:-1])


def test_the_calendar_shows_opening_hours_also_where_a_run_crosses_the_night(page, printer, make_reservation):
    assert hours_drawn(page) == ("08:00", "18:00")
    printer.unattended, printer.longest = True, timedelta(hours=40)
    printer.save()
    make_reservation("16:00", "2027-03-02 10:00", equipment=printer)
    assert hours_drawn(page) == ("08:00", "18:00")


def test_the_calendar_shows_the_whole_day_where_it_is_always_open(page, printer):
    printer.opening_hours = None
    printer.save()
    assert hours_drawn(page) == ()


def test_the_week_alone_is_answered_from_what_was_kept_until_something_changes(page, monkeypatch, make_reservation):
    make_reservation()
    address = "/machines/FDM-01/week/?week=2027-W09"
    kept = page.get(address)
    again = {"headers": {"If-None-Match": kept.headers["ETag"]}}
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(seconds=50))
    assert page.get(address, **again).status_code == 304
    Reservation.objects.update(state="cancelled")
    assert page.get(address, **again).status_code == 200


def test_the_line_of_now_stands_on_a_whole_minute(page, monkeypatch, printer):
    kept = page.get("/machines/FDM-01/week/")
    for seconds, status in ((59, 304), (61, 200)):
        monkeypatch.setattr(timezone, "now", lambda seconds=seconds: NOW + timedelta(seconds=seconds))
        asked_again = page.get("/machines/FDM-01/week/", headers={"If-None-Match": kept.headers["ETag"]})
        assert asked_again.status_code == status


def asked(answer) -> list[tuple[str, float]]:
    """The days on which what the form asks for is marked, with how wide that is."""
    found = [(day, block) for day in answer.context["days"] for block in day.strip.blocks if block.mark == "asked"]
    return [(f"{day.date}", round(block.width)) for day, block in found]


@pytest.mark.parametrize("address", ["/machines/FDM-01/", "/machines/FDM-01/week/"])
def test_what_the_form_asks_for_is_marked_in_the_week_of_its_day(page, printer, address):
    answer = page.get(f"{address}?day=02-03-2027&start=9&end=11:00")
    assert asked(answer) == [("2027-03-02", 17)]  # two of ten hours, and the nights an eighth as wide
    assert asked(page.get(f"{address}?day=02-03-2027&start=9&end=11:00&week=2027-W10")) == []


@pytest.mark.parametrize("typed", ["start=9", "start=9&end=8", "start=noon&end=13", "day=soon&start=9&end=11"])
def test_what_is_not_yet_a_period_is_not_marked(page, printer, typed):
    answer = page.get(f"/machines/FDM-01/week/?{typed}")
    assert answer.status_code == 200
    assert asked(answer) == []


def test_a_machine_that_is_not_there_has_no_week(page, printer):
    assert page.get("/machines/FDM-99/week/").status_code == 404


@pytest.mark.parametrize(
    ("week", "day", "hours"), [("2027-W12", "2027-03-28", "23 hours"), ("2027-W43", "2027-10-31", "25 hours")]
)
def test_a_day_on_which_the_clock_changes_says_how_long_it_lasts(page, printer, week, day, hours):
    answer = page.get(f"/machines/FDM-01/week/?week={week}")
    [changes] = [each for each in answer.context["days"] if each.hours]
    assert f"{changes.date}" == day
    assert answer.content.decode().count(hours) == 1


def test_a_run_through_the_night_is_a_block_in_each_lane_with_a_name_of_its_own(page, printer, make_reservation):
    printer.unattended, printer.longest = True, timedelta(hours=60)
    printer.save()
    run = make_reservation("16:00", "2027-03-03 10:00", equipment=printer)
    said = page.get("/machines/FDM-01/week/?week=2027-W09").content.decode()
    names = [f'id="reservation-{run.pk}{day}"' for day in ("", "-2027-03-02", "-2027-03-03")]
    assert [said.count(name) for name in names] == [1, 1, 1]
    assert (said.count("data-cut-start"), said.count("data-cut-end")) == (2, 2)
    assert said.count("data-overnight") == 7


def test_the_page_says_which_certificates_one_needs_and_whether_one_has_them(page, printer, printer_type, engineer):
    for name in ("Printing", "Powder"):
        CertificateKind.objects.create(name=name, slug=name.lower()).required_for.add(printer_type)
    Certificate.objects.create(
        user=engineer,
        kind=CertificateKind.objects.get(slug="powder"),
        granted_on=date(2026, 5, 1),
        valid_until=date(2027, 5, 1),
        granted_by=engineer,
    )
    said = page.get("/machines/FDM-01/").content.decode()
    assert "Powder: valid through Friday 30 April 2027" in said
    assert "Printing: <strong>not yet obtained</strong>" in said


def test_the_page_offers_the_next_free_time(page, printer):
    said = page.get("/machines/FDM-01/").content.decode()
    assert "from=2027-02-24T10%3A00%3A00%2B01%3A00&amp;until=2027-02-24T10%3A30%3A00%2B01%3A00" in said


def test_the_card_to_hang_up_leads_to_the_machine(page, printer):
    said = page.get("/machines/FDM-01/card/").content.decode()
    assert "http://testserver/machines/FDM-01/" in said
    assert "<svg" in said


def test_the_floor_shows_the_days_that_are_asked_for(page, make_reservation):
    make_reservation("09:00", "11:00", title="Next week")
    mine = 'class="mine confirmed"'
    for query, shows in (
        ("", False),
        ("?view=3days", False),
        ("?view=week&date=2027-03-04", True),
        ("?date=2027-03-01", True),
        ("?view=3days&date=2027-02-27", True),
        ("?view=3days&date=2027-02-26", False),
    ):
        assert (mine in page.get(f"/floor/{query}").content.decode()) == shows, query


def test_the_state_now_is_told_only_of_today(page, printer):
    assert "now-free" in page.get("/floor/?view=week").content.decode()
    assert "now-free" not in page.get("/floor/?view=week&date=2027-03-04").content.decode()


def test_stepping_through_the_floor_keeps_what_was_asked(page, printer):
    said = page.get("/floor/?q=fdm&view=week&date=2027-03-04").content.decode()
    for address in ("date=2027-02-22", "date=2027-03-08"):
        assert f"?q=fdm&amp;view=week&amp;{address}" in said
    assert "Week 9" in said


@pytest.mark.parametrize("query", ["view=year", "date=soon", "date=2027-02-31", "date=0001-01-01", "date=9999-12-31"])
def test_a_strange_window_shows_today(page, printer, query):
    assert "Wednesday 24 February 2027" in page.get(f"/floor/?{query}").content.decode()


class TestStandingBeforeIt:
    """Who scans the code on the machine is at its page, and checks in there."""

    @pytest.fixture
    def at(self, client, monkeypatch):
        def seen(user, moment):
            monkeypatch.setattr(timezone, "now", lambda: wall(moment))
            client.force_login(user)
            return client.get("/machines/FDM-01/").content.decode()

        return seen

    def test_one_checks_in_and_out_at_the_top(self, at, make_reservation, engineer):
        mine = make_reservation("09:00", "11:00")
        assert f"/reservations/{mine.pk}/check-in/" not in at(engineer, "08:00")
        assert f"/reservations/{mine.pk}/check-in/" in at(engineer, "08:50")
        floor_services.check_in(reservation=mine, actor=engineer, now=wall("09:00"))
        assert f"/reservations/{mine.pk}/check-out/" in at(engineer, "10:00")
        assert f"/reservations/{mine.pk}/check-out/" in at(engineer, "11:30")

    def test_others_see_nothing_of_it(self, at, make_reservation, other_engineer):
        make_reservation("09:00", "11:00")
        assert "check-in/" not in at(other_engineer, "08:50")

    def test_the_technician_checks_others_in(self, at, make_reservation, facility_manager):
        mine = make_reservation("09:00", "11:00")
        assert f"/reservations/{mine.pk}/check-in/" in at(facility_manager, "08:50")
