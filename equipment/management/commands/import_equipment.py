"""`manage.py import_equipment FILE`: bring what a facility offers in line with a catalogue file."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from equipment.availability import Hit
from equipment.catalogue import (
    Catalogue,
    CatalogueRefused,
    apply_catalogue,
    apply_catalogue_unless_hit,
    preview_catalogue,
    read_catalogue,
)


class Command(BaseCommand):
    help = (
        "Bring fieldlabs, certificates, types, equipment, opening hours and closures in line with a catalogue file. "
        "Nothing changes unless the whole file is right; what is not in it is left alone. See docs/catalogue.md."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="the catalogue, a TOML file such as demo/atrium.toml")
        parser.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")
        parser.add_argument(
            "--accept-conflicts",
            action="store_true",
            help="go on where new hours or closures leave reservations outside open time; managers see them listed",
        )

    def handle(self, *, file: Path, dry_run: bool, accept_conflicts: bool, **options):
        catalogue = _read(file)
        now = timezone.now()
        hits: list[Hit] = []
        try:
            if dry_run:
                report, hits = preview_catalogue(catalogue, now=now)
            elif accept_conflicts:
                report = apply_catalogue(catalogue, now=now)
            else:
                report, hits = apply_catalogue_unless_hit(catalogue, now=now)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        if options["verbosity"] > 0:
            for line in report.lines():
                self.stdout.write(line)
        if hits:
            self._tell_hits(hits, dry_run)
        elif not report.changes_anything:
            self.stdout.write(_("Nothing to change."))
        else:
            self.stdout.write(_("Nothing was changed: this was a dry run.") if dry_run else _("Done."))

    def _tell_hits(self, hits: list[Hit], dry_run: bool) -> None:
        lines = [_("These would be left outside open time:"), *(f"  {hit.text}" for hit in hits)]
        lines.append(_("Nothing was changed. To go on all the same, add --accept-conflicts."))
        if not dry_run:
            raise CommandError("\n".join(lines))
        self.stdout.write("\n".join(lines))


def _read(file: Path) -> Catalogue:
    try:
        return read_catalogue(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(_("%(file)s cannot be read: %(error)s") % {"file": file, "error": error.strerror}) from error
    except UnicodeDecodeError as error:
        raise CommandError(_("%(file)s is not text in UTF-8.") % {"file": file}) from error
    except CatalogueRefused as refused:
        told = "\n".join(f"{file}: {problem}" for problem in refused.problems)
        raise CommandError(_("%(problems)s\nNothing was changed.") % {"problems": told}) from refused
