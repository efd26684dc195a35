"""The compiled translations: `python -m bic.catalogues` writes each `.mo` that is not of its `.po`.

gettext's own tools need not be there, nor settings, nor a database. A `.mo` holds the fingerprint of the `.po` that it
was made of, so that a stale one is found whatever the clocks of files say.
"""

import gettext
import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"
MADE_OF = "X-Made-Of"


def not_compiled(locale: Path = LOCALE) -> Iterator[Path]:
    """Each `.po` below this folder whose `.mo` is missing, or was made of another."""
    for source in sorted(locale.rglob("*.po")):
        try:
            with source.with_suffix(".mo").open("rb") as compiled:
                made_of = gettext.GNUTranslations(compiled).info().get(MADE_OF.lower())
        except (OSError, ValueError, struct.error):  # not there, or half of one
            made_of = None
        if made_of != _fingerprint(source):
            yield source


def compile_all(locale: Path = LOCALE) -> None:
    for source in not_compiled(locale):
        catalogue = polib.pofile(str(source))
        catalogue.metadata[MADE_OF] = _fingerprint(source)
        catalogue.save_as_mofile(str(source.with_suffix(".mo")))


def _fingerprint(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


if __name__ == "__main__":
    compile_all()
