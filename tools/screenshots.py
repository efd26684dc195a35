"""Writes every page to screenshots/, in both sizes and both languages; and docs/screenshot.png for the README.

Looks at a site that runs, with the demo's people:

    BASE_URL=http://127.0.0.1:8000 DEMO_PASSWORD=… python tools/screenshots.py [--light-only]
"""

import os
import sys
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
EMAIL = os.environ.get("DEMO_EMAIL", "engineer@example.org")
MANAGER = os.environ.get("DEMO_MANAGER", "manager@example.org")
PASSWORD = os.environ.get("DEMO_PASSWORD", "")
MACHINE = os.environ.get("DEMO_MACHINE", "FDM-01")
ORGANISATION_MANAGER = os.environ.get("DEMO_ORGANISATION_MANAGER", "orgmanager@example.org")
# What each page is called in the names of the files, and its address.
OPEN_TO_ALL = {
    "find": "/",
    "found": "/?process=fdm",
    "found-nothing": "/?process=fdm&width_mm=5000",
    "floor": "/floor/",
    "floor-week": "/floor/?view=week",
    "card": f"/machines/{MACHINE}/card/",
    "machine": f"/machines/{MACHINE}/",
    "bookings": "/bookings/",
    "bookings-past": "/bookings/?when=past",
    "bookings-none": "/bookings/?q=nothing-like-it",
    "shares": "/shares/",
    "notifications": "/notices/",
    "me": "/me/",
    "feeds": "/me/feeds/",
    "when-and-how": "/me/notices/",
    "book": f"/book/?equipment={MACHINE}",
    "link-that-is-spoilt": "/act/x/",
    "mail": "/mail/",
    "house-rules": "/house-rules/",
    "not-found": "/bookings/B-00000/",
    "not-allowed": "/requests/",
}
FOUND_ON_BOOKINGS = {
    "booking": ".agenda-title a",
    "move": ".row-actions a[href*='/move/']",
    "cancel": ".row-actions a[href*='/cancel/']",
}
FOR_ORGANISATIONS = {
    "bookings-organisation": "/bookings/?whose=verhagen-fijnmechanica",
    "organisation": "/organisations/verhagen-fijnmechanica/",
}
FOR_THE_FACILITY = {
    "desk": "/desk/",
    "requests": "/requests/",
    "usage": "/usage/",
    "outbox": "/outbox/",
    "outbox-sent": "/outbox/?show=sent",
    "certificates": "/certificates/",
    "set-up": "/admin/",
}
SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
LANGUAGES = {"nl": "Nederlands", "en": "English"}
THEMES = ("light", "dark")


def chromium() -> str:
    """The Chromium to drive; "" lets Playwright use its own."""
    return os.environ.get("CHROMIUM") or which("chromium") or which("chromium-browser") or which("google-chrome") or ""


def main() -> None:
    if not PASSWORD:
        sys.exit("Set DEMO_PASSWORD to the password that `make run` printed.")
    (ROOT / "screenshots").mkdir(exist_ok=True)
    themes = THEMES[:1] if "--light-only" in sys.argv else THEMES
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium() or None, args=["--no-sandbox"])
        for language, name in LANGUAGES.items():
            for size in SIZES:
                for theme in themes:
                    take(browser, language, name, size, theme)
        browser.close()


def take(browser: Browser, language: str, language_name: str, size: str, theme: str) -> None:
    context = browser.new_context(
        base_url=BASE_URL,
        viewport=SIZES[size],
        color_scheme=theme,
        locale=language,
        timezone_id="Europe/Amsterdam",
        reduced_motion="reduce",
    )
    page = context.new_page()

    def shot(name: str, path: str) -> None:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        page.screenshot(path=ROOT / "screenshots" / f"{name}-{size}-{language}-{theme}.png", full_page=True)

    shot("sign-in", "/account/login/")
    page.get_by_role("button", name=language_name).click()
    sign_in(page, EMAIL)
    page.get_by_role("button", name=language_name).first.click()
    for name, address in OPEN_TO_ALL.items():
        shot(name, address)
        if (name, language, size, theme) == ("machine", "nl", "wide", "light"):
            page.screenshot(path=ROOT / "docs" / "screenshot.png")
    for name, link in FOUND_ON_BOOKINGS.items():
        page.goto("/bookings/")
        found = page.locator(link)
        if found.count():
            shot(name, found.first.get_attribute("href"))
    for email, pages in ((ORGANISATION_MANAGER, FOR_ORGANISATIONS), (MANAGER, FOR_THE_FACILITY)):
        context.clear_cookies()
        sign_in(page, email)
        page.get_by_role("button", name=language_name).first.click()
        for name, address in pages.items():
            shot(name, address)
    context.close()


def sign_in(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(f"{BASE_URL}/")


if __name__ == "__main__":
    main()
