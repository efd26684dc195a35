"""The answer is lost: the server did what was asked, the browser never heard. It says so, and what is sent again is
done once."""

import pytest
from playwright.sync_api import expect

from bookings.models import Booking, Reservation
from tests.conftest import wall

pytestmark = pytest.mark.browser

SAID = {
    "en": "No answer came, so what you sent may have arrived.",
    "nl": "Er kwam geen antwoord, dus misschien is het aangekomen.",
}


def lose_answers(page, address: str) -> list:
    """Requests that change something go through to the server; their answers do not come back. What was answered."""
    answered = []

    def lose(route):
        if route.request.method == "GET":
            route.continue_()
            return
        answered.append(route.fetch(max_redirects=0).status)
        route.abort("connectionreset")

    page.route(address, lose)
    return answered


def said(where):
    """What the page says of the connection."""
    return where.get_by_role("alert").locator("p:visible")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_booking_whose_answer_is_lost_is_made_once(sign_in, engineer, printer, purpose, language):
    engineer.language = language
    engineer.save()
    page = sign_in(engineer, language=language)
    page.goto("/?process=fdm")
    page.locator(".find-card-times a[data-dialog]").first.click()
    dialog = page.locator("dialog.dialog[open]")
    dialog.locator("#book_purpose").select_option("trial-production")
    dialog.locator("#book_title").fill("Housing")
    answered = lose_answers(page, "**/book/**")
    dialog.locator(".button-main").click()
    expect(said(dialog)).to_contain_text(SAID[language])
    assert answered == [204]
    expect(dialog.locator("#book_title")).to_have_value("Housing")
    page.unroute("**/book/**")
    dialog.locator(".button-main").click()
    page.wait_for_url("**/bookings/**")
    expect(page.locator(".messages li")).to_have_count(1)
    assert Booking.objects.count() == Reservation.objects.count() == 1


def test_a_booking_on_a_page_whose_answer_is_lost_is_made_once(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/?day=1-3-2027&start=9&end=11")
    page.locator("#id_purpose").select_option("trial-production")
    answered = lose_answers(page, "**/machines/FDM-01/")
    page.get_by_role("button", name="Book", exact=True).click()
    page.wait_for_url("chrome-error://**")
    assert answered == [302]
    page.unroute("**/machines/FDM-01/")
    page.reload()  # the browser sends the form again
    expect(page.locator(".messages li")).to_have_count(1)
    expect(page.locator(".messages li")).to_contain_text("Booked.")
    assert Booking.objects.count() == 1


def test_a_booking_pressed_twice_is_told_of_once(sign_in, engineer, printer, purpose):
    """Without the script that stops the second press, as it comes when the first is slow."""
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/?day=1-3-2027&start=9&end=11")
    page.locator("#id_purpose").select_option("trial-production")
    page.evaluate("""async () => {
      const form = document.querySelector("#book form");
      const send = () => fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
      await send();
      await send();
    }""")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator(".messages li")).to_have_count(1)
    assert Booking.objects.count() == 1


def test_a_move_whose_answer_is_lost_says_so_and_is_done_once(sign_in, engineer, make_reservation):
    reservation = make_reservation()
    page = sign_in(engineer)
    page.goto(f"/reservations/{reservation.pk}/move/")
    page.locator("#move_start").fill("13")
    page.locator("#move_end").fill("15")
    page.locator("#move_end").press("Tab")
    expect(page.locator(".outcome-becomes")).to_be_visible()
    lose_answers(page, "**/move/")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(said(page)).to_contain_text(SAID["en"])
    page.unroute("**/move/")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".messages li")).to_contain_text("Moved to FDM-01")
    reservation.refresh_from_db()
    assert (reservation.start, reservation.revision) == (wall("13:00"), 1)


def test_a_drag_whose_answer_is_lost_shows_what_became_of_it(sign_in, engineer, make_reservation):
    reservation = make_reservation()
    page = sign_in(engineer)
    page.goto("/floor/?date=2027-03-01")
    lose_answers(page, f"**/api/v1/reservations/{reservation.pk}")
    page.locator(f"#reservation-{reservation.pk}").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".ghost-allowed")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("No answer came, so it may have been moved.")
    moved = page.locator(f"#reservation-{reservation.pk}[data-start='2027-03-01T08:30:00+00:00']")
    expect(moved).to_be_attached()


def test_nothing_was_sent_where_a_search_fails(sign_in, engineer, printer):
    page = sign_in(engineer)
    page.goto("/floor/")
    page.route("**/floor/?**", lambda route: route.abort("internetdisconnected"))
    page.locator("#id_process").select_option(index=1)
    expect(said(page)).to_contain_text("No connection.")


def test_a_token_whose_answer_is_lost_is_one_token_and_shown_after_all(sign_in, engineer, printer):
    page = sign_in(engineer)
    page.goto("/me/")
    page.locator("#token-name").fill("planner")
    lose_answers(page, "**/me/tokens/")
    page.get_by_role("button", name="Create token").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/me/tokens/")
    page.reload()
    expect(page.locator(".secret")).to_contain_text("bic_")
    assert engineer.api_tokens.count() == 1
