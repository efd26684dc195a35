"""Where a request came from, also behind proxies: the one answer for limits, logs and mails.

Each proxy adds the address of whoever asked it at the end of `X-Forwarded-For`; what stands before that, the visitor
may have written. So the header counts only from a proxy of ours, and only its last `TRUSTED_PROXY_COUNT` entries.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings

HEADER = "X-Forwarded-For"


def know_the_client(get_response):
    """Middleware: gives each request its `client_address`."""

    def middleware(request):
        request.client_address = client_address(request)
        return get_response(request)

    return middleware


def client_address(request) -> str:
    """The visitor's address as IPv4 or IPv6 text, without port; "" where there is none, as on a Unix socket."""
    peer = _parsed(request.META.get("REMOTE_ADDR", ""))
    written_by_proxies = request.headers.get(HEADER, "").split(",")[-settings.TRUSTED_PROXY_COUNT :]
    if settings.TRUSTED_PROXY_COUNT and _is_a_proxy_of_ours(peer):
        visitor = _parsed(written_by_proxies[0]) or peer
    else:
        visitor = peer
    return str(visitor or "")


def _is_a_proxy_of_ours(peer: IPv4Address | IPv6Address | None) -> bool:
    """A Unix socket has no address, and only programs of this machine reach it."""
    return peer is None or any(peer in network for network in settings.TRUSTED_PROXY_NETWORKS)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """`192.0.2.1`, `2001:db8::1`, each also with a port, `[2001:db8::1]:443`; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
