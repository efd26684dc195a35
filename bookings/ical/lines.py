"""The notation of calendar files (RFC 5545): lines of a name and a value, folded.

Written here and not by a library, which takes more than a millisecond an entry: half a minute for the floor of a year.
Three other programs read it back in the tests.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

LONGEST_LINE = 75  # octets, its end not counted
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

Lines = list[str]


def moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def text(value: str) -> str:
    """Line ends, commas and the like escaped; what no text may hold left out."""
    value = CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def person(prop: str, address: str, name: str, parameters: str = "") -> str:
    """A line such as ORGANIZER. A parameter may hold neither quotes nor line ends, however they are written."""
    called = " ".join(CONTROLS.sub("", name.replace('"', "'")).split())
    return f"{prop}{parameters}" + (f';CN="{called}"' if called else "") + f":mailto:{address}"


def calendar_file(head: Lines, entries: Iterable[Lines]) -> bytes:
    """`head` is what the calendar says of itself beside its maker; each of `entries` becomes an event."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Brainport Industries Campus//Atrium//NL", *head]
    for entry in entries:
        lines += ["BEGIN:VEVENT", *entry, "END:VEVENT"]
    return b"".join(map(_folded, [*lines, "END:VCALENDAR"]))


def _folded(line: str) -> bytes:
    """What is longer goes on in the next line, after a blank; no character is cut in two."""
    rest, parts = line.encode(), []
    while len(rest) > LONGEST_LINE:
        cut = LONGEST_LINE
        while rest[cut] & 0xC0 == 0x80:  # within a character of several octets
            cut -= 1
        parts.append(rest[:cut])
        rest = b" " + rest[cut:]
    return b"\r\n".join([*parts, rest, b""])
