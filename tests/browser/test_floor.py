"""By hand on the floor and in the week of a machine: drag to book, to move, to lengthen; a refused drag; the same with
the keyboard; what others change."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from bookings.models import Reservation, ReservationState
from equipment.availability import add_outage
from organisations.models import TECHNICIANS
from tests.browser.conftest import PHONE
from tests.conftest import NOW, wall

pytestmark = pytest.mark.browser

DAY = "/floor/?date=2027-03-01"
HOURS = (6, 22)  # what the day shows
WORDS = {
    "en": {"moved": "Moved:", "undo": "Undo", "free": "Free. Release to book.", "nothing": "Nothing was changed.",
           "occupied": "The machine is taken until"},
    "nl": {"moved": "Verplaatst:", "undo": "Ongedaan maken", "free": "Vrij. Laat los om te reserveren.",
           "nothing": "Er is niets veranderd.", "occupied": "Het apparaat is bezet tot"},
}  # fmt: skip


@pytest.fixture
def mine(make_reservation):
    """From 09:00 to 11:00 on FDM-01."""
    return make_reservation(title="Housing")


def point(page, code: str, hour: float) -> tuple[float, float]:
    """Where that hour of the day is on the machine's lane."""
    box = page.locator(f".lane[data-code={code}]").bounding_box()
    first, last = HOURS
    return box["x"] + box["width"] * (hour - first) / (last - first), box["y"] + box["height"] / 2


def drag(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, and hold at the end; the caller lets go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.move(*end)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_dragging_moves_what_is_mine_and_can_be_undone(sign_in, engineer, mine, second_printer, language):
    engineer.language = language
    engineer.save()
    page = sign_in(engineer, language=language)
    page.goto(DAY)
    drag(page, point(page, "FDM-01", 10), point(page, "FDM-02", 14))
    expect(page.locator(".ghost-allowed")).to_contain_text("FDM-02")
    page.mouse.up()
    answer = page.locator("#answer")
    expect(answer).to_contain_text(WORDS[language]["moved"])
    mine.refresh_from_db()
    assert (mine.equipment, mine.start, mine.end) == (second_printer, wall("13:00"), wall("15:00"))
    expect(page.locator(f".lane[data-code=FDM-02] #reservation-{mine.pk}")).to_be_attached()

    answer.get_by_role("button", name=WORDS[language]["undo"]).click()
    expect(page.locator(f".lane[data-code=FDM-01] #reservation-{mine.pk}")).to_be_attached()
    mine.refresh_from_db()
    assert (mine.equipment.code, mine.start) == ("FDM-01", wall("09:00"))


def test_dragging_an_end_lengthens(sign_in, engineer, mine):
    page = sign_in(engineer)
    page.goto(DAY)
    x, y = point(page, "FDM-01", 11)
    drag(page, (x - 2, y), point(page, "FDM-01", 12.5))
    expect(page.locator(".ghost-allowed")).to_be_visible()
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("09:00–12:30")
    mine.refresh_from_db()
    assert (mine.start, mine.end) == (wall("09:00"), wall("12:30"))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_refused_drag_says_why_before_letting_go_and_changes_nothing(
    sign_in, engineer, mine, make_booking, other_engineer, kempen, language
):
    make_booking(("13:00", "14:00"), booker=other_engineer, organisation=kempen, title="Secret")
    engineer.language = language
    engineer.save()
    page = sign_in(engineer, language={"nl": "en", "en": "nl"}[language])  # of the browser
    page.goto(DAY)
    drag(page, point(page, "FDM-01", 10), point(page, "FDM-01", 14))
    expect(page.locator(".ghost-refused p")).to_contain_text(WORDS[language]["occupied"])
    expect(page.locator(".ghost-refused p")).to_contain_text("14:15")  # until when the other has it, clean-up included
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text(WORDS[language]["nothing"])
    mine.refresh_from_db()
    assert mine.start == wall("09:00")
    assert "Secret" not in page.content()

    page.locator("#answer button").first.click()  # the nearest time that is offered
    expect(page.locator("#answer")).to_contain_text(WORDS[language]["moved"])
    mine.refresh_from_db()
    assert mine.start != wall("09:00")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_dragging_in_free_time_opens_the_form_filled_in_and_books(sign_in, engineer, printer, purpose, language):
    engineer.language = language
    engineer.save()
    page = sign_in(engineer, language=language)
    page.goto(DAY)
    drag(page, point(page, "FDM-01", 13), point(page, "FDM-01", 15))
    expect(page.locator(".ghost-allowed")).to_contain_text(WORDS[language]["free"])
    page.mouse.up()
    dialog = page.locator("dialog[open]")
    shown = [dialog.locator(f"#book_{name}").input_value() for name in ("day", "start", "end")]
    assert shown == ["01-03-2027", "13:00", "15:00"]
    expect(page.locator(".ghost")).to_have_count(0)
    dialog.locator("#book_purpose").select_option(index=1)
    dialog.locator(".button-main").click()
    page.wait_for_url("**/bookings/**")
    assert Reservation.objects.filter(period__startswith=wall("13:00")).count() == 1


def test_leaving_the_dialog_leaves_the_floor_as_it_was(sign_in, engineer, printer, purpose):
    page = sign_in(engineer)
    page.goto(DAY)
    drag(page, point(page, "FDM-01", 13), point(page, "FDM-01", 15))
    expect(page.locator(".ghost-allowed")).to_be_visible()
    page.mouse.up()
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.dialog")).to_have_count(0)
    expect(page.locator("#machines")).to_be_visible()
    assert not Reservation.objects.exists()


def test_escape_leaves_a_drag(sign_in, engineer, mine):
    page = sign_in(engineer)
    page.goto(DAY)
    drag(page, point(page, "FDM-01", 10), point(page, "FDM-01", 15))
    expect(page.locator(".ghost-allowed")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".ghost")).to_have_count(0)
    mine.refresh_from_db()
    assert mine.start == wall("09:00")


