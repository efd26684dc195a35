"""A small Atrium: three organisations, five people, a printer type with two machines, and the week of 1 March 2027.

Makers take wall-clock times of Amsterdam: `make_reservation(start="09:00")` is Monday 1 March 2027 at nine.
"""

import os
from datetime import date, datetime, time, timedelta
from importlib import import_module
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import translation

from bookings.models import Purpose
from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from equipment.availability import new_calendar, weekly_hours
from equipment.models import Equipment, EquipmentType, Fieldlab, Process
from organisations.models import FACILITY_MANAGERS, Membership, Organisation, Role, User

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = date(2027, 3, 1)
NOW = datetime(2027, 2, 24, 10, 0, tzinfo=AMSTERDAM)


def wall(text: str, day: date = MONDAY) -> datetime:
    """`"09:00"` on the Monday, or `"2027-03-28 09:00"`, on Amsterdam's clock; the first of a double hour."""
    if " " in text:
        return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)
    return datetime.combine(day, time.fromisoformat(text), AMSTERDAM)


def pytest_configure():
    """Passwords are hashed in every second test; the slow hash is Django's to test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        _use_a_broker_of_its_own(int(worker.removeprefix("gw")) + 1)


def _use_a_broker_of_its_own(number: int) -> None:
    """Tests that run side by side do not take each other's messages: each worker has a numbered Redis database."""
    url = settings.REDIS_URL
    url = f"{url}?virtual_host={number}" if url.startswith("redis+socket:") else f"{url.rsplit('/', 1)[0]}/{number}"
    settings.REDIS_URL = settings.CELERY_BROKER_URL = os.environ["REDIS_URL"] = url


@pytest.fixture(autouse=True)
def _rows_of_migrations(request):
    """Tests that commit empty the tables afterwards; whichever test is next gets back what migrations put there."""
    marker = request.node.get_closest_marker("django_db")
    fixtures = set(request.fixturenames)
    committing = {"live_server", "transactional_db"} & fixtures or (marker and marker.kwargs.get("transaction"))
    if committing or marker or "db" in fixtures:
        request.getfixturevalue("transactional_db" if committing else "db")
        if not Group.objects.exists():
            import_module("organisations.migrations.0003_facility_roles").make_groups(apps, None)
        if not Purpose.objects.exists():
            import_module("bookings.migrations.0002_purposes").make_purposes(apps, None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Enough connections for forty people who ask at once; each worker of a parallel run has a database of its own."""
    settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 64


@pytest.fixture(autouse=True)
def _reader_of_english():
    """Messages of services come in the language that is active; requests set their own."""
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    """Wednesday 24 February 2027, 10:00, before everything that tests book."""
    return NOW


@pytest.fixture
def verhagen(db) -> Organisation:
    return Organisation.objects.create(name="Verhagen Fijnmechanica", slug="verhagen", organisation_class="micro")


@pytest.fixture
def kempen(db) -> Organisation:
    return Organisation.objects.create(name="Kempen Cobotics", slug="kempen", organisation_class="micro")


@pytest.fixture
def summa(db) -> Organisation:
    return Organisation.objects.create(name="Summa College", slug="summa", organisation_class="mbo")


def _person(name: str, organisation: Organisation | None = None, role: str = Role.MEMBER) -> User:
    user = User.objects.create_user(f"{name.lower()}@example.org", "correct horse battery", name=name, language="en")
    if organisation:
        Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


@pytest.fixture
def engineer(verhagen) -> User:
    return _person("Engineer", verhagen)


@pytest.fixture
def org_manager(verhagen) -> User:
    return _person("Orgmanager", verhagen, Role.MANAGER)


@pytest.fixture
def other_engineer(kempen) -> User:
    return _person("Stranger", kempen)


@pytest.fixture
def teacher(summa) -> User:
    return _person("Teacher", summa, Role.PLANNER)


@pytest.fixture
def facility_manager(db) -> User:
    user = _person("Manager")
    user.groups.add(Group.objects.get(name=FACILITY_MANAGERS))
    return user


@pytest.fixture
def purpose(db) -> Purpose:
    """An economic purpose every organisation may choose."""
    return Purpose.objects.get(code="trial-production")


@pytest.fixture
def working_hours(db):
    """Monday to Friday 08:00–18:00, from 2026 on."""
    calendar = new_calendar("Working hours")
    weekly_hours(calendar, weekdays=range(5), opens=time(8), closes=time(18), since=date(2026, 1, 5), now=NOW)
    return calendar


@pytest.fixture
def fieldlab(db) -> Fieldlab:
    return Fieldlab.objects.create(name="Multi-Material 3D", slug="mm3d")


@pytest.fixture
def printer_type(db) -> EquipmentType:
    """Half-hour grid, half an hour to eight hours, a quarter of set-up and of clean-up."""
    return EquipmentType.objects.create(
        name="UltiMaker S5",
        slug="ultimaker-s5",
        process=Process.FDM,
        grid_minutes=30,
        shortest=timedelta(minutes=30),
        longest=timedelta(hours=8),
        set_up=timedelta(minutes=15),
        clean_up=timedelta(minutes=15),
        horizon=timedelta(days=365),
    )


@pytest.fixture
def make_equipment(printer_type, fieldlab, working_hours):
    numbers = count(1)

    def make(code: str | None = None, **fields) -> Equipment:
        values = {"type": printer_type, "fieldlab": fieldlab, "opening_hours": working_hours, **fields}
        code = code or f"FDM-{next(numbers):02}"
        return Equipment.objects.create(code=code, name=f"Printer {code}", **values)

    return make


@pytest.fixture
def printer(make_equipment) -> Equipment:
    return make_equipment("FDM-01")


@pytest.fixture
def second_printer(make_equipment) -> Equipment:
    return make_equipment("FDM-02")


@pytest.fixture
def make_booking(engineer, verhagen, purpose, printer):
    """Book through the service; `requested_slots` are (start, end) on the wall clock, or RequestedSlot objects."""

    def make(*requested_slots, **changes):
        asked = [
            w if isinstance(w, RequestedSlot) else RequestedSlot(wall(w[0]), wall(w[1]), printer)
            for w in requested_slots
        ]
        arguments = {"booker": engineer, "organisation": verhagen, "purpose": purpose, "now": NOW, **changes}
        return book(requested_slots=asked, **arguments)

    return make


@pytest.fixture
def make_reservation(make_booking, printer):
    def make(start="09:00", end="11:00", equipment=None, **changes):
        requested_slot = RequestedSlot(wall(start), wall(end), equipment or printer)
        return make_booking(requested_slot, **changes).reservations[0]

    return make
