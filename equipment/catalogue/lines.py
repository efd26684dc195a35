"""On which line of a TOML file a key is set."""

import tomllib
from collections.abc import Iterator

KeyPath = tuple[str, ...]


def lines_of_keys(text: str) -> dict[KeyPath, int]:
    """The line, from 1, on which each table and key of a valid TOML file begins.

    tomllib drops positions. But every statement of TOML is valid by itself, so lines are taken together until
    tomllib accepts them: that is one statement, and what it sets is what tomllib read. Keys in inline tables
    have no line of their own; their table's line stands for them.
    """
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, statement, content in _statements(text):
        if not content:
            continue  # a comment or an empty line
        keys = _keys_set(content)
        if statement.lstrip().startswith("["):
            table = keys
            path = keys
        else:
            path = table + keys
        for length in range(1, len(path) + 1):
            found.setdefault(path[:length], line)
    return found


def _statements(text: str) -> Iterator[tuple[int, str, dict]]:
    lines = text.splitlines(keepends=True)
    start = 0
    for end in range(1, len(lines) + 1):
        statement = "".join(lines[start:end])
        try:
            content = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue  # an array or a text that goes on
        yield start + 1, statement, content
        start = end


def _keys_set(content: object) -> KeyPath:
    """The keys down to the value; an inline table counts as a value once it holds more than one key."""
    keys: list[str] = []
    while isinstance(content, dict) and len(content) == 1:
        [(key, content)] = content.items()
        keys.append(key)
    return tuple(keys)
