"""An identity provider that is away, slow or talks nonsense: a page says so quickly, and how to get in anyway."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Event, Thread

import pytest

pytestmark = pytest.mark.django_db

BUTTON = "/account/oidc/oidc/login/?process=login"


class Server:
    """Answers every request with `status` and `body`, the first ones with what is `first`."""

    def __init__(self):
        self.status, self.body, self.first = 200, b"{}", []
        self.waits, self.let_go = False, Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if server.waits:
                    server.let_go.wait(30)
                body = server.first.pop(0) if server.first else server.body
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *said):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        Thread(target=self.http.serve_forever, daemon=True).start()

    def says(self, **metadata):
        self.body = json.dumps(metadata).encode()

    def stop(self):
        self.let_go.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def provider(settings):
    """`provider(url)` makes that the organisation's OpenID Connect server."""

    def use(url):
        app = {"provider_id": "oidc", "name": "Summa-account", "client_id": "x", "secret": "y"}
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"APPS": [app | {"settings": {"server_url": url, "oauth_pkce_enabled": True}}]}
        }
        settings.OIDC_ORIGINS = [url]

    return use


def assert_says_so(answer):
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Summa-account does not answer" in page
    assert 'href="/account/login/"' in page


@pytest.fixture
def browser(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_a_server_that_is_not_there(browser, provider):
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        provider(f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert_says_so(browser.post(BUTTON))


def test_a_name_that_nobody_has(browser, provider):
    provider("http://nobody.invalid")
    assert_says_so(browser.post(BUTTON))


def test_a_server_that_does_not_answer_is_waited_for_shortly(browser, provider, server, settings):
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.5
    server.waits = True
    provider(server.url)
    began = time.monotonic()
    assert_says_so(browser.post(BUTTON))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("status", [403, 404, 500, 502])
def test_a_server_that_answers_with_an_error(browser, provider, server, status):
    server.status = status
    provider(server.url)
    assert_says_so(browser.post(BUTTON))


METADATA = [
    b"",
    b"<html>We are moving</html>",
    b"[]",
    b"null",
    b"{}",
    b'{"authorization_endpoint": null, "token_endpoint": 7}',
    b'{"authorization_endpoint": "javascript:alert(1)", "token_endpoint": "x"}',
    b'{"authorization_endpoint": "https://elsewhere.example.org/auth", "token_endpoint": "x"}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("body", METADATA)
def test_a_server_whose_description_of_itself_is_nonsense(browser, provider, server, body):
    server.body = body
    provider(server.url)
    assert_says_so(browser.post(BUTTON))


def test_a_server_that_goes_away_while_one_signs_in_there(browser, provider, server):
    state = begin(browser, provider, server)
    server.status = 500
    assert_says_so(browser.get(f"/account/oidc/oidc/login/callback/?code=x&state={state}"))


TOKENS = [
    b"",
    b"[]",
    b"{}",
    b'{"access_token": "x", "expires_in": "soon"}',
    b'{"access_token": "x", "id_token": "no.token"}',
    b'{"access_token": "x", "sub": ["a"]}',
]


@pytest.mark.parametrize("body", TOKENS)
def test_a_server_that_talks_nonsense_while_one_signs_in_there(browser, provider, server, body):
    state = begin(browser, provider, server)
    endpoints = {"token_endpoint": f"{server.url}/token", "userinfo_endpoint": f"{server.url}/me"}
    metadata = {"authorization_endpoint": f"{server.url}/auth", "issuer": "x", "jwks_uri": "x"} | endpoints
    server.first, server.body = [json.dumps(metadata).encode()], body
    answer = browser.get(f"/account/oidc/oidc/login/callback/?code=x&state={state}")
    assert answer.status_code in (401, 503)
    assert 'href="/account/login/"' in answer.content.decode()


def begin(browser, provider, server) -> str:
    """Up to the provider's own page; gives the state that comes back from it."""
    server.says(authorization_endpoint=f"{server.url}/auth", token_endpoint=f"{server.url}/token")
    provider(server.url)
    there = browser.post(BUTTON)["Location"]
    assert there.startswith(f"{server.url}/auth?")
    assert "code_challenge_method=S256" in there
    return there.partition("state=")[2].partition("&")[0]


@pytest.mark.parametrize("came_back", ["?error=server_error", "?error=access_denied", "?code=x&state=made-up", ""])
def test_whoever_comes_back_empty_handed_reads_so(browser, provider, server, came_back):
    provider(server.url)
    answer = browser.get(f"/account/oidc/oidc/login/callback/{came_back}", follow=True)
    assert answer.status_code in (200, 401)
    assert "/account/login/" in answer.content.decode()


def test_the_button_is_on_the_page_and_another_site_cannot_press_it(browser, provider, server):
    provider(server.url)
    page = browser.get("/account/login/?next=/bookings/").content.decode()
    assert 'action="/account/oidc/oidc/login/?process=login&amp;next=%2Fbookings%2F"' in page
    assert browser.get(BUTTON).status_code == 200  # opening the address sends nobody anywhere


def test_a_provider_that_is_not_there_is_no_page(browser):
    assert browser.post(BUTTON).status_code == 404