def test_the_keyboard_moves_lengthens_and_books(sign_in, engineer, mine, purpose):
    page = sign_in(engineer)
    page.goto(DAY)
    page.locator(f"#reservation-{mine.pk}").focus()
    for keys in ("Shift+ArrowRight", "Shift+ArrowRight", "Control+Shift+ArrowRight"):
        page.keyboard.press(keys)
    expect(page.locator(".ghost [role=status]")).to_contain_text("Press Enter to confirm")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Moved:")
    mine.refresh_from_db()
    assert (mine.start, mine.end) == (wall("10:00"), wall("12:30"))  # by the half hour of its grid
    expect(page.locator(f"#reservation-{mine.pk}")).to_be_focused()

    page.locator("#machine-FDM-01").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".ghost-allowed, .ghost-refused")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)
    assert page.locator("#machine-FDM-01").evaluate("link => link === document.activeElement")


def test_a_technician_sees_who_but_cannot_drag_it(sign_in, org_manager, mine):
    org_manager.memberships.all().delete()
    org_manager.groups.set(Group.objects.filter(name=TECHNICIANS))
    page = sign_in(org_manager)
    page.goto(DAY)
    expect(page.locator(f"#reservation-{mine.pk}")).to_be_attached()
    expect(page.locator("[data-reservation]")).to_have_count(0)


def test_what_others_do_appears_by_itself(sign_in, engineer, mine):
    page = sign_in(engineer)
    page.goto(DAY)
    expect(page.locator(f"#reservation-{mine.pk}")).to_be_attached()
    Reservation.objects.update(state=ReservationState.CANCELLED)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as on coming back to the tab
    expect(page.locator(f"#reservation-{mine.pk}")).to_have_count(0)


def test_on_a_phone_a_block_leads_to_its_booking(sign_in, engineer, mine):
    page = sign_in(engineer, viewport=PHONE)
    page.goto(DAY)
    page.locator(f"#reservation-{mine.pk}").click()
    expect(page.locator("main")).to_contain_text(mine.booking.reference)


class Finger:
    """A finger on the page, as the browser itself gets it."""

    def __init__(self, page):
        self._session = page.context.new_cdp_session(page)
        self._session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def rests_on(self, point) -> None:
        self._send("touchStart", point)

    def moves_to(self, point) -> None:
        self._send("touchMove", point)

    def lets_go(self) -> None:
        self._send("touchEnd")


def test_a_finger_that_rests_on_a_block_moves_it(sign_in, engineer, mine):
    page = sign_in(engineer, viewport=PHONE)
    page.goto(DAY)
    page.locator(".lane[data-code=FDM-01]").scroll_into_view_if_needed()
    finger = Finger(page)
    finger.rests_on(point(page, "FDM-01", 10))
    expect(page.locator(".ghost")).to_be_visible()
    for hour in (11, 12, 13, 14):
        finger.moves_to(point(page, "FDM-01", hour))
    expect(page.locator(".ghost-allowed")).to_contain_text("13:00")
    finger.lets_go()
    expect(page.locator("#answer")).to_contain_text("Moved:")
    mine.refresh_from_db()
    assert mine.start == wall("13:00")


