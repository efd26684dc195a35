"""A real Chromium before a real server. Every page is watched: no console error, no failed request, no breach of
the content security policy."""

import os
from pathlib import Path
from shutil import which

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import NOW

CHROMIUM = os.environ.get("CHROMIUM") or which("chromium") or which("chromium-browser") or which("google-chrome")
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "correct horse battery"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

# Playwright's loop runs in this thread, and Django takes any loop for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("no Chromium was found; name one in the variable CHROMIUM")
    if not AXE.exists():
        pytest.skip("the npm packages are not installed; run: npm ci")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_server, monkeypatch):
    """`open_page(viewport=…, language="nl", theme="light")` gives a watched page in a context of its own. `timezone` is
    that of the laptop, which the pages must not follow.

    `bypass_csp` is for axe, which puts styles into the page that the policy would rightly stop.
    """
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    cache.clear()  # all sign in from one address, more often than people may
    contexts, wrong = [], []

    def watch(page: Page) -> None:
        # A refusal answers 409 or 422 and Chromium notes that as an error; what fails to load is watched below.
        page.on(
            "console",
            lambda said: wrong.append(said.text) if _is_error(said) else None,
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "response",
            lambda answer: (
                wrong.append(f"{answer.status} {answer.url}")
                if answer.status >= 400
                and answer.status not in (409, 422)
                and answer.request.resource_type != "document"
                else None
            ),
        )

    def make(viewport=WIDE, language="en", theme="light", bypass_csp=False, timezone="Europe/Amsterdam") -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=viewport,
            locale=language,
            color_scheme=theme,
            bypass_csp=bypass_csp,
            timezone_id=timezone,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


# What Chromium and htmx note of a request that failed, which is watched by itself or was meant to.
FAILED_REQUESTS = ("Failed to load resource", "htmx:afterRequest", "htmx:sendError")


def _is_error(said) -> bool:
    return said.type == "error" and not said.text.startswith(FAILED_REQUESTS)


@pytest.fixture
def sign_in(open_page):
    """A page of somebody who signed in through the form."""

    def sign_in_as(user, **kind) -> Page:
        page = open_page(**kind)
        page.goto("/account/login/")
        page.locator("input[name=login]").fill(user.email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        expect(page.locator("main form input[name=password]")).to_have_count(0)  # wherever that leads
        page.wait_for_load_state("load")
        return page

    return sign_in_as
