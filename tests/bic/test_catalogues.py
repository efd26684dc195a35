"""What compiles the translations, in a folder of its own; and what the site reads of them."""

import gettext
import os

from bic.catalogues import compile_all, not_compiled

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgctxt "of a day"\nmsgid "May"\nmsgstr "%s"\n'


def test_a_catalogue_is_compiled_once_and_again_when_it_changed(tmp_path):
    source = tmp_path / "nl" / "django.po"
    source.parent.mkdir()
    source.write_text(PO % "mei")
    assert list(not_compiled(tmp_path)) == [source]
    compile_all(tmp_path)
    assert list(not_compiled(tmp_path)) == []
    source.write_text(PO % "Mei")
    os.utime(source, (0, 0))  # a clock that goes back does not hide it
    assert list(not_compiled(tmp_path)) == [source]
    compile_all(tmp_path)
    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).pgettext("of a day", "May") == "Mei"


def test_what_is_no_catalogue_is_compiled_anew(tmp_path):
    source = tmp_path / "django.po"
    source.write_text(PO % "mei")
    source.with_suffix(".mo").write_bytes(b"cut off")
    assert list(not_compiled(tmp_path)) == [source]
