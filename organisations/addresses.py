"""One way to write an e-mail address, so that nobody's address passes for somebody else's."""

from collections.abc import Iterable
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

LONGEST = 254  # characters, as the columns hold and RFC 5321 allows


def canonical_address(address: str) -> str:
    """The address in small letters, its domain as the mail servers write it (`xn--…`).

    Raises `ValidationError` for letters outside ASCII before the `@`: Django lets four pass that look like `i`, `k` and
    `s` and become them when cases are mapped. So it does for a domain that is none, and an address that is too long.
    """
    name, at, domain = address.strip().rpartition("@")
    if not name.isascii():
        raise ValidationError(_("Before the @ an address has only letters without accents, digits and punctuation."))
    try:
        written = f"{name}{at}{punycode(domain)}".lower()
    except UnicodeError as error:
        raise ValidationError(_("The part behind the @ is not the name of a mail server.")) from error
    if len(written) > LONGEST:
        raise ValidationError(_("An email address has at most %(most)d characters.") % {"most": LONGEST})
    return written


def canonical_addresses(addresses: Iterable[str | None]) -> set[str]:
    """Those of them that are good."""
    found = set()
    for address in addresses:
        with suppress(ValidationError):
            found.add(canonical_address(address or ""))
    return found
