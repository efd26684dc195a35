"""Django's own `migrate`, which first looks whether the tables are ones that it can go on from."""

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

# The migrations were made anew before the first release; what was applied before has no way from there to here.
BEFORE = ("organisations", "0002_facility_roles")


class Command(Migrate):
    def handle(self, *args, **options):
        """CommandError where the tables were made by a version from before the migrations were made anew."""
        recorder = MigrationRecorder(connections[options["database"]])
        if recorder.has_table() and BEFORE in recorder.applied_migrations():
            raise CommandError(
                "This database was made by a version from before the first release, and its tables cannot be brought "
                f"up to date. To begin again: remove {settings.BASE_DIR / '.data'}, or where DATABASE_URL is set, "
                "name an empty database there. Nothing was changed."
            )
        super().handle(*args, **options)
