"""axe finds no violation of WCAG 2.2 AA on any page, light or dark, wide or in the hand; nothing scrolls sideways."""

from datetime import date

import pytest

from bookings.models import CalendarFeed, Quota
from bookings.scheduling.placement import RequestedSlot
from equipment.availability import add_outage
from equipment.certificates.services import grant
from equipment.models import CertificateKind
from equipment.policy import Approval
from notifications.models import Notification
from organisations.models import ApiToken, Membership, Role
from tests.browser.conftest import AXE, WIDE
from tests.conftest import NOW, wall

pytestmark = pytest.mark.browser

# 1440 pixels wide at 400 %.
NARROW = {"width": 360, "height": 225}
ENTRANCE = ["/account/login/", "/account/password/reset/"]
ADDRESSES = [
    "/",
    "/?process=fdm&since=2027-03-01",
    "/?process=fdm&width_mm=5000",
    "/?process=fdm&duration=soon",
    "/floor/",
    "/floor/?view=week&date=2027-03-01",
    "/floor/?q=nothing",
    "/usage/?month=2027-03",
    "/machines/FDM-01/",
    "/machines/FDM-01/?week=2027-W09",
    "/machines/FDM-01/card/",
    "/bookings/",
    "/bookings/?whose=all&when=past",
    "/bookings/?q=nothing",
    "/organisations/verhagen/",
    "/shares/",
    "/me/",
    "/house-rules/",
    "/requests/",
    "/desk/",
    "/outbox/",
    "/outbox/?show=planned",
    "/outbox/?show=sent",
    "/outbox/?q=nothing",
    "/certificates/",
    "/me/notices/",
    "/book/?equipment=FDM-01",
    "/notices/",
    "/me/feeds/",
    "/account/email/",
    "/api/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/reauthenticate/?next=/me/",
    "/none/",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page, tags=tuple(TAGS)) -> list[str]:
    """Rule and place of each. axe is evaluated, not added as a script, which the policy of the pages forbids."""
    page.evaluate("code => window.axe || (0, eval)(code)", AXE.read_text())
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", list(tags))["violations"]
    return [f"{page.url} {rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def sideways(page) -> list[str]:
    """The widest thing that sticks out of a narrow page."""
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{page.url} is {width} wide"] if width > NARROW["width"] else []


@pytest.fixture
def everything(
    engineer, facility_manager, verhagen, other_engineer, kempen, make_booking, printer_type, printer, second_printer
):
    """A facility manager who leads an organisation, and something on every page."""
    Membership.objects.create(user=facility_manager, organisation=verhagen, role=Role.MANAGER)
    Quota.objects.create(organisation=verhagen, span="week", hours=5)
    make_booking(("2027-03-02 09:00", "2027-03-02 11:00"), booker=other_engineer, organisation=kempen)
    mine = make_booking(
        ("09:00", "11:00"), ("13:00", "15:00"), title="Housing", booker=facility_manager, organisation=verhagen
    )
    printer_type.approval = Approval.MANAGER
    printer_type.save()
    requested_slot = RequestedSlot(wall("2027-03-03 09:00"), wall("2027-03-03 11:00"), second_printer)
    make_booking(requested_slot, booker=other_engineer, organisation=kempen)
    add_outage(printer, start=wall("2027-03-04 09:00"), end=wall("2027-03-04 11:00"), title="Nozzle", now=NOW)
    for person in (engineer, facility_manager):
        kind, _new = CertificateKind.objects.get_or_create(name="Powder", slug="powder")
        grant(user=person, kind=kind, by=facility_manager, now=NOW, valid_until=date(2027, 3, 10))
    ApiToken.issue(user=facility_manager, name="Planner")
    CalendarFeed.issue(owner=facility_manager, now=NOW, of="floor")
    Notification.objects.filter(kind="confirmation").update(sent_at=NOW)
    Notification.objects.filter(kind="confirmation", recipient=other_engineer).update(sent_at=None, given_up_at=NOW)
    return mine.booking


def addresses_of(booking) -> list[str]:
    """Of one booking: itself, moving one of its reservations, cancelling one or all."""
    first = booking.reservations.earliest("period")
    there = f"/bookings/{booking.reference}"
    return [f"{there}/", f"/reservations/{first.pk}/move/", f"{there}/cancel/?reservation=all"]


def in_every_look(page) -> list[str]:
    """What axe finds light and dark, at 400 % and wide."""
    found = []
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{theme}, {size['width']} wide: {wrong}" for wrong in violations(page)]
        if size == NARROW:
            found += sideways(page)
    return found


def test_no_page_keeps_anybody_out_or_scrolls_sideways(open_page, sign_in, everything, facility_manager):
    wrong = []
    entrance = open_page(bypass_csp=True)
    for address in ENTRANCE:
        entrance.goto(address)
        wrong += in_every_look(entrance)
    page = sign_in(facility_manager, bypass_csp=True)
    for address in [*ADDRESSES, *addresses_of(everything)]:
        page.goto(address)
        wrong += in_every_look(page)
    assert not wrong, "\n".join(dict.fromkeys(wrong))


SET_UP = ["", "equipment/equipment/", "equipment/equipment/add/", "schedule/calendar/", "schedule/event/add/"]


def test_the_set_up_pages_keep_nobody_out(sign_in, everything, facility_manager, printer, working_hours):
    """As django-unfold draws them; its own headings are not ours to judge, WCAG is."""
    facility_manager.is_staff = True
    facility_manager.save()
    page = sign_in(facility_manager, bypass_csp=True)
    wrong = []
    one = [f"schedule/calendar/{working_hours.pk}/change/", f"equipment/equipment/{printer.pk}/change/"]
    for address in [*SET_UP, *one]:
        page.goto(f"/admin/{address}")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            wrong += [f"{theme}: {each}" for each in violations(page, TAGS[:-1])]
    assert not wrong, "\n".join(wrong)


MOVES = """
() => [...document.querySelectorAll("*")].filter((element) => {
  const style = getComputedStyle(element);
  const seconds = `${style.transitionDuration}, ${style.animationDuration}`.split(", ").map(parseFloat);
  return Math.max(...seconds) > 0.011 || style.scrollBehavior === "smooth";
}).map((element) => element.outerHTML.slice(0, 120))
"""


def test_who_wants_less_motion_sees_none(sign_in, everything, facility_manager):
    page = sign_in(facility_manager)
    page.emulate_media(reduced_motion="reduce")
    moving = {}
    for address in ("/", "/floor/", "/machines/FDM-01/", "/desk/", "/bookings/", "/requests/"):
        page.goto(address)
        moving[address] = page.evaluate(MOVES)
    assert not any(moving.values()), moving


def test_what_opens_and_what_is_refused_keeps_nobody_out(sign_in, everything, facility_manager):
    page = sign_in(facility_manager, bypass_csp=True, viewport=NARROW)
    page.locator(".top-more > summary").click()
    wrong = violations(page) + sideways(page)
    page.goto(addresses_of(everything)[0])
    page.locator(".history > summary").click()
    wrong += violations(page) + sideways(page)
    page.goto(addresses_of(everything)[1])
    page.locator("#move_start").fill("25:00")
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_role("alert").wait_for()
    wrong += violations(page) + sideways(page)
    assert not wrong, "\n".join(wrong)


def test_no_page_breaks_the_content_security_policy(sign_in, everything, facility_manager):
    """`open_page` watches for it; the pages of the sign-in are among those visited."""
    page = sign_in(facility_manager)
    for address in [*ADDRESSES, *addresses_of(everything)]:
        if address != "/none/":
            page.goto(address)
            page.wait_for_load_state("load")
