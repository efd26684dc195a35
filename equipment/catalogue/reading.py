"""From the text of a catalogue file to what it asks for, or all that is wrong with it. Reads no database."""

import tomllib
from typing import Any

from django.utils.translation import gettext as _

from equipment.catalogue.checks import check_catalogue
from equipment.catalogue.content import Catalogue, Closures, Hours
from equipment.catalogue.keys import KINDS, Key, check_name_of_entry
from equipment.catalogue.lines import KeyPath, lines_of_keys
from equipment.catalogue.problems import CatalogueRefused, Problem, Problems, did_you_mean


def read_catalogue(text: str) -> Catalogue:
    """Raises `CatalogueRefused` with every problem of the file."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueRefused([Problem(0, "", _("This is not valid TOML: %(error)s") % {"error": error})]) from error
    except RecursionError as error:
        raise CatalogueRefused([Problem(0, "", _("Lists or tables are nested too deeply."))]) from error
    problems = Problems(lines_of_keys(text))
    for name in content.keys() - set(KINDS):
        problems.add((name,), _("There is no such part of a catalogue.") + did_you_mean(name, list(KINDS)))
    catalogue = Catalogue(
        fieldlabs=_entries(content, "fieldlabs", problems),
        certificates=_entries(content, "certificates", problems),
        types=_entries(content, "types", problems),
        equipment=_entries(content, "equipment", problems),
        opening_hours={
            slug: Hours(**values)
            for slug, values in _entries(content, "opening_hours", problems).items()
            if "weekly" in values and "name" in values
        },
        closures={
            slug: Closures(**values)
            for slug, values in _entries(content, "closures", problems).items()
            if "name" in values
        },
    )
    check_catalogue(catalogue, content, problems)
    if problems.found:
        raise CatalogueRefused(problems.found)
    return catalogue


def _entries(content: dict, kind: str, problems: Problems) -> dict[str, dict[str, Any]]:
    entries = content.get(kind, {})
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        problems.add((kind,), _("Write each entry as a table of its own, as in [%(kind)s.name].") % {"kind": kind})
        return {}
    for name in entries:
        if message := check_name_of_entry(kind, name):
            problems.add((kind, name), message)
    return {name: _values(entry, KINDS[kind], (kind, name), problems) for name, entry in entries.items()}


def _values(entry: dict[str, Any], keys: dict[str, Key], path: KeyPath, problems: Problems) -> dict[str, Any]:
    """The values of one entry by field; what is wrong goes to `problems` and is left out."""
    values: dict[str, Any] = {}
    for name, written in entry.items():
        if name not in keys:
            problems.add((*path, name), _("There is no such key here.") + did_you_mean(name, list(keys)))
            continue
        try:
            values |= keys[name].read(written)
        except ValueError as error:
            problems.add((*path, name), str(error))
    for name, key in keys.items():
        if key.required and name not in entry:
            problems.add(path, _("“%(key)s” is missing.") % {"key": name})
    return values
