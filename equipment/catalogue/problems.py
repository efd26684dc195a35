"""What is wrong in a catalogue file, told with its place and, for a slip of the pen, the word meant."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from equipment.catalogue.lines import KeyPath


@dataclass(frozen=True, order=True)
class Problem:
    """`line` counts from 1, 0 where none is known; `path` is dotted, as in `types.ultimaker-s5.longest`."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = _("line %(line)d, %(path)s") % {"line": self.line, "path": self.path} if self.line else self.path
        return f"{place}: {self.message}" if place else self.message


class CatalogueRefused(Exception):
    """The file is not right; `problems` has all that is wrong, in the order of the file."""

    def __init__(self, problems: Collection[Problem]):
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """Collects problems while a file is read, so that all are told at once."""

    def __init__(self, lines: dict[KeyPath, int]):
        self._lines = lines
        self.found: list[Problem] = []

    def add(self, path: KeyPath, message: str) -> None:
        known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self._lines), ())
        self.found.append(Problem(self._lines.get(known, 0), ".".join(path), message))


def did_you_mean(word: object, known: Collection[str]) -> str:
    """ " Did you mean …?" where a known word is near, else the known words if they are few, else nothing."""
    near = get_close_matches(str(word), known, n=1) or [
        name for name in known if name.casefold() == str(word).casefold()
    ]
    if near:
        return " " + _("Did you mean “%(name)s”?") % {"name": near[0]}
    if 0 < len(known) <= 12:
        return " " + _("Known are: %(names)s.") % {"names": ", ".join(known)}
    return ""
