import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


def test_a_database_from_before_the_first_release_is_told_how_to_begin_again():
    MigrationRecorder(connection).record_applied("organisations", "0002_facility_roles")
    with pytest.raises(CommandError, match=r"To begin again: remove .*\.data"):
        call_command("migrate", verbosity=0)


def test_a_database_of_this_version_has_nothing_to_do(capsys):
    call_command("migrate", verbosity=1)
    assert "No migrations to apply." in capsys.readouterr().out
