"""A bar that says how far something is, on a terminal; nothing where nobody is watching."""

from types import TracebackType
from typing import TextIO

WIDTH = 40


class Progress:
    """Call it with how many are done and of how many."""

    def __init__(self, label: str, stream: TextIO):
        self._label, self._stream, self._shown = label, stream, -1

    def __call__(self, done: int, of: int) -> None:
        percent = 100 * done // max(of, 1)
        if not self._stream.isatty() or percent == self._shown:
            return
        self._shown = percent
        bar = "█" * (WIDTH * percent // 100)
        self._stream.write(f"\r{self._label} {bar:·<{WIDTH}} {percent:3}%")
        self._stream.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown >= 0:
            self._stream.write("\n")
