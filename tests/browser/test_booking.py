"""The main job by hand: sign in, choose a machine, see its week, book, see one's own bookings, cancel."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Reservation
from bookings.timeline.scale import place_of_hour
from tests.browser.conftest import PASSWORD, PHONE, WIDE
from tests.conftest import NOW, wall

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "book": "Book", "machines": "Machines", "booked": "Booked", "bookings": "My reservations", "cancel": "Cancel",
        "yes": "Yes, cancel", "cancelled": "1 reservation cancelled", "nothing": "You have no upcoming reservations",
        "purpose": "Purpose", "from": "From", "until": "Until", "date": "Date", "title": "Title (optional)",
    },
    "nl": {
        "book": "Reserveren", "machines": "Apparaten", "booked": "Gereserveerd", "bookings": "Mijn reserveringen",
        "cancel": "Annuleren", "yes": "Ja, annuleren", "cancelled": "1 reservering geannuleerd",
        "nothing": "Je hebt geen komende reserveringen", "purpose": "Gebruiksdoel", "from": "Van", "until": "Tot",
        "date": "Datum", "title": "Titel (niet verplicht)",
    },
}  # fmt: skip


def fill_in(page, words, day="01-03-2027", start="9", end="11:00") -> None:
    page.get_by_label(words["date"], exact=True).fill(day)
    page.get_by_label(words["from"], exact=True).fill(start)
    page.get_by_label(words["until"], exact=True).fill(end)
    page.get_by_label(words["purpose"], exact=True).select_option("trial-production")
    page.get_by_label(words["title"], exact=True).fill("Housing v3")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_somebody_signs_in_books_a_machine_and_cancels(sign_in, engineer, printer, purpose, viewport, language):
    engineer.language = language
    engineer.save()
    words = WORDS[language]
    page = sign_in(engineer, viewport=viewport, language=language)
    page.goto("/floor/")
    page.get_by_role("link", name="FDM-01").click()
    fill_in(page, words)
    page.get_by_role("button", name=words["book"], exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(words["booked"])
    expect(page.locator(".reservation-time")).to_have_text("09:00–11:00")

    page.get_by_role("link", name=words["bookings"], exact=True).click()
    page.get_by_role("link", name="Housing v3").click()
    page.locator(".row-actions a").filter(has_text=words["cancel"]).click()
    page.get_by_role("button", name=words["yes"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["cancelled"])
    page.get_by_role("link", name=words["bookings"], exact=True).click()
    expect(page.locator("main")).to_contain_text(words["nothing"])


def test_a_refused_booking_is_saved_by_its_alternative(sign_in, engineer, make_booking, printer, second_printer):
    make_booking(("09:00", "11:00"))
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/")
    fill_in(page, WORDS["en"])
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("What you filled in is still here.")
    expect(page.get_by_label("Title (optional)")).to_have_value("Housing v3")
    page.locator(".alternatives button").first.click()
    expect(page.get_by_label("Title (optional)")).to_have_value("Housing v3")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Booked")
    assert Reservation.objects.count() == 2


def test_sweeping_over_free_time_in_the_week_fills_the_form_in(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/?week=2027-W09")
    box = page.locator("#days .lane").first.bounding_box()
    y, at = box["y"] + box["height"] / 2, lambda hour: box["x"] + box["width"] * place_of_hour(hour, (8, 18)) / 100 + 3
    page.mouse.move(at(9), y)
    page.mouse.down()
    page.mouse.move(at(10), y, steps=5)
    page.mouse.move(at(11), y, steps=5)
    page.mouse.up()
    expect(page.get_by_label("Date", exact=True)).to_have_value("01-03-2027")
    expect(page.get_by_label("From", exact=True)).to_have_value("09:00")
    expect(page.get_by_label("Until", exact=True)).to_have_value("11:00")


def test_the_week_shows_what_is_mine_and_what_is_occupied(
    sign_in, engineer, other_engineer, kempen, make_booking, printer
):
    make_booking(("09:00", "11:00"), title="Housing")
    make_booking(("13:00", "15:00"), booker=other_engineer, organisation=kempen, title="Secret")
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/?week=2027-W09")
    expect(page.locator("#days [data-reservation]")).to_contain_text("Housing")
    expect(page.locator("#days .said")).to_contain_text("occupied")
    assert "Secret" not in page.content()


def test_searching_narrows_the_list_and_stays_in_the_address(sign_in, engineer, printer, second_printer):
    page = sign_in(engineer)
    page.goto("/floor/")
    page.get_by_label("Search").press_sequentially("fdm-02")
    expect(page.locator(".machine-row")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=fdm-02"))


def test_a_form_sent_twice_in_a_hurry_books_once(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/")
    fill_in(page, WORDS["en"])
    page.get_by_role("button", name="Book", exact=True).dblclick()
    expect(page.get_by_role("status")).to_contain_text("Booked")
    [reservation] = Reservation.objects.all()
    assert reservation.start == wall("09:00")


def test_the_main_job_works_without_scripts(browser, live_server, engineer, make_booking, printer, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto("/machines/FDM-01/?week=2027-W09")
    page.get_by_label("Email").fill(engineer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="free").first.click()
    expect(page.get_by_label("From", exact=True)).to_have_value("08:00")
    page.get_by_label("From", exact=True).fill("8:30")
    page.get_by_label("Until", exact=True).fill("12")
    page.get_by_label("Purpose", exact=True).select_option("trial-production")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator(".reservation-time")).to_have_text("08:30–12:00")
    context.close()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_form_filled_in_before_the_session_ended_is_there_after_signing_in(
    sign_in, engineer, printer, purpose, language
):
    engineer.language = language
    engineer.save()
    words = WORDS[language]
    page = sign_in(engineer, language=language)
    page.goto("/machines/FDM-01/")
    fill_in(page, words)
    Session.objects.all().delete()
    page.get_by_role("button", name=words["book"], exact=True).click()
    page.locator("input[name=login]").fill(engineer.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_label(words["title"], exact=True)).to_have_value("Housing v3")
    expect(page.get_by_label(words["from"], exact=True)).to_have_value("9")
    expect(page.get_by_label(words["purpose"], exact=True)).to_have_value("trial-production")
    page.get_by_role("button", name=words["book"], exact=True).click()
    expect(page.locator(".reservation-time")).to_have_text("09:00–11:00")
