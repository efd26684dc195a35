"""Materials by name. A catalogue names them as the trade does, in English; those that have a Dutch name are here."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

NAMED = (
    gettext_noop("acrylic"),
    gettext_noop("aluminium"),
    gettext_noop("brass"),
    gettext_noop("cardboard"),
    gettext_noop("castable resin"),
    gettext_noop("copper"),
    gettext_noop("nylon"),
    gettext_noop("plywood"),
    gettext_noop("stainless steel"),
    gettext_noop("standard resin"),
    gettext_noop("steel"),
    gettext_noop("support SUP710"),
    gettext_noop("textile"),
    gettext_noop("tough resin"),
    gettext_noop("wood"),
)


def material_in_words(material: str) -> str:
    """In the reader's language where it has a name there; what is not in the list is called as the catalogue does."""
    return _(material) if material in NAMED else material


def materials_called(word: str) -> list[str]:
    """Those whose name in the reader's language holds the word, however its capitals are."""
    return [material for material in NAMED if word.casefold() in material_in_words(material).casefold()]


def materials_in_words(materials: Iterable[str]) -> list[tuple[str, str]]:
    """(material, name) of each once, in the order of a reader's alphabet: capitals make no difference."""
    named = ((material, material_in_words(material)) for material in set(materials))
    return sorted(named, key=lambda each: each[1].casefold())
