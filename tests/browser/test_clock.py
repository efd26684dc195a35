"""The Atrium's clock on every page, whatever zone the laptop is in and however wrong its clock: here it is Wednesday
morning, 24 February 2027, and on the laptop another day."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bookings.models import ReservationState
from bookings.timeline.scale import place_of_hour
from tests.conftest import NOW, wall

pytestmark = pytest.mark.browser

AWAY = ["Pacific/Auckland", "America/Los_Angeles"]


@pytest.fixture(params=AWAY)
def wrong_laptop(sign_in, engineer, request):
    """In another zone, and a day and five hours fast."""
    page = sign_in(engineer, timezone=request.param)
    page.clock.set_fixed_time(NOW + timedelta(days=1, hours=5))
    return page


def test_the_line_of_now_and_the_marked_day_are_the_atriums(wrong_laptop, printer):
    page = wrong_laptop
    page.goto("/machines/FDM-01/", wait_until="networkidle")
    marked = page.locator("#days .day-today")
    expect(marked).to_have_count(1)
    expect(marked.locator("h3")).to_contain_text("24")
    lane = page.locator("#days .lane").nth(2).bounding_box()
    line = page.locator("#days line.now").bounding_box()
    assert lane["y"] <= line["y"] < lane["y"] + lane["height"]
    ten = lane["x"] + lane["width"] * place_of_hour(10, (8, 18)) / 100
    assert line["x"] == pytest.approx(ten, abs=2)


def test_the_keyboard_on_the_floor_begins_now(wrong_laptop, printer, purpose):
    page = wrong_laptop
    page.goto("/floor/")
    page.locator("#machine-FDM-01").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".ghost > span")).to_contain_text(re.compile("24.*10:00"))


def test_what_is_dragged_goes_where_the_atriums_clock_says(wrong_laptop, make_reservation):
    reservation = make_reservation()
    page = wrong_laptop
    page.goto("/machines/FDM-01/?week=2027-W09", wait_until="networkidle")
    box = page.locator(f"#reservation-{reservation.pk} rect").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 2.5, box["y"] + box["height"] / 2, steps=6)
    expect(page.locator(".ghost-allowed")).to_contain_text("13:00")
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("Moved:")
    reservation.refresh_from_db()
    assert (reservation.start, reservation.state) == (wall("13:00"), ReservationState.CONFIRMED)
