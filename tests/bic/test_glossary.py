"""Texts use the words of docs/glossary.toml and keep the style of the house, ours and those we override alike."""

import re
import tomllib
from pathlib import Path

import allauth
import django
import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = tomllib.loads((ROOT / "docs" / "glossary.toml").read_text(encoding="utf-8"))
DUTCH = polib.pofile(str(ROOT / "locale" / "nl" / "LC_MESSAGES" / "django.po"))
ENGLISH = polib.pofile(str(ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"))
# Names that have capitals of their own within a sentence.
NAMES = {
    "API", "Allow", "Apple", "Atrium", "August", "Authenticator", "Authorization", "Bearer", "Brainport", "Campus",
    "Calendar", "Celery", "Content-Type", "December", "English", "Escape", "Enter", "Fabriek", "File", "From",
    "Friday", "Google", "Idempotency-Key", "Industries", "Microsoft", "Monday", "Netherlands", "New", "Noord-Brabant",
    "Other", "Outlook", "Retry-After", "Subscribe", "Toekomst", "URL", "Your", "Add", "Clean-up",
}  # fmt: skip
# The other Dutch catalogues that people read here; what they say of themselves in the polite form is overridden.
BORROWED = [
    Path(django.__file__).parent / "contrib" / "admin",
    Path(django.__file__).parent / "contrib" / "auth",
    Path(allauth.__file__).parent,
]
# Of Django's admin: pages that this site does not have.
NOT_SHOWN = re.compile(r"docs\.djangoproject|Referer|cookie|Thanks for using our site")


def is_borrowed(entry: polib.POEntry) -> bool:
    return entry.comment.startswith("Of ")


def said_in(catalogue: polib.POFile) -> list[str]:
    return [said for entry in catalogue for said in (entry.msgstr, *entry.msgstr_plural.values()) if said.strip()]


def texts(language: str) -> list[str]:
    """Ours, and what we override."""
    if language == "nl":
        return said_in(DUTCH)
    overridden = {e.msgid for e in ENGLISH}
    own = [e for e in DUTCH if not is_borrowed(e) and e.msgid not in overridden]
    ours = [text for e in own for text in (e.msgid, e.msgid_plural) if text.strip()]
    return ours + said_in(ENGLISH)


def banned(language: str) -> list[str]:
    found = [word for each in GLOSSARY["word"] for word in each.get(f"banned_{language}", ())]
    return found + GLOSSARY["style"][f"banned_{language}"]


def without_placeholders(text: str) -> str:
    """Nor the `u` of hours, as in `4 u`."""
    return re.sub(r"%\(\w+\)[srd]( u\b)?|\d+ u\b|\{\w+\}|<[^>]*>|https?://\S+", "", text)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_text_uses_a_banned_word(language):
    pattern = re.compile(rf"(?<![\w-])({'|'.join(banned(language))})(?![\w-])", re.IGNORECASE)
    found = [(match[0], text) for text in texts(language) if (match := pattern.search(without_placeholders(text)))]
    assert found == []


def test_the_test_would_see_a_banned_word():
    pattern = re.compile(rf"(?<![\w-])({'|'.join(banned('nl'))})(?![\w-])", re.IGNORECASE)
    assert pattern.search("Weet u het zeker?")
    assert not pattern.search("Nu 4 uur gereserveerd")


def test_each_word_is_said_in_both_languages_and_explained():
    for word in GLOSSARY["word"]:
        assert word["nl"]
        assert word["en"]
        assert word["means"].endswith(".")
    for language in ("nl", "en"):
        words = [word[language] for word in GLOSSARY["word"]]
        assert len(words) == len(set(words))


def test_no_word_of_the_glossary_is_banned_itself():
    for language in ("nl", "en"):
        pattern = re.compile("|".join(banned(language)), re.IGNORECASE)
        assert [word[language] for word in GLOSSARY["word"] if pattern.fullmatch(word[language])] == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_apostrophes_are_curly_and_nothing_is_shouted(language):
    plain = [text for text in texts(language) if re.search(r"\w'\w|!|\(s\)", without_placeholders(text))]
    assert plain == []


def test_english_is_written_in_sentence_case():
    def is_title(text: str) -> bool:
        words = re.findall(r"(?<![.:?“(] )(?<![\n-])(?<!^)\b[A-Z][a-z]+\b", without_placeholders(text))
        return any(word not in NAMES for word in words) and len(text.split()) <= 5

    assert [text for text in texts("en") if is_title(text)] == []


@pytest.mark.parametrize("folder", BORROWED, ids=lambda path: path.name)
def test_the_polite_form_of_borrowed_texts_is_overridden(folder):
    ours = {(entry.msgctxt, entry.msgid) for entry in DUTCH}
    polite = re.compile(r"\b([Uu]w?|ingelogd)\b")
    left = [
        entry.msgid
        for entry in polib.pofile(str(folder / "locale" / "nl" / "LC_MESSAGES" / "django.po"))
        if not entry.obsolete
        and not NOT_SHOWN.search(entry.msgid)
        and polite.search(" ".join((entry.msgstr, *entry.msgstr_plural.values())))
        and (entry.msgctxt, entry.msgid) not in ours
    ]
    assert left == []
