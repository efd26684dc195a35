"""From what one wants to do to a booking, on a wide screen and on a phone, in both languages, also by keyboard."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bookings.models import Reservation
from equipment.models import EquipmentType
from tests.browser.conftest import PHONE, WIDE
from tests.conftest import wall

pytestmark = pytest.mark.browser

WORDS = {
    "en": {"process": "I want to", "book": "Book", "booked": "Booked"},
    "nl": {"process": "Ik wil", "book": "Reserveren", "booked": "Gereserveerd"},
}


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", WIDE)], ids=["nl-phone", "en-wide"])
def test_what_one_wants_to_do_becomes_a_booking_in_two_clicks(
    sign_in, engineer, second_printer, make_reservation, language, viewport
):
    make_reservation("09:00", "11:00")  # so that the purpose is known
    engineer.language = language
    engineer.save()
    words = WORDS[language]
    page = sign_in(engineer, viewport=viewport, language=language)
    page.get_by_label(words["process"], exact=True).select_option("fdm")
    expect(page).to_have_url(re.compile("process=fdm"))
    page.locator(".find-card-times .button-main").first.click()
    page.get_by_role("button", name=words["book"], exact=True).click()
    page.wait_for_url("**/bookings/B-*/")
    expect(page.get_by_role("status")).to_contain_text(words["booked"])
    reservation = Reservation.objects.latest("pk")
    assert (reservation.start, reservation.end) == (wall("2027-02-24 10:00"), wall("2027-02-24 12:00"))


def test_the_keyboard_alone_books(sign_in, engineer, printer, make_reservation):
    make_reservation("09:00", "11:00")
    page = sign_in(engineer)
    page.get_by_label("I want to", exact=True).focus()
    page.keyboard.press("p")  # the first that begins with it
    page.locator(".find-card-times .button-main").wait_for()
    page.locator(".find-card-times .button-main").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Book", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bookings/B-*/")
    expect(page.get_by_role("status")).to_contain_text("Booked")


def test_the_back_button_brings_the_search_back_and_books_nothing_twice(sign_in, engineer, printer, make_reservation):
    make_reservation("09:00", "11:00")
    page = sign_in(engineer)
    page.goto("/?process=fdm&duration=3+hours")
    page.locator(".find-card-times .button-main").click()
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_url("**/bookings/B-*/")
    expect(page.get_by_role("status")).to_contain_text("Booked")
    page.go_back()
    expect(page).to_have_url(re.compile(r"process=fdm&duration=3"))
    expect(page.get_by_label("for about", exact=True)).to_have_value("3 hours")
    assert Reservation.objects.count() == 2


def test_choosing_another_process_brings_its_own_duration(sign_in, engineer, printer, make_equipment):
    slow = EquipmentType.objects.create(name="EOS P 396", slug="p396", process="sls", shortest=timedelta(hours=8))
    make_equipment("SLS-01", type=slow)
    page = sign_in(engineer)
    page.goto("/?process=fdm")
    page.locator("#id_process").select_option("sls")
    expect(page.locator("#machines")).to_contain_text("EOS P 396")
    expect(page.locator("#id_duration")).to_have_value("8 hours")
    page.locator("#id_process").select_option("fdm")
    expect(page.locator("#id_duration")).to_have_value("2 hours")


def test_the_dialog_keeps_what_is_typed_and_gives_the_focus_back(sign_in, engineer, printer, make_reservation):
    make_reservation("09:00", "11:00")
    page = sign_in(engineer)
    page.goto("/?process=fdm")
    page.locator(".find-card-times .button-main").press("Enter")
    dialog = page.get_by_role("dialog", name="Book FDM-01")
    expect(dialog.get_by_label("Date", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".find-card-times .button-main")).to_be_focused()

    page.keyboard.press("Enter")
    dialog.get_by_label("Date", exact=True).fill("2027-03-01")
    dialog.get_by_label("Title (optional)", exact=True).fill("Housing v3")
    dialog.get_by_label("From", exact=True).fill("10:00")
    dialog.get_by_label("Until", exact=True).fill("12:00")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("What you filled in is still here.")
    expect(dialog.get_by_label("From", exact=True)).to_be_focused()
    dialog.locator(".alternatives button").first.click()
    expect(dialog.get_by_role("button", name="Book", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bookings/B-*/")
    expect(page.get_by_role("status")).to_contain_text("Booked")
    assert Reservation.objects.filter(booking__title="Housing v3").count() == 1


def test_a_dialog_left_open_till_the_session_ended_keeps_its_form(sign_in, engineer, printer, make_reservation):
    make_reservation("09:00", "11:00")
    page = sign_in(engineer)
    page.goto("/?process=fdm")
    page.locator(".find-card-times .button-main").click()
    page.get_by_label("Title (optional)", exact=True).fill("Housing v3")
    kept = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("You were signed out. What you filled in is still here.")
    page.context.add_cookies(kept)
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_url("**/bookings/B-*/")
    expect(page.get_by_role("status")).to_contain_text("Booked")


def test_without_a_session_the_dialog_is_a_page(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto("/?process=fdm")
    page.context.clear_cookies(name="sessionid")
    page.locator(".find-card-times .button-main").click()
    expect(page).to_have_url(re.compile("/account/login/.*equipment"))
