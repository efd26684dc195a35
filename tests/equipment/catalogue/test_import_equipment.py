"""`manage.py import_equipment FILE`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bookings.models import Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from equipment.certificates.services import grant
from equipment.models import CertificateKind, Equipment, Fieldlab
from tests.conftest import wall
from tests.equipment.catalogue.test_reading import DEMO, SMALL

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def imported(tmp_path):
    """Import a text; gives what was printed."""

    def run(text: str, *options: str) -> str:
        file = tmp_path / "catalogue.toml"
        file.write_text(text, encoding="utf-8")
        out = StringIO()
        call_command("import_equipment", str(file), *options, stdout=out)
        return out.getvalue()

    return run


def test_it_says_what_was_added(imported):
    told = imported(SMALL)
    assert "machines: 2 to add, 0 to change, 0 as they are" in told
    assert "kinds of certificates: 2 to add" in told
    assert "+ machines: FDM-01, FDM-02" in told
    assert told.endswith("Done.\n")


def test_the_second_time_there_is_nothing_to_change(imported):
    imported(SMALL)
    assert imported(SMALL).endswith("Nothing to change.\n")


def test_a_dry_run_changes_nothing(imported):
    assert "Nothing was changed: this was a dry run." in imported(SMALL, "--dry-run")
    assert not Equipment.objects.exists()


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('process = "fdm"', 'process = "fdm"\npayload_kg = nan', "not a weight in kilograms"),
        ('process = "fdm"', 'process = "fdm"\npayload_kg = inf', "not a weight in kilograms"),
        ('process = "fdm"', 'process = "fdm"\ndescription = "a\\u0000b"', "cannot be used here"),
        ('process = "fdm"', 'process = "fdm"\nmaterials = ' + "[" * 5000 + "]" * 5000, "too deep"),
        ("[equipment.FDM-01]", '[equipment."FDM\\u0000"]', "equipment.FDM"),
    ],
)
def test_what_nobody_can_mean_is_told(imported, right, wrong, told):
    assert right in SMALL
    with pytest.raises(CommandError, match=told):
        imported(SMALL.replace(right, wrong, 1))
    assert not Equipment.objects.exists()


def test_one_mistake_and_nothing_is_changed(imported):
    text = SMALL.replace('opening_hours = "always"', 'opening_hours = "alway"')
    with pytest.raises(CommandError, match=r"line 59, equipment.FDM-02.opening_hours: .*Did you mean “always”") as told:
        imported(text)
    assert str(told.value).endswith("Nothing was changed.")
    assert not Fieldlab.objects.exists()


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_equipment", str(tmp_path / "none.toml"))


def test_a_file_that_is_no_text_is_told(tmp_path):
    file = tmp_path / "photo.toml"
    file.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(CommandError, match="not text in UTF-8"):
        call_command("import_equipment", str(file))


def test_the_demo_atrium_imports_twice_without_a_change():
    call_command("import_equipment", str(DEMO), verbosity=0, stdout=StringIO())
    out = StringIO()
    call_command("import_equipment", str(DEMO), stdout=out)
    assert out.getvalue().endswith("Nothing to change.\n")
    assert Equipment.objects.count() == 42


class TestReservationsLeftOutside:
    """Hours that begin later than a reservation does. The clock is stopped, as the command reads it."""

    LATER = SMALL.replace("Mo-Th 07:00-22:00", "Mo-Th 12:00-22:00")

    @pytest.fixture(autouse=True)
    def reservation(self, imported, monkeypatch, now, engineer, facility_manager, verhagen, purpose):
        monkeypatch.setattr("equipment.management.commands.import_equipment.timezone.now", lambda: now)
        imported(SMALL)
        grant(user=engineer, kind=CertificateKind.objects.get(slug="basis"), by=facility_manager, now=now)
        requested_slot = RequestedSlot(wall("09:00"), wall("10:00"), Equipment.objects.get(code="FDM-01"))
        book(booker=engineer, organisation=verhagen, purpose=purpose, requested_slots=[requested_slot], now=now)

    def test_they_are_listed_and_nothing_is_changed(self, imported):
        with pytest.raises(CommandError, match=r"(?s)left outside open time:.*--accept-conflicts"):
            imported(self.LATER)
        assert imported(SMALL).endswith("Nothing to change.\n")

    def test_a_dry_run_lists_them(self, imported):
        assert "left outside open time" in imported(self.LATER, "--dry-run")

    def test_accepted_they_stay_and_are_marked_for_the_manager(self, imported):
        assert imported(self.LATER, "--accept-conflicts").endswith("Done.\n")
        assert Reservation.objects.get().issues.filter(closed_at=None).exists()
