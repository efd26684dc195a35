"""What a letter is made of, whatever it tells of."""

from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Line:
    """The machines of one time, by their codes; `name` where it is one. `note` is a state worth saying."""

    when: str
    codes: tuple[str, ...]
    name: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`opening` says the one thing; `address` leads to the page where one can do something about it, with `action` as
    the words for it. `about` names what it is about, and `left_out` is how many lines are on that page only."""

    subject: str
    opening: str
    address: str
    action: str
    lines: tuple[Line, ...] = ()
    more: tuple[str, ...] = ()
    about: str = ""
    left_out: int = 0

    def as_told(self) -> dict[str, Any]:
        """What of it is kept once it was sent: JSON that `from_told` reads."""
        told = {name: getattr(self, name) for name in Letter.__dataclass_fields__}
        return told | {
            "lines": [asdict(line) | {"codes": list(line.codes)} for line in self.lines],
            "more": list(self.more),
        }

    @classmethod
    def from_told(cls, told: dict[str, Any]) -> Self:
        lines = tuple(Line(**line | {"codes": tuple(line["codes"])}) for line in told["lines"])
        return cls(**told | {"lines": lines, "more": tuple(told["more"])})

    @property
    def page(self) -> str:
        """The address without the site: the reader stays on the one that was used to come here."""
        parts = urlsplit(self.address)
        return urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def address_of(name: str, *arguments: str) -> str:
    """The whole address of a page, as a mail needs it."""
    return settings.SITE_URL.rstrip("/") + reverse(name, args=arguments)
