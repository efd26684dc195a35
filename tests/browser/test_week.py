"""The week of a machine by hand: a lane for each day, with the pointer, the keyboard and a finger; over a night and
over both changes of the clock of 2027."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from bookings.models import Reservation
from bookings.timeline.scale import scale_of_day
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_accessibility import violations
from tests.browser.test_floor import Finger, drag
from tests.conftest import wall

pytestmark = pytest.mark.browser

WEEK = "/machines/FDM-01/?week=2027-W09"
HOURS = (8, 18)  # in which people are about


def point(page, on: str, clock: str, hours=HOURS) -> tuple[float, float]:
    """Where that time of the clock is on the lane of that day; just after it, so that no line is hit."""
    lane = page.locator(f"li:has(#day-{on}) .lane")
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    place = scale_of_day(date.fromisoformat(on), hours).place(wall(f"{on} {clock}"))
    return box["x"] + box["width"] * place / 100 + 1, box["y"] + box["height"] / 2


def filled_in(page) -> list[str]:
    return [page.locator(f"#id_{name}").input_value() for name in ("day", "start", "end")]


@pytest.fixture
def always_open(printer):
    printer.opening_hours = None
    printer.save()
    return printer


@pytest.fixture
def unattended(printer):
    printer.unattended, printer.longest = True, timedelta(hours=60)
    printer.save()
    return printer


def test_what_is_dragged_to_another_day_goes_there(sign_in, engineer, make_reservation):
    mine = make_reservation(title="Housing")
    page = sign_in(engineer)
    page.goto(WEEK)
    drag(page, point(page, "2027-03-01", "10:00"), point(page, "2027-03-03", "14:00"))
    expect(page.locator(".ghost-allowed")).to_contain_text("Wed 3 Mar 13:00–15:00")
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("Moved:")
    expect(page.locator(f"li:has(#day-2027-03-03) #reservation-{mine.pk}")).to_be_attached()
    expect(page.locator("li:has(#day-2027-03-03) .entries")).to_contain_text("13:00–15:00")
    mine.refresh_from_db()
    assert (mine.start, mine.end) == (wall("2027-03-03 13:00"), wall("2027-03-03 15:00"))


def test_its_end_makes_it_longer_within_its_day(sign_in, engineer, make_reservation):
    mine = make_reservation()
    page = sign_in(engineer)
    page.goto(WEEK)
    x, y = point(page, "2027-03-01", "11:00")
    _x, other_day = point(page, "2027-03-02", "11:00")
    drag(page, (x - 3, y), (point(page, "2027-03-01", "13:00")[0], other_day))
    expect(page.locator(".ghost-allowed")).to_contain_text("Mon 1 Mar 09:00–13:00")
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("Moved:")
    mine.refresh_from_db()
    assert (mine.start, mine.end) == (wall("09:00"), wall("13:00"))


def test_the_keyboard_begins_a_booking_goes_to_another_day_and_lengthens(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto(WEEK)
    page.locator("#id_title").fill("Housing")
    page.locator("#day-2027-03-01").focus()
    for keys in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(f"Shift+{keys}")
    page.keyboard.press("Control+Shift+ArrowRight")
    expect(page.locator(".ghost [role=status]")).to_contain_text("Press Enter to confirm")
    expect(page.locator(".ghost")).to_contain_text("Wed 3 Mar 08:30–10:00")
    page.keyboard.press("Enter")
    expect(page.locator("#id_purpose")).to_be_focused()
    assert filled_in(page) == ["03-03-2027", "08:30", "10:00"]
    assert page.locator("#id_title").input_value() == "Housing"
    expect(page.locator("li:has(#day-2027-03-03) .asked")).to_be_attached()


def test_the_keyboard_moves_what_is_mine_to_the_same_time_of_another_day(sign_in, engineer, make_reservation):
    mine = make_reservation()
    page = sign_in(engineer)
    page.goto(WEEK)
    page.locator(f"#reservation-{mine.pk}").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Moved:")
    mine.refresh_from_db()
    assert (mine.start, mine.end) == (wall("2027-03-02 09:00"), wall("2027-03-02 11:00"))
    expect(page.locator(f"#reservation-{mine.pk}")).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)


def test_enter_on_a_day_fills_the_day_in_and_keeps_what_was_typed(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto(WEEK)
    page.locator("#id_title").fill("Housing")
    page.locator("#day-2027-03-04").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#id_start")).to_be_focused()
    assert page.locator("#id_day").input_value() == "04-03-2027"
    assert page.locator("#id_title").input_value() == "Housing"
    page.locator("li:has(#day-2027-03-05) .entries a").first.click()
    assert filled_in(page) == ["05-03-2027", "08:00", "18:00"]
    assert page.locator("#id_title").input_value() == "Housing"


def test_what_is_filled_in_is_marked_in_the_week_of_its_day(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto(WEEK)
    for name, typed in (("day", "11-03-2027"), ("start", "9"), ("end", "12")):
        page.locator(f"#id_{name}").fill(typed)
    page.locator("#id_end").press("Tab")
    expect(page.locator("li:has(#day-2027-03-11) .asked")).to_be_attached()
    expect(page.locator("#week")).to_contain_text("Week 10")


def test_stepping_through_the_weeks_keeps_what_was_typed(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto(WEEK)
    page.locator("#id_title").fill("Housing")
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.locator("#week")).to_contain_text("Week 10")
    expect(page).to_have_url(re.compile(r"\?week=2027-W10$"))
    expect(page.locator("#week-after")).to_be_focused()
    page.get_by_role("link", name="This week").click()
    expect(page.locator("#week")).to_contain_text("Week 8")
    page.get_by_role("link", name="Previous", exact=True).click()
    expect(page.locator("#week")).to_contain_text("Week 7")
    assert page.locator("#id_title").input_value() == "Housing"
    drag(page, point_of_past(page), point_of_past(page, 80))  # the lanes that came are worked on like the first
    expect(page.locator(".ghost-refused")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()


def point_of_past(page, place: float = 50) -> tuple[float, float]:
    box = page.locator("#days .lane").first.bounding_box()
    return box["x"] + box["width"] * place / 100, box["y"] + box["height"] / 2


def test_a_refused_sweep_says_why_and_what_can_be_had(
    sign_in, engineer, make_booking, other_engineer, kempen, printer, purpose
):
    make_booking(("10:00", "12:00"), booker=other_engineer, organisation=kempen)
    page = sign_in(engineer)
    page.goto(WEEK)
    drag(page, point(page, "2027-03-01", "09:00"), point(page, "2027-03-01", "11:00"))
    expect(page.locator(".ghost-refused p")).to_contain_text("The machine is taken")
    page.mouse.up()
    assert filled_in(page) == ["01-03-2027", "09:00", "11:00"]
    page.locator("#answer button").first.click()
    expect(page.locator("#id_purpose")).to_be_focused()
    assert filled_in(page) != ["01-03-2027", "09:00", "11:00"]


def test_an_unattended_run_is_swept_into_another_day(sign_in, engineer, unattended, purpose):
    page = sign_in(engineer)
    page.goto(WEEK)
    drag(page, point(page, "2027-03-01", "16:00"), point(page, "2027-03-03", "09:00"))
    expect(page.locator(".ghost-allowed")).to_have_count(3)  # a piece in each lane
    expect(page.locator(".ghost-allowed").first).to_contain_text("Mon 1 Mar 16:00 – Wed 3 Mar 09:00")
    page.mouse.up()
    assert filled_in(page) == ["01-03-2027", "16:00", "09:00"]
    assert page.locator("#id_end_day").input_value() == "03-03-2027"
    expect(page.locator("#days .asked")).to_have_count(3)


def test_who_must_be_there_sweeps_within_a_day(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto(WEEK)
    drag(page, point(page, "2027-03-01", "09:00"), point(page, "2027-03-03", "11:00"))
    expect(page.locator(".ghost-allowed")).to_contain_text("Mon 1 Mar 09:00–11:00")
    page.keyboard.press("Escape")
    page.mouse.up()


def test_of_a_run_through_the_night_the_end_is_pulled_where_it_ends(sign_in, engineer, unattended, make_reservation):
    run = make_reservation("16:00", "2027-03-02 10:00", equipment=unattended)
    page = sign_in(engineer)
    page.goto(WEEK)
    # In the lane of the Monday it goes on beyond the edge: there it is the whole that is taken.
    box = page.locator("li:has(#day-2027-03-01) .lane").bounding_box()
    edge = box["x"] + box["width"] - 3
    drag(page, (edge, box["y"] + 20), (edge, point(page, "2027-03-02", "10:00")[1]))
    expect(page.locator(".ghost").first).to_contain_text("Tue 2 Mar 16:00 – Wed 3 Mar 10:00")
    page.keyboard.press("Escape")
    page.mouse.up()

    x, y = point(page, "2027-03-02", "10:00")
    drag(page, (x - 4, y), point(page, "2027-03-02", "12:00"))
    expect(page.locator(".ghost-allowed").first).to_contain_text("Mon 1 Mar 16:00 – Tue 2 Mar 12:00")
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("Moved:")
    run.refresh_from_db()
    assert (run.start, run.end) == (wall("16:00"), wall("2027-03-02 12:00"))


@pytest.mark.parametrize(
    ("week", "sunday", "before", "lasts"),
    [("2027-W12", "2027-03-28", "2027-03-27", 2), ("2027-W43", "2027-10-31", "2027-10-30", 4)],
    ids=["spring", "autumn"],
)
class TestWhenTheClockChanges:
    """On the Sunday the clock skips an hour in spring and shows one twice in autumn."""

    def test_what_is_swept_over_the_change_lasts_as_long_as_it_does(
        self, sign_in, engineer, always_open, purpose, week, sunday, before, lasts
    ):
        page = sign_in(engineer)
        page.goto(f"/machines/FDM-01/?week={week}")
        drag(page, point(page, sunday, "01:00", (0, 24)), point(page, sunday, "04:00", (0, 24)))
        expect(page.locator(".ghost-allowed")).to_contain_text("01:00–04:00")
        page.mouse.up()
        assert filled_in(page)[1:] == ["01:00", "04:00"]
        page.locator("#id_purpose").select_option("trial-production")
        page.get_by_role("button", name="Book", exact=True).click()
        expect(page.locator(".reservation-time")).to_have_text("01:00–04:00")
        [made] = Reservation.objects.all()
        assert made.end - made.start == timedelta(hours=lasts)

    def test_what_is_moved_over_the_change_stays_at_its_time_of_the_clock(
        self, sign_in, engineer, always_open, make_reservation, week, sunday, before, lasts
    ):
        mine = make_reservation(f"{before} 09:00", f"{before} 11:00")
        page = sign_in(engineer)
        page.goto(f"/machines/FDM-01/?week={week}")
        drag(page, point(page, before, "10:00", (0, 24)), point(page, sunday, "10:00", (0, 24)))
        expect(page.locator(".ghost-allowed")).to_contain_text("09:00–11:00")
        page.mouse.up()
        expect(page.locator("#answer")).to_contain_text("Moved:")
        mine.refresh_from_db()
        assert (mine.start, mine.end) == (wall(f"{sunday} 09:00"), wall(f"{sunday} 11:00"))

        page.locator(f"#reservation-{mine.pk}").focus()
        page.keyboard.press("Shift+ArrowUp")
        expect(page.locator(".ghost")).to_contain_text("09:00–11:00")
        page.keyboard.press("Escape")

    def test_its_lane_is_as_wide_as_the_others(
        self, sign_in, engineer, always_open, make_reservation, week, sunday, before, lasts
    ):
        mine = [make_reservation(f"{day} 20:00", f"{day} 23:30") for day in (before, sunday)]
        page = sign_in(engineer)
        page.goto(f"/machines/FDM-01/?week={week}")
        one, other = (page.locator(f"#reservation-{each.pk} rect").bounding_box() for each in mine)
        assert (one["x"], one["width"]) == pytest.approx((other["x"], other["width"]), abs=1)


def test_a_finger_that_rests_begins_a_booking_and_moves_one(sign_in, engineer, make_reservation, purpose):
    mine = make_reservation()
    page = sign_in(engineer, viewport=PHONE)
    page.goto(WEEK)
    finger = Finger(page)
    finger.rests_on(point(page, "2027-03-02", "10:00"))
    expect(page.locator(".ghost")).to_be_visible()
    for clock in ("11:00", "12:00", "13:00"):
        finger.moves_to(point(page, "2027-03-02", clock))
    expect(page.locator(".ghost-allowed")).to_contain_text("Tue 2 Mar 10:00–13:00")
    finger.lets_go()
    expect(page.locator("#id_purpose")).to_be_focused()
    assert filled_in(page) == ["02-03-2027", "10:00", "13:00"]
    expect(page.locator(".asked")).to_be_attached()

    finger.rests_on(point(page, "2027-03-01", "10:00"))
    expect(page.locator(".ghost")).to_be_visible()
    for day in ("2027-03-01", "2027-03-02"):
        finger.moves_to(point(page, day, "16:00"))
    expect(page.locator(".ghost-allowed")).to_contain_text("Tue 2 Mar 15:00–17:00")
    finger.lets_go()
    expect(page.locator("#answer")).to_contain_text("Moved:")
    mine.refresh_from_db()
    assert mine.start == wall("2027-03-02 15:00")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_drag_keeps_nobody_out(sign_in, engineer, make_reservation, purpose, viewport):
    mine = make_reservation()
    page = sign_in(engineer, viewport=viewport, bypass_csp=True)
    page.goto(f"{WEEK}&day=03-03-2027&start=9&end=11")
    assert not violations(page)
    page.locator(f"#reservation-{mine.pk}").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".ghost-allowed")).to_be_visible()
    assert not violations(page)


def test_who_is_in_no_organisation_is_told_so(sign_in, facility_manager, printer):
    page = sign_in(facility_manager)
    page.goto(WEEK)
    drag(page, point(page, "2027-03-01", "09:00"), point(page, "2027-03-01", "11:00"))
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("You belong to no organisation yet")
    expect(page.locator(".ghost")).to_have_count(0)


def test_what_others_do_appears_by_itself(sign_in, engineer, make_reservation):
    mine = make_reservation()
    page = sign_in(engineer)
    page.goto(WEEK)
    expect(page.locator(f"#reservation-{mine.pk}")).to_be_attached()
    Reservation.objects.update(state="cancelled")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(f"#reservation-{mine.pk}")).to_have_count(0)
