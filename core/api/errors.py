"""What the API's calls find wrong with a request that has the right form."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from ninja.errors import ValidationError

# Errors in a body name the parameter that holds it; it is left out of what the caller reads.
BODY = ("body", "body")


def not_right(*where: str | int, message: str) -> ValidationError:
    """One wrong value: `not_right("query", "until", message=…)`."""
    return ValidationError([{"type": "not_right", "loc": where, "msg": message}])


def unknown_code(*where: str | int, code: str) -> ValidationError:
    """A code that nothing goes by: `unknown_code("query", "type", code=…)`."""
    return not_right(*where, message=_("“%(code)s” is not known here.") % {"code": code})


def unknown_codes(found: Iterable[tuple[tuple[str | int, ...], str]]) -> ValidationError:
    """Codes that nothing goes by, each with the way to it in the body."""
    return ValidationError([error for path, code in found for error in unknown_code(*BODY, *path, code=code).errors])
