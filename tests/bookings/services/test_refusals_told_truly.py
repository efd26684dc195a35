"""Texts that say what is so: ends that are not those of a request, days that are included, the right person to ask."""

from datetime import date, timedelta

import pytest
from django.utils import timezone, translation

from bookings.scheduling.placement import RequestedSlot
from bookings.services import book
from core.refusals import Refused
from equipment.availability import add_outage, keep_pattern
from equipment.certificates.services import grant
from equipment.materials import materials_in_words
from equipment.models import Certificate, CertificateKind
from notifications.models import Notification
from tests.conftest import NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, engineer, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    client.force_login(engineer)
    return client


@pytest.fixture
def powder(printer_type) -> CertificateKind:
    kind = CertificateKind.objects.create(name="Powder", slug="powder")
    kind.required_for.add(printer_type)
    return kind


class TestOutage:
    """In maintenance on Monday from 07:00 to 17:00."""

    @pytest.fixture(autouse=True)
    def maintenance(self, printer):
        add_outage(printer, title="Maintenance", start=wall("07:00"), end=wall("17:00"), now=NOW)

    @pytest.mark.parametrize(("start", "end"), [("08:00", "10:00"), ("11:00", "12:00"), ("15:00", "18:00")])
    def test_a_refusal_tells_its_end_and_not_that_of_what_was_asked(
        self, engineer, verhagen, printer, start, end, purpose
    ):
        requested_slot = RequestedSlot(equipment=printer, start=wall(start), end=wall(end))
        with pytest.raises(Refused) as refused:
            book(booker=engineer, organisation=verhagen, purpose=purpose, requested_slots=[requested_slot], now=NOW)
        [said] = [r.message for r in refused.value.refusals if r.code == "during_outage"]
        assert "Out of service until Mon 1 March 2027 17:00." in said

    def test_the_floor_tells_it_of_an_outage_that_lasts_longer_than_it_looks_ahead(self, page, printer, monkeypatch):
        add_outage(printer, title="Overhaul", start=wall("17:00"), end=wall("2027-04-01 12:00"), now=NOW)
        monkeypatch.setattr(timezone, "now", lambda: wall("08:00"))
        assert "1 April" in page.get("/floor/").content.decode()


def test_a_closed_machine_is_closed_and_free_from_when_it_can_be_had(page, make_reservation, monkeypatch):
    make_reservation("08:30", "10:00")
    monkeypatch.setattr(timezone, "now", lambda: wall("00:15"))
    said = page.get("/floor/").content.decode()
    assert "Closed <span>· free from 08:00" in said
    assert "Closed <span>until" not in said


def test_a_reservation_that_stands_is_not_said_to_be_cancelled_late(page, make_reservation, monkeypatch):
    reference = make_reservation().booking.reference
    monkeypatch.setattr(timezone, "now", lambda: wall("08:00"))
    said = page.get(f"/bookings/{reference}/").content.decode()
    assert "If you cancel now, it counts as a late cancellation." in said


class TestLastValidDay:
    """Everybody counts in the day that is named: it is the last on which the certificate is valid."""

    def test_the_day_asked_for_is_valid_and_the_next_is_not(self, client, powder, engineer, facility_manager):
        client.force_login(facility_manager)
        last = timezone.localdate() + timedelta(days=10)
        form = {"person": engineer.email, "kind": powder.pk, "last_valid_day": last.isoformat()}
        said = client.post("/certificates/grant/", form, follow=True).content.decode()
        assert f"Engineer has “Powder” through {last:%d-%m-%Y}." in said
        assert Certificate.objects.valid_on(last).exists()
        assert not Certificate.objects.valid_on(last + timedelta(days=1)).exists()

    @pytest.mark.parametrize("last", ["today", "9999-12-31"])
    def test_the_shortest_and_the_longest_are_accepted(self, client, powder, engineer, facility_manager, last):
        client.force_login(facility_manager)
        day = timezone.localdate().isoformat() if last == "today" else last
        form = {"person": engineer.email, "kind": powder.pk, "last_valid_day": day}
        assert client.post("/certificates/grant/", form).status_code == 302

    def test_pages_and_the_set_up_name_it(self, client, engineer, powder, printer, facility_manager, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: NOW)
        one = grant(user=engineer, kind=powder, by=facility_manager, now=NOW, valid_until=date(2027, 12, 14))
        facility_manager.is_staff = True
        facility_manager.save()
        for user, address, said in (
            (engineer, "/machines/FDM-01/", "valid through Monday 13 December 2027"),
            (engineer, "/shares/", "valid through Monday 13 December 2027"),
            (facility_manager, "/certificates/", "through 13-12-2027"),
            (facility_manager, f"/admin/equipment/certificate/{one.pk}/change/", "13 December 2027"),
            (facility_manager, "/admin/equipment/certificate/", "13 December 2027"),
        ):
            client.force_login(user)
            shown = client.get(address).content.decode()
            assert said in shown, address
            assert "14 December" not in shown, address


class TestWhomToAsk:
    """The facility manager adds people; a manager of an organisation cannot."""

    def test_who_belongs_nowhere_is_sent_there_with_an_address(self, client, facility_manager, settings):
        settings.CONTACT_EMAIL = "lab@example.org"
        client.force_login(facility_manager)
        for address in ("/me/", "/shares/"):
            said = client.get(address).content.decode()
            assert "Ask the facility manager to add you." in said
            assert 'href="mailto:lab@example.org"' in said

    def test_so_is_who_has_no_account(self, client, settings):
        settings.CONTACT_EMAIL = "lab@example.org"
        said = client.get("/account/login/", headers={"accept-language": "en"}).content.decode()
        assert "Ask the facility manager to create one." in said
        assert 'href="mailto:lab@example.org"' in said


class TestOldNotifications:
    def test_a_reminder_of_what_is_over_says_so_and_is_not_unread(self, page, make_reservation, monkeypatch):
        make_reservation(title="Housing")
        Notification.objects.exclude(kind="reminder").update(read_at=NOW)
        monkeypatch.setattr(timezone, "now", lambda: wall("2027-03-02 12:00"))
        said = page.get("/notices/").content.decode()
        assert "This is over." in said
        assert "notice-unread" not in said
        assert page.get("/notices/unread.json").json()["unread"] == 0


def test_how_a_booking_repeats_is_not_among_the_opening_hours(client, facility_manager):
    keep_pattern(
        "B-22222", start=wall("09:00"), end=wall("10:00"), frequency="WEEKLY", params="count:9", until=wall("12:00")
    )
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    for address in ("event/", "event/add/", "calendar/", "occurrence/add/"):
        said = client.get(f"/admin/schedule/{address}").content.decode()
        assert "Patterns of bookings" not in said
        assert "B-22222" not in said


def test_materials_are_named_in_the_readers_language_and_stand_in_its_order():
    with translation.override("nl"):
        named = materials_in_words(["brass", "nylon", "ABS", "steel", "316L", "acrylic"])
    assert named == [
        ("316L", "316L"),
        ("ABS", "ABS"),
        ("acrylic", "acrylaat"),
        ("brass", "messing"),
        ("nylon", "nylon"),
        ("steel", "staal"),
    ]


def test_every_named_material_of_the_demonstration_has_a_dutch_name():
    import tomllib
    from pathlib import Path

    catalogue = tomllib.loads(Path("demo/atrium.toml").read_text())
    used = {material for kind in catalogue["types"].values() for material in kind.get("materials", ())}
    with translation.override("nl"):
        plain = {name for material, name in materials_in_words(used) if material == name and material.islower()}
    assert plain <= {"aluminium", "nylon"}
