"""Every text in the code has its Dutch, with the same placeholders. English is the source and needs no catalogue."""

import io
import re
from collections import Counter
from functools import cache
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
OURS = ("bic", "bookings", "core", "demo", "equipment", "floor", "notifications", "organisations", "usage")
CATALOGUE = ROOT / "locale" / "nl" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sdrf]|%[sdrf]")


def sources():
    for app in OURS:
        for path in sorted((ROOT / app).rglob("*.py")):
            yield path, path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt")):
        yield path, templatize(path.read_text())


@cache
def texts() -> dict[tuple[str, str], str]:
    """(context, text) of all that is to be translated, with the file it stands in."""
    found = {}
    for path, source in sources():
        for _line, said, _comments, context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
            text = said[0] if isinstance(said, tuple) else said
            if text:
                found[(context or "", text)] = str(path.relative_to(ROOT))
    return found


def catalogue() -> dict[tuple[str, str], polib.POEntry]:
    return {(e.msgctxt or "", e.msgid): e for e in polib.pofile(str(CATALOGUE)) if not e.obsolete}


def test_texts_are_found_in_code_and_templates():
    files = set(texts().values())
    assert {"bookings/rules/book.py", "templates/bookings/machine.html"} <= files


def test_every_text_has_its_dutch():
    dutch = catalogue()
    missing = [
        f"{where}: {text!r}"
        for (context, text), where in texts().items()
        if (entry := dutch.get((context, text))) is None or not entry.translated()
    ]
    assert not missing, "run makemessages and translate:\n" + "\n".join(missing)


def test_no_text_is_translated_twice():
    entries = [(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(CATALOGUE))]
    assert [entry for entry, times in Counter(entries).items() if times > 1] == []


def test_no_translation_is_a_guess_or_left_over():
    guessed = [entry.msgid for entry in polib.pofile(str(CATALOGUE)) if entry.fuzzy or entry.obsolete]
    assert guessed == []


def test_translations_use_the_same_placeholders():
    wrong = []
    for entry in catalogue().values():
        meant = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural))
        if entry.comment.startswith("Of "):
            continue  # borrowed, and said shorter
        for number, said in enumerate([entry.msgstr] if entry.msgstr else entry.msgstr_plural.values()):
            one = entry.msgid_plural and number == 0  # the singular may leave out the number
            if set(PLACEHOLDER.findall(said)) != (set(PLACEHOLDER.findall(entry.msgid)) if one else meant):
                wrong.append(f"{entry.msgid!r} → {said!r}")
    assert wrong == []
