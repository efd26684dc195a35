"""How every page is laid out, in the hand and on a desk: nothing sticks out however long a name is, what one presses is
big enough, what one reads is not too small, and nothing jumps while it loads."""

import pytest

from bookings.models import Booking
from equipment.models import CertificateKind, Equipment, EquipmentType, Fieldlab
from organisations.models import Organisation, User
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_accessibility import ADDRESSES, ENTRANCE, addresses_of
from tests.browser.test_accessibility import everything as everything

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 800}
LONG = "Onderzoeksopstellingsvoorbereidingsgereedschapswerkplaatsruimte" * 2
SMALLEST_TEXT = 13.5

# What is wider than the page, by the innermost that is.
STICKS_OUT = """
() => {
  if (document.documentElement.scrollWidth <= window.innerWidth) return [];
  return [...document.querySelectorAll("body *")].filter((element) => {
    const { right, width } = element.getBoundingClientRect();
    return width && right > window.innerWidth + 0.5 && !element.querySelector("*") && !element.closest(".usage-scroll");
  }).slice(0, 3).map((element) => element.outerHTML.slice(0, 140));
}
"""
# A link within a sentence is as big as its line (WCAG 2.2, 2.5.8); the width of a block on a strip is its time.
TOO_SMALL = """
(least) => {
  const pressed = "a[href], button, summary, select, textarea, input:not([type=hidden]), [role=button]";
  const inSentence = (link) => {
    if (getComputedStyle(link).display !== "inline") return false;
    const around = link.parentElement.cloneNode(true);
    for (const part of around.querySelectorAll("a, button, .only-read-aloud, .code")) part.remove();
    return /[\\p{L}\\p{N}]/u.test(around.textContent);
  };
  const boxOf = (element) => {
    const labels = element.matches("[type=checkbox], [type=radio]") ? [...element.labels] : [];
    const boxes = [element, ...labels].map((part) => part.getBoundingClientRect());
    return { width: Math.max(...boxes.map((b) => b.width)), height: Math.max(...boxes.map((b) => b.height)) };
  };
  return [...document.querySelectorAll(pressed)].filter((element) => {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.matches(".skip")) return false;
    const { width, height } = boxOf(element);
    if (!width || element.closest(".only-read-aloud") || inSentence(element)) return false;
    const ofItsTime = element.closest(".strip");
    return height < least - 0.5 || (!ofItsTime && width < least - 0.5);
  }).map((element) => {
    const { width, height } = boxOf(element);
    return `${Math.round(width)}×${Math.round(height)} ${element.outerHTML.replace(/\\s+/g, " ").slice(0, 110)}`;
  });
}
"""
TOO_FINE = """
(least) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const around = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !around.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(around).fontSize);
    if (size < least) found.push(`${size} ${around.outerHTML.replace(/\\s+/g, " ").slice(0, 100)}`);
  }
  return found;
}
"""
WATCHES_SHIFTS = """
  window.shifted = 0;
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      window.shifted += entry.value;
      window.shifts.push(...entry.sources.map((s) => `${entry.value.toFixed(3)} ${s.node?.outerHTML?.slice(0, 90)}`));
    }
  }).observe({ type: "layout-shift", buffered: true });
"""
MOST_SHIFTED = 0.05


@pytest.fixture
def long_names(everything, facility_manager):
    """No space to break at in any name; what is searched by stays as it is."""
    for model, field in ((Booking, "title"), (Equipment, "name"), (EquipmentType, "name"), (Fieldlab, "name")):
        model.objects.update(**{field: LONG[: model._meta.get_field(field).max_length]})
    User.objects.update(name=LONG[: User._meta.get_field("name").max_length])
    CertificateKind.objects.create(name=LONG[:100], slug="long")
    for number, organisation in enumerate(Organisation.objects.all()):
        organisation.name = f"{number}{LONG}"[: Organisation._meta.get_field("name").max_length]
        organisation.save()
    return everything


def addresses(booking) -> list[str]:
    return [*ADDRESSES, *addresses_of(booking)]


def opened(page) -> None:
    """All that folds out is folded out."""
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")


def test_nothing_sticks_out_however_long_the_names_are(sign_in, long_names, facility_manager):
    page = sign_in(facility_manager, viewport=NARROW)
    wrong = {}
    for address in addresses(long_names):
        page.goto(address)
        opened(page)
        if found := page.evaluate(STICKS_OUT):
            wrong[address] = found
    assert not wrong, "\n".join(f"{address}: {' | '.join(found)}" for address, found in wrong.items())


@pytest.mark.parametrize(("viewport", "least"), [(WIDE, 24), (PHONE, 44)], ids=["wide", "phone"])
def test_what_one_presses_is_big_enough_and_what_one_reads_not_too_small(
    open_page, sign_in, everything, facility_manager, viewport, least
):
    wrong = {}
    entrance = open_page(viewport=viewport)
    page = sign_in(facility_manager, viewport=viewport)
    for each, there in ((entrance, ENTRANCE), (page, addresses(everything))):
        for address in there:
            each.goto(address)
            opened(each)
            for found in each.evaluate(TOO_SMALL, least) + each.evaluate(TOO_FINE, SMALLEST_TEXT):
                wrong.setdefault(found, address)
    assert not wrong, "\n".join(f"{address}: {found}" for found, address in wrong.items())


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_jumps_while_a_page_loads(sign_in, everything, facility_manager, viewport):
    page = sign_in(facility_manager, viewport=viewport)
    page.add_init_script(WATCHES_SHIFTS)
    jumped = {}
    for address in addresses(everything):
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(200)
        if page.evaluate("window.shifted") > MOST_SHIFTED:
            jumped[address] = page.evaluate("[window.shifted.toFixed(3), ...window.shifts]")
    assert not jumped, "\n".join(f"{address}: {found}" for address, found in jumped.items())
