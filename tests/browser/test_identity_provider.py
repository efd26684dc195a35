"""Signing in with the organisation's own account: a real OpenID Connect provider, a real browser, our real policy."""

import subprocess
from pathlib import Path
from socket import socket

import pytest
from playwright.sync_api import expect

from tests.bic.test_settings import settings_with
from tests.node import node_here

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("identity_provider.mjs")


@pytest.fixture
def provider(live_server, settings):
    """Runs, and is configured as a deployment does it: by the variables of the environment."""
    if node_here() is None:
        pytest.skip("no Node.js was found")
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    issuer = f"http://localhost:{port}"
    configured = settings_with(
        "SOCIALACCOUNT_PROVIDERS",
        "CONTENT_SECURITY_POLICY",
        "OIDC_ORIGINS",
        OIDC_SERVER_URL=issuer,
        OIDC_CLIENT_ID="atrium",
        OIDC_CLIENT_SECRET="a secret between the two",
        OIDC_NAME="Summa-account",
    )
    for name, value in configured.items():
        setattr(settings, name, value)
    callback = f"{live_server.url}/account/oidc/oidc/login/callback/"
    running = subprocess.Popen(
        [node_here(), str(SCRIPT), str(port), callback], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if running.stdout.readline().strip() != issuer:
        running.kill()
        raise AssertionError(running.communicate()[1])
    yield running
    running.kill()
    running.communicate()


def press_the_button(page):
    page.goto("/account/login/?next=/bookings/")
    page.get_by_role("button", name="Sign in with Summa-account").click()


def sign_in_there(page, email):
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill("whatever")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_one_press_leads_there_and_back_to_the_page_that_was_asked_for(provider, open_page, engineer):
    page = open_page()
    press_the_button(page)
    sign_in_there(page, engineer.email)
    page.wait_for_url("**/bookings/")
    expect(page.locator("h1")).to_be_visible()
    assert engineer.socialaccount_set.count() == 1


def test_somebody_whom_nobody_knows_here_reads_who_can_invite_them(provider, open_page, engineer):
    page = open_page()
    press_the_button(page)
    sign_in_there(page, "stranger@example.com")
    expect(page.locator("h1")).to_have_text("There is no account for you yet")


def test_a_provider_that_stopped_is_told_on_a_page_with_the_way_back(provider, open_page, engineer):
    page = open_page()
    provider.kill()
    provider.wait()
    press_the_button(page)
    expect(page.locator("h1")).to_have_text("Summa-account does not answer")
    page.get_by_role("link", name="To signing in").click()
    expect(page.locator("input[name=password]")).to_be_visible()
