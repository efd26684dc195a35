"""The facility manager's desk by hand: a request is declined with a reason; the page keeps nobody out."""

import pytest
from playwright.sync_api import expect

from bookings.models import Issue
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_accessibility import violations
from tests.conftest import NOW

pytestmark = pytest.mark.browser


@pytest.fixture
def desk_at_work(make_booking, printer_type):
    """A request, and an issue about it."""
    printer_type.approval = "manager"
    printer_type.save()
    reservation = make_booking(("09:00", "11:00"), title="Housing").reservations[0]
    Issue.objects.create(reservation=reservation, code="not_certified", opened_at=NOW)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_desk_keeps_nobody_out(sign_in, desk_at_work, facility_manager, viewport, theme):
    page = sign_in(facility_manager, viewport=viewport, theme=theme, bypass_csp=True)
    page.goto("/requests/")
    wrong = violations(page)
    page.locator(".request summary").click()
    page.get_by_label("Why?").fill("Open day")
    wrong += violations(page)
    assert not wrong, "\n".join(wrong)


def test_the_desk_at_400_percent_does_not_scroll_sideways(sign_in, desk_at_work, facility_manager):
    page = sign_in(facility_manager, viewport={"width": 320, "height": 640})
    page.goto("/requests/")
    page.locator(".request summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_request_is_declined_by_hand(sign_in, desk_at_work, facility_manager):
    page = sign_in(facility_manager)
    page.get_by_role("link", name="Requests").click()
    page.locator(".request summary").click()
    page.get_by_label("Why?").fill("Open day")
    page.get_by_role("button", name="Decline with this reason").click()
    expect(page.get_by_role("status")).to_contain_text("Declined: FDM-01")
    expect(page.locator("main")).to_contain_text("Nothing awaits a decision.")


def test_on_a_phone_the_menu_under_the_thumb_is_one_row_and_the_rest_folds_out(sign_in, facility_manager, printer):
    page = sign_in(facility_manager, viewport=PHONE)
    page.goto("/desk/")
    bar = page.locator(".menu")
    tops = bar.locator("a:visible").evaluate_all("links => links.map(link => link.getBoundingClientRect().top)")
    assert len(tops) == 4
    assert len(set(tops)) == 1
    page.get_by_text("Menu", exact=False).first.click()
    expect(page.locator(".top-sheet").get_by_role("link", name="Usage report")).to_be_visible()
