"""axe finds no violation of WCAG 2.2 AA on any page, light or dark, wide or in the hand; nothing scrolls sideways."""

import pytest

from bookings.models import Quota
from tests.browser.conftest import AXE, PHONE, WIDE

pytestmark = pytest.mark.browser

ADDRESSES = ["/", "/machines/FDM-01/", "/bookings/", "/shares/", "/house-rules/", "/me/"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page) -> list[str]:
    """Rule and place of each. axe is evaluated, not added as a script, which the policy of the pages forbids."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)["violations"]
    return [f"{page.url} {rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_page_keeps_anybody_out(
    open_page, sign_in, engineer, other_engineer, kempen, make_booking, printer, second_printer, viewport, theme
):
    booked = make_booking(("09:00", "11:00"), ("13:00", "15:00"), title="Housing").booking
    Quota.objects.create(organisation=booked.organisation, span="week", hours=5)
    make_booking(("2027-03-02 09:00", "2027-03-02 11:00"), booker=other_engineer, organisation=kempen)
    entrance = open_page(viewport=viewport, theme=theme, bypass_csp=True)
    wrong = []
    for address in ("/account/login/", "/account/password/reset/"):
        entrance.goto(address)
        wrong += violations(entrance)
    page = sign_in(engineer, viewport=viewport, theme=theme, bypass_csp=True)
    addresses = [*ADDRESSES, "/?q=nothing", "/machines/FDM-01/?week=2027-W09", "/bookings/?when=past"]
    addresses += [f"/bookings/{booked.reference}/", "/account/password/change/", "/account/2fa/", "/none/"]
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        wrong += violations(page)
    page.goto(f"/bookings/{booked.reference}/")
    page.locator("summary").first.click()
    wrong += violations(page)
    page.goto("/machines/FDM-01/")
    page.get_by_label("From", exact=True).fill("25:00")
    page.get_by_role("button", name="Book", exact=True).click()
    wrong += violations(page)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_at_400_percent_does_not_scroll_sideways(sign_in, engineer, make_booking, printer, address):
    """1280 pixels wide at 400 % are 320."""
    make_booking(("09:00", "11:00"))
    page = sign_in(engineer, viewport={"width": 320, "height": 640})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_no_page_breaks_the_content_security_policy(sign_in, engineer, make_booking, printer):
    """`open_page` watches for it; the pages of the sign-in are among those visited."""
    booked = make_booking(("09:00", "11:00")).booking
    page = sign_in(engineer)
    for address in [*ADDRESSES, "/machines/FDM-01/?week=2027-W09", f"/bookings/{booked.reference}/", "/account/2fa/"]:
        page.goto(address)
        page.wait_for_load_state("networkidle")
