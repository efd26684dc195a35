"""At the desk's shared computer: whoever signed out has left nothing behind the back button."""

import pytest
from playwright.sync_api import expect

from bic.middleware import private_pages
from tests.browser.conftest import CHROMIUM, PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["as it comes", "whatever the headers say"])
def remembering_page(browser, live_server, request, monkeypatch):
    """A page of a Chromium that keeps whole pages in its memory for the back button, which Playwright's own does not.

    Once more without what our headers say, as browsers that keep pages in memory whatever those say.
    """
    chromium = browser.browser_type.launch(
        executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=["--disable-back-forward-cache"]
    )
    page = chromium.new_context(base_url=live_server.url, locale="en").new_page()
    if request.param == "whatever the headers say":
        monkeypatch.setattr(private_pages, "KEPT", "private")
        monkeypatch.setattr(private_pages, "FORGOTTEN", '"nothing"')
    yield page
    chromium.close()


def test_the_back_button_shows_nothing_of_who_signed_out(remembering_page, engineer, make_reservation):
    page = remembering_page
    make_reservation(title="A secret prototype")
    page.goto("/account/login/")
    page.get_by_label("Email").fill(engineer.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("/bookings/")
    expect(page.get_by_text("A secret prototype")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.get_by_text("A secret prototype")).not_to_be_visible()
    assert "A secret prototype" not in page.content()