def test_on_a_phone_what_is_said_of_a_drag_is_on_the_screen_and_can_be_closed(
    sign_in, engineer, mine, make_booking, other_engineer, kempen
):
    make_booking(("15:00", "16:00"), booker=other_engineer, organisation=kempen)
    page = sign_in(engineer, viewport=PHONE)
    page.goto(DAY)
    lane = page.locator(".lane[data-code=FDM-01]")
    lane.evaluate("lane => lane.scrollIntoView({ block: 'end' })")  # right above the bar
    finger = Finger(page)
    finger.rests_on(point(page, "FDM-01", 10))
    expect(page.locator(".ghost")).to_be_visible()
    for hour in (12, 14, 15):
        finger.moves_to(point(page, "FDM-01", hour))
    expect(page.locator(".ghost-refused")).to_be_visible()
    bar = page.locator(".menu").bounding_box()["y"]
    for label in page.locator(".ghost > *").all():
        box = label.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= bar
    finger.lets_go()
    answer = page.locator("#answer")
    expect(answer).to_contain_text("Nothing was changed.")
    assert answer.bounding_box()["y"] + answer.bounding_box()["height"] <= bar
    answer.get_by_role("button", name="Close").click()
    expect(answer).to_be_hidden()


def test_a_finger_that_moves_at_once_scrolls_and_drags_nothing(sign_in, engineer, mine):
    page = sign_in(engineer, viewport=PHONE)
    page.goto(DAY)
    page.locator(".lane[data-code=FDM-01]").scroll_into_view_if_needed()
    finger = Finger(page)
    x, y = point(page, "FDM-01", 10)
    finger.rests_on((x, y))
    for by in (20, 60, 100):
        finger.moves_to((x, y - by))
    page.wait_for_timeout(600)
    expect(page.locator(".ghost")).to_have_count(0)
    finger.lets_go()
    mine.refresh_from_db()
    assert mine.start == wall("09:00")


def test_in_the_week_of_a_machine_mine_is_dragged_to_another_time(sign_in, engineer, mine):
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/?week=2027-W09", wait_until="networkidle")
    block = page.locator(f"#reservation-{mine.pk}")
    expect(block).to_contain_text("09:00")
    box = block.locator("rect").bounding_box()  # two hours wide
    y = box["y"] + box["height"] / 2
    drag(page, (box["x"] + box["width"] / 2, y), (box["x"] + box["width"] * 2.5, y))
    expect(page.locator(".ghost-allowed")).to_contain_text("13:00")
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("Moved:")
    expect(page.locator("#days")).to_contain_text("13:00–15:00")
    mine.refresh_from_db()
    assert (mine.start, mine.end) == (wall("13:00"), wall("15:00"))


def test_in_the_week_of_a_machine_a_refused_drag_goes_back(
    sign_in, engineer, mine, make_booking, other_engineer, kempen
):
    make_booking(("13:00", "15:00"), booker=other_engineer, organisation=kempen)
    page = sign_in(engineer)
    page.goto("/machines/FDM-01/?week=2027-W09", wait_until="networkidle")
    block = page.locator(f"#reservation-{mine.pk}")
    box, other = (each.bounding_box() for each in (block.locator("rect"), page.locator("#days .said rect")))
    y = box["y"] + box["height"] / 2
    drag(page, (box["x"] + box["width"] / 2, y), (other["x"] + other["width"] / 2, y))
    expect(page.locator(".ghost-refused")).to_contain_text("The machine is taken")
    page.mouse.up()
    expect(page.locator("#answer")).to_contain_text("Nothing was changed.")
    expect(block).to_contain_text("09:00")
    mine.refresh_from_db()
    assert mine.start == wall("09:00")


def blocks_of_the_week(page):
    """What is drawn in the week of FDM-01, as its title and whether a hand may take it."""
    page.goto("/machines/FDM-01/?week=2027-W09", wait_until="networkidle")
    blocks = page.locator("#days .strip > :is(a, .said)")
    expect(blocks.first).to_be_attached()
    return {
        block.locator("text").first.text_content(): block.get_attribute("data-reservation") is not None
        for block in blocks.all()
    }


def test_in_the_week_of_a_machine_only_what_may_be_moved_moves(
    sign_in, engineer, mine, make_booking, other_engineer, kempen, printer
):
    make_booking(("13:00", "15:00"), booker=other_engineer, organisation=kempen)
    add_outage(printer, start=wall("16:00"), end=wall("17:00"), title="Nozzle", now=NOW)
    page = sign_in(engineer)
    assert blocks_of_the_week(page) == {"Housing": True, "occupied": False, "out of service": False}
    # Neither by hand: an outage that is dragged stays, and nothing is said of it.
    box = page.locator("#days rect.out").bounding_box()
    y = box["y"] + box["height"] / 2
    drag(page, (box["x"] + box["width"] / 2, y), (box["x"] - 60, y))
    page.mouse.up()
    expect(page.locator(".ghost")).to_have_count(0)
    expect(page.locator("#answer")).to_be_hidden()
    assert page.locator("#days rect.out").bounding_box() == box


def test_who_sees_a_block_and_may_not_move_it_cannot_take_it(sign_in, org_manager, mine):
    org_manager.memberships.all().delete()
    org_manager.groups.set(Group.objects.filter(name=TECHNICIANS))
    assert blocks_of_the_week(sign_in(org_manager)) == {"Housing": False}
