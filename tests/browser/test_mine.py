"""One's own bookings by hand: move by the form, with the keyboard, in both languages; cancel; a failing network."""

import pytest
from playwright.sync_api import expect

from bookings.models import Reservation, ReservationState
from tests.browser.conftest import PHONE, WIDE
from tests.conftest import wall

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "move": "Move FDM-01", "becomes": "becomes", "moved": "Moved to FDM-01", "bookings": "My reservations",
        "cancel": "Cancel FDM-01", "free": "Cancelling is free until", "yes": "Yes, cancel",
        "gone": "1 reservation cancelled",
    },
    "nl": {
        "move": "Verplaatsen FDM-01", "becomes": "wordt", "moved": "Verplaatst naar FDM-01",
        "bookings": "Mijn reserveringen", "cancel": "Annuleren FDM-01", "free": "Annuleren is gratis",
        "yes": "Ja, annuleren", "gone": "1 reservering geannuleerd",
    },
}  # fmt: skip


@pytest.mark.parametrize(("language", "viewport"), [("nl", PHONE), ("en", WIDE)], ids=["nl-phone", "en-wide"])
def test_somebody_moves_a_reservation_and_cancels_it(sign_in, engineer, make_reservation, language, viewport):
    engineer.language = language
    engineer.save()
    reservation, words = make_reservation(title="Housing"), WORDS[language]
    page = sign_in(engineer, viewport=viewport, language=language)
    page.get_by_role("link", name=words["bookings"], exact=True).click()
    page.get_by_role("link", name=words["move"]).click()
    page.locator("#move_start").fill("13")
    page.locator("#move_end").fill("15")
    page.locator("#move_end").press("Tab")
    expect(page.locator(".outcome")).to_contain_text(words["becomes"])
    expect(page.locator(".outcome-becomes")).to_contain_text("13:00–15:00")
    page.locator("#move_end").press("Enter")
    expect(page.get_by_role("status")).to_contain_text(words["moved"])
    reservation.refresh_from_db()
    assert reservation.start == wall("13:00")

    page.get_by_role("link", name=words["cancel"]).click()
    expect(page.locator("main")).to_contain_text(words["free"])
    page.get_by_role("button", name=words["yes"]).dblclick()
    expect(page.get_by_role("status")).to_contain_text(words["gone"])
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CANCELLED


def test_a_refused_move_offers_what_is_possible(sign_in, engineer, make_reservation, second_printer):
    reservation = make_reservation()
    make_reservation("13:00", "15:00")
    page = sign_in(engineer)
    page.goto(f"/reservations/{reservation.pk}/move/")
    page.locator("#move_start").fill("12")
    page.locator("#move_end").fill("14")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The reservation has not been moved")
    page.locator(".alternatives button").filter(has_text="FDM-02").first.click()
    expect(page.locator(".outcome-becomes")).to_contain_text("FDM-02")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("main")).to_contain_text("Moved to FDM-02")
    assert Reservation.objects.get(pk=reservation.pk).equipment == second_printer


def test_what_is_typed_is_kept_when_somebody_was_signed_out_meanwhile(sign_in, engineer, make_reservation):
    reservation = make_reservation()
    page = sign_in(engineer)
    page.goto(f"/reservations/{reservation.pk}/move/")
    page.locator("#move_start").fill("13")
    kept = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.locator("#move_end").fill("15")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("You were signed out. What you filled in is still here.")
    expect(page.locator("#move_start")).to_have_value("13")
    page.context.add_cookies(kept)
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Moved to FDM-01")


def test_without_a_network_it_says_what_to_do(sign_in, engineer, make_reservation):
    reservation = make_reservation()
    page = sign_in(engineer)
    page.goto(f"/reservations/{reservation.pk}/move/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Move", exact=True).click()
    said = page.get_by_role("alert").locator("p:visible")
    expect(said).to_contain_text("Send it again when you are online: nothing is done twice.")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("alert")).to_have_count(0)
