"""Whose address counts: that of the visitor, and never one that the visitor wrote."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from bic.middleware.client_address import client_address

PROXY = "172.18.0.5"
VISITOR = "203.0.113.7"


@pytest.fixture(autouse=True)
def _one_proxy(settings):
    settings.TRUSTED_PROXY_COUNT = 1
    settings.TRUSTED_PROXY_NETWORKS = [ip_network("172.16.0.0/12"), ip_network("::1/128")]


def seen(peer: str, forwarded: str | None = None) -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


def test_behind_a_proxy_it_is_the_address_that_the_proxy_saw():
    assert seen(PROXY, VISITOR) == VISITOR


def test_what_a_visitor_writes_in_front_does_not_count():
    assert seen(PROXY, f"198.51.100.1, {VISITOR}") == VISITOR


def test_a_header_of_somebody_who_is_no_proxy_of_ours_is_ignored():
    assert seen("198.51.100.9", VISITOR) == "198.51.100.9"


def test_without_a_proxy_the_header_is_ignored(settings):
    settings.TRUSTED_PROXY_COUNT = 0
    assert seen(PROXY, VISITOR) == PROXY


def test_behind_two_proxies_it_is_what_the_outer_one_saw(settings):
    settings.TRUSTED_PROXY_COUNT = 2
    assert seen(PROXY, f"198.51.100.1, {VISITOR}, 172.18.0.9") == VISITOR
    assert seen(PROXY, VISITOR) == VISITOR  # who reached the inner one directly


@pytest.mark.parametrize("nonsense", [None, "", "unknown", "<script>", ", ,", "256.1.1.1", "1.2.3.4.5:80", "\x00"])
def test_a_header_that_names_no_address_leaves_the_peer(nonsense):
    assert seen(PROXY, nonsense) == PROXY


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.7:51234", VISITOR),
        ("::ffff:203.0.113.7", VISITOR),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
    ],
)
def test_one_visitor_has_one_address_however_it_is_written(written, address):
    assert seen(PROXY, written) == address


def test_on_a_unix_socket_the_proxy_is_believed():
    assert seen("", VISITOR) == VISITOR
    assert seen("") == ""


def test_every_request_has_it(client, db, settings):
    settings.TRUSTED_PROXY_NETWORKS = [ip_network("127.0.0.1/32")]
    answer = client.get("/account/login/", headers={"X-Forwarded-For": VISITOR})
    assert answer.wsgi_request.client_address == VISITOR
