"""What is shown once is copied at a press, or handed to the calendar program of the machine."""

import pytest
from playwright.sync_api import expect

from bookings.models import CalendarFeed
from organisations.models import ApiToken, digest_of
from tests.browser.conftest import PHONE
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def copied(page) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").last).to_have_text("Copied.")
    return page.evaluate("navigator.clipboard.readText()")


def test_the_address_of_a_calendar_is_copied_and_opened(sign_in, engineer, printer):
    page = sign_in(engineer, viewport=PHONE, bypass_csp=True)
    page.goto("/me/feeds/")
    page.get_by_role("button", name="Create link").click()
    address = copied(page)
    secret = address.split("/feeds/")[1].removesuffix(".ics")
    assert CalendarFeed.objects.get().digest == digest_of(secret)
    subscribe = page.get_by_role("link", name="Open in calendar program")
    assert subscribe.get_attribute("href") == address.replace("http:", "webcal:")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    revoke = page.get_by_role("button", name="Revoke").bounding_box()
    assert revoke["x"] + revoke["width"] < PHONE["width"]


def test_a_token_is_copied(sign_in, engineer, printer):
    page = sign_in(engineer)
    page.goto("/me/")
    page.get_by_role("button", name="Create token").click()
    assert ApiToken.objects.get().digest == digest_of(copied(page))
