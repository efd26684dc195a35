"""What the pages say is where they say it is."""

import re
from pathlib import Path

import pytest

from tests.docs.reading import PAGES, ROOT

APPS = ("bench", "bic", "bookings", "core", "demo", "docs", "equipment", "floor", "organisations", "usage")
NAMED = re.compile(rf"(?:\(\.\./|\(|`)((?:{'|'.join(APPS)})/[\w./-]*)[`)]")  # a file, or a folder
CALLS = ROOT / "docs" / "api.md"  # names addresses, not files


@pytest.mark.parametrize("page", [page for page in PAGES if page != CALLS], ids=lambda page: page.name)
def test_each_file_and_folder_that_a_page_names_is_there(page: Path):
    named = NAMED.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_names_are_found():
    assert "bookings/rules/book.py" in NAMED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
