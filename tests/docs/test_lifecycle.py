"""The table of docs/lifecycle.md is that of the code."""

from bookings import lifecycle
from tests.docs.reading import ROOT


def row_of(transition: lifecycle.Transition) -> str:
    cells = [
        f"`{transition}`",
        ", ".join(transition.leaves),
        ", ".join(transition.reaches),
        transition.who.__name__ if transition.who else "",
        ", ".join(f"`{guard.code}`" for guard in transition.guards),
        ", ".join(f"`{guard.code}`" for guard in transition.asks),
        "yes" if transition.by_the_rules else "",
        ", ".join(transition.told),
    ]
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def test_the_page_shows_the_table_as_it_is():
    page = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8").splitlines()
    shown = [line for line in page if line.startswith("| `")]
    assert [line for line in shown if line.split("`")[1] in lifecycle.TRANSITIONS] == [
        row_of(transition) for transition in lifecycle.TABLE
    ]


def test_both_pages_explain_every_code():
    for name in ("lifecycle.md", "api.md"):
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert [code for code in sorted(lifecycle.CODES) if f"| `{code}` |" not in page] == [], name
