"""A day is written 25-11-2026 and read as people write it: typed or picked, by hand and by keyboard, with scripts and
without, in a browser of any language."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Reservation
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_accessibility import violations
from tests.conftest import NOW, wall

pytestmark = pytest.mark.browser

# Today is Wednesday 24 February 2027.
MONTH = {"nl": "februari 2027", "en": "February 2027"}
FIELDS = {
    "/?process=fdm": "24-02-2027",
    "/book/?equipment=FDM-01&day=25-11-2027": "25-11-2027",
    "/machines/FDM-01/?day=2027-03-01": "01-03-2027",
    "/floor/?date=2027-03-01": "01-03-2027",
    "/certificates/": "",
}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_field_for_a_day_is_of_one_kind_whatever_the_browser_speaks(
    sign_in, facility_manager, verhagen, make_reservation, language
):
    move = f"/reservations/{make_reservation().pk}/move/"
    facility_manager.memberships.create(organisation=verhagen)
    facility_manager.language = language
    facility_manager.save()
    page = sign_in(facility_manager, language="en-US")
    for address, value in {**FIELDS, move: "01-03-2027"}.items():
        page.goto(address)
        fields = page.locator("main [data-day]")
        assert fields.first.input_value() == value, address
        kinds = page.locator("input[type=date], input[type=time], input[type=datetime-local], input[type=month]")
        expect(kinds).to_have_count(0)


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", WIDE)], ids=["nl-phone", "en-wide"])
def test_a_day_is_picked_by_keyboard_alone(sign_in, engineer, printer, purpose, language, viewport):
    engineer.language = language
    engineer.save()
    page = sign_in(engineer, language=language, viewport=viewport, bypass_csp=True)
    page.goto("/book/?equipment=FDM-01")
    page.locator("#book_day").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    picker = page.locator("#day-picker")
    expect(picker).to_be_visible()
    expect(picker.locator("h2")).to_have_text(MONTH[language])
    # The week begins on Monday, with its ISO number; today is marked and has the focus.
    assert picker.locator("tbody tr").first.inner_text().split() == ["5", "1", "2", "3", "4", "5", "6", "7"]
    expect(picker.locator("[aria-current=date]")).to_be_focused()
    assert not violations(page)
    for key in ("ArrowRight", "ArrowDown", "Home", "PageDown", "Shift+PageDown", "Shift+PageUp", "PageUp", "Home"):
        page.keyboard.press(key)
    expect(picker.locator("td:focus")).to_have_attribute("data-day-of", "2027-03-01")
    page.keyboard.press("Enter")
    expect(picker).to_be_hidden()
    expect(page.locator("#book_day")).to_have_value("01-03-2027")
    expect(page.locator(".day-open").first).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    expect(page.locator("#book_day")).to_have_value("01-03-2027")


def test_a_day_is_picked_by_hand_in_a_dialog_over_the_page_and_books(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto("/?process=fdm")
    page.locator("#id_since + .day-open").click()
    picker = page.locator("#day-picker")
    picker.locator("[data-day-of='2027-02-23']").click(force=True)  # before today: nothing is searched there
    expect(picker).to_be_visible()
    picker.get_by_role("button", name="Next month").click()
    picker.locator("[data-day-of='2027-03-01']").click()
    expect(page).to_have_url(re.compile("since=01-03-2027"))
    page.locator(".find-card-times a[data-dialog]").first.click()
    dialog = page.locator("dialog.dialog[open]")
    dialog.locator(".day-open").first.click()
    picker.locator("[data-day-of='2027-03-02']").click()
    expect(dialog.locator("#book_day")).to_have_value("02-03-2027")
    dialog.locator("#book_purpose").select_option(index=1)
    dialog.locator(".button-main").click()
    page.wait_for_url("**/bookings/**")
    [reservation] = Reservation.objects.all()
    assert reservation.start == wall("2027-03-02 08:30")


def test_the_floor_goes_to_the_day_that_is_typed_and_says_what_it_cannot_read(sign_in, engineer, printer):
    page = sign_in(engineer)
    page.goto("/floor/")
    page.locator("#id_date").fill("1 maart")
    page.locator("#id_date").press("Enter")
    expect(page.locator("#machines h2").first).to_contain_text("1 March 2027")
    page.locator("#id_date").fill("31-02-2027")
    page.locator("#id_date").press("Enter")
    expect(page.locator("#machines")).to_contain_text("Write it as 25-11-2026.")
    expect(page.locator("#id_date")).to_have_value("31-02-2027")


def test_without_scripts_a_day_is_typed_and_what_is_wrong_is_kept(
    browser, live_server, engineer, printer, purpose, monkeypatch
):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto("/book/?equipment=FDM-01")
    page.get_by_label("Email").fill(engineer.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".day-open").first).to_be_hidden()
    day = page.locator("#book_day")
    day.fill("11/25/2027")
    page.locator("#book_start").fill("9")
    page.locator("#book_end").fill("11")
    page.locator("#book_purpose").select_option("trial-production")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator("main")).to_contain_text("There is no such day. Write it as 25-11-2026.")
    expect(day).to_have_value("11/25/2027")
    expect(day).to_have_attribute("aria-invalid", "true")
    day.fill("1 mrt 2027")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator(".reservation-time")).to_have_text("09:00–11:00")
    context.close()
