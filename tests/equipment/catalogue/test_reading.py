"""The catalogue file: its notation, what is told when it is wrong, and what it makes of the database."""

from datetime import date, time, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.clock import midnight, wall
from equipment.availability import Calendar, Event, cancel_day, closed_days, open_time, weekly_hours
from equipment.catalogue import CatalogueRefused, apply_catalogue, preview_catalogue, read_catalogue
from equipment.catalogue.lines import lines_of_keys
from equipment.catalogue.notation import WeeklyHours, YearlyDays, duration, month_day, written
from equipment.catalogue.notation import weekly_hours as hours_of
from equipment.catalogue.public_holidays import public_holidays
from equipment.models import CalendarSpan, CertificateKind, Equipment, EquipmentType, Fieldlab
from tests.conftest import NOW
from tests.conftest import wall as clock

DEMO = Path(__file__).parents[3] / "demo" / "atrium.toml"

SMALL = dedent("""\
    # A small facility.

    [opening_hours.badge]
    name = "Badge"
    weekly = [
      "Mo-Th 07:00-22:00",
      "Fr 07:00-18:00",
    ]

    [closures.holidays]
    name = "Holidays"
    public_holidays = ["Tweede paasdag", "Koningsdag"]

    [closures.winter]
    name = "Winter"
    every_year = [{ name = "Winter stop", first = "12-24", last = "01-01" }]
    days = [{ name = "Moving house", first = 2027-03-08, last = 2027-03-09 }]

    [fieldlabs.mm3d]
    name = "Multi-Material 3D"
    opening_hours = "badge"
    closures = ["holidays"]

    [certificates.basis]
    name = "Basic instruction"
    valid_months = 24

    [certificates.powder]
    name = "Powder"

    [types.ultimaker-s5]
    name = "UltiMaker S5"
    process = "fdm"
    envelope_mm = [330, 240, 300]
    materials = ["PLA", "ABS"]
    shortest = "30m"
    longest = "8h"
    set_up = "15m"
    certificates = ["basis"]
    finished_on = "bench"
    finishing_time = "1h"

    [types.bench]
    name = "Bench"
    process = "cutting"
    shortest = "15m"
    longest = "2h"

    [equipment.FDM-01]
    type = "ultimaker-s5"
    fieldlab = "mm3d"
    closures = ["winter"]

    [equipment.FDM-02]
    type = "ultimaker-s5"
    fieldlab = "mm3d"
    name = "The one by the window"
    longest = "4h"
    opening_hours = "always"
    """)


def problems(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(text)
    return [(problem.line, problem.path, problem.message) for problem in refused.value.problems]


def problem_of(old: str, new: str) -> tuple[int, str, str]:
    """The one problem that this change of the small facility makes."""
    assert old in SMALL
    [problem] = problems(SMALL.replace(old, new))
    return problem


@pytest.fixture
def small(db) -> None:
    apply_catalogue(read_catalogue(SMALL), now=NOW)


@pytest.fixture(autouse=True)
def in_english(settings):
    settings.LANGUAGE_CODE = "en"


class TestNotation:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("30m", timedelta(minutes=30)),
            ("4h", timedelta(hours=4)),
            ("1h30m", timedelta(minutes=90)),
            ("1h 30m", timedelta(minutes=90)),
            ("5d", timedelta(days=5)),
            ("2w", timedelta(days=14)),
            ("72h", timedelta(days=3)),
            ("0m", timedelta(0)),
        ],
    )
    def test_durations_are_read(self, text, expected):
        assert duration(text) == expected

    @pytest.mark.parametrize("text", ["", "30", "m", "1.5h", "-30m", "30m1h", "P1D", 30, None, "9" * 30 + "d"])
    def test_anything_else_is_no_duration(self, text):
        with pytest.raises(ValueError):
            duration(text)

    @pytest.mark.parametrize("text", ["30m", "4h", "1h30m", "5d", "1d12h", "0m"])
    def test_a_duration_is_told_as_it_is_written(self, text):
        assert duration(written(duration(text))) == duration(text)

    def test_hours_of_the_week_are_read(self):
        assert hours_of("Mo-Th 07:00-22:00") == WeeklyHours((0, 1, 2, 3), time(7), time(22))
        assert hours_of("Sa,Mo 9:30 - 24:00") == WeeklyHours((0, 5), time(9, 30), time(0))
        assert str(hours_of("Sa,Mo 9:30-24:00")) == "Mo,Sa 09:30-24:00"
        assert str(hours_of("Mo-We 07:00-22:00")) == "Mo-We 07:00-22:00"

    @pytest.mark.parametrize(
        "text",
        ["", "07:00-22:00", "Mo 22:00-07:00", "Mo 07:00-07:00", "Th-Mo 07:00-08:00", "Mo,Mo 07:00-08:00",
         "Xx 07:00-08:00", "Mo 7-8", "Mo 07:00-25:00", "Mo-Mo-Tu 07:00-08:00", 7],
    )  # fmt: skip
    def test_anything_else_are_no_hours(self, text):
        with pytest.raises(ValueError):
            hours_of(text)

    def test_days_of_every_year_may_run_into_the_next(self):
        assert YearlyDays((12, 24), (1, 1)).in_year(2026) == (date(2026, 12, 24), date(2027, 1, 1))
        assert YearlyDays((7, 1), (7, 1)).in_year(2026) == (date(2026, 7, 1), date(2026, 7, 1))

    @pytest.mark.parametrize("text", ["02-29", "13-01", "24 Dec", "2026-12-24", 12])
    def test_a_day_that_does_not_come_every_year_is_refused(self, text):
        with pytest.raises(ValueError):
            month_day(text)


class TestPublicHolidays:
    def test_they_are_known_by_their_dutch_names(self):
        found = public_holidays([2026, 2027])
        assert (date(2026, 4, 27), "Koningsdag") in found
        assert (date(2027, 3, 26), "Goede vrijdag") in found
        assert (date(2027, 5, 5), "Bevrijdingsdag") in found
        assert (date(2027, 5, 6), "Hemelvaartsdag") in found

    def test_kings_day_moves_off_a_sunday(self):
        assert [day for day, name in public_holidays([2031]) if name == "Koningsdag"] == [date(2031, 4, 26)]


class TestLines:
    def test_every_key_is_found_on_the_line_where_it_begins(self):
        lines = lines_of_keys(SMALL)
        text = SMALL.splitlines()
        assert text[lines["types", "ultimaker-s5", "longest"] - 1] == 'longest = "8h"'
        assert text[lines["opening_hours", "badge", "weekly"] - 1] == "weekly = ["
        assert text[lines["equipment", "FDM-02"] - 1] == "[equipment.FDM-02]"
        assert text[lines["equipment", "FDM-02", "opening_hours"] - 1] == 'opening_hours = "always"'

    def test_text_that_looks_like_a_table_is_not_one(self):
        lines = lines_of_keys('[a]\nb = """\n[c]\nd = 1\n"""\ne = 2\n')
        assert lines == {("a",): 1, ("a", "b"): 2, ("a", "e"): 6}

    def test_dotted_and_quoted_keys_are_found(self):
        assert lines_of_keys('["x.y"]\na.b = 1\n')[("x.y", "a", "b")] == 2


class TestReading:
    def test_the_demo_atrium_is_right(self):
        catalogue = read_catalogue(DEMO.read_text(encoding="utf-8"))
        assert len(catalogue.fieldlabs) == 9
        assert catalogue.equipment.keys() >= {"FDM-01", "SLS-02", "LPBF-03", "SOL-08", "AR-04", "RM-03"}

    def test_broken_toml_is_told_with_its_line(self):
        [(_line, _path, message)] = problems('[types]\nname = "x\n')
        assert "line 2" in message

    @pytest.mark.parametrize(
        ("old", "new", "path", "words"),
        [
            ('longest = "8h"', 'longest = "8 hours"', "types.ultimaker-s5.longest", "not a duration"),
            ('longest = "8h"', 'longest = "15m"', "types.ultimaker-s5.longest", "must not be shorter"),
            ('longest = "8h"', 'longst = "8h"', "types.ultimaker-s5.longst", "Did you mean “longest”?"),
            ('longest = "4h"', 'longest = "15m"', "equipment.FDM-02.longest", "must not be shorter"),
            ('process = "fdm"', 'process = "fdn"', "types.ultimaker-s5.process", "Did you mean “fdm”?"),
            ("[330, 240, 300]", "[330, 240]", "types.ultimaker-s5.envelope_mm", "[width, depth, height]"),
            ("[330, 240, 300]", "[330, 240, -1]", "types.ultimaker-s5.envelope_mm", "whole number"),
            ('["PLA", "ABS"]', '"PLA"', "types.ultimaker-s5.materials", "not a list"),
            ('set_up = "15m"', 'set_up = "15m"\nunattended = 1', "types.ultimaker-s5.unattended", "neither true nor"),
            ('set_up = "15m"', 'horizon = "5000d"', "types.ultimaker-s5.horizon", "760 days"),
            ('set_up = "15m"', 'grid = "10m"', "types.ultimaker-s5.grid", "The grid is"),
            ('set_up = "15m"', 'payload_kg = 1.234', "types.ultimaker-s5.payload_kg", "not a weight"),
            ('"Koningsdag"]', '"Koninginnedag"]', "closures.holidays.public_holidays", "Did you mean “Koningsdag”?"),
            ("first = 2027-03-08", "first = 2027-03-10", "closures.winter.days", "ends before it starts"),
            ("first = 2027-03-08", 'first = "2027-03-08"', "closures.winter.days", "not a date"),
            ('first = "12-24"', 'first = "24-12"', "closures.winter.every_year", "not a day of every year"),
            ('"Fr 07:00-18:00"', '"Th,Fr 18:00-23:00"', "opening_hours.badge.weekly", "overlap"),
            ('closures = ["winter"]', 'closures = ["wintr"]', "equipment.FDM-01.closures", "Did you mean “winter”?"),
            ('opening_hours = "always"', 'opening_hours = "bagde"', "equipment.FDM-02.opening_hours", "“badge”"),
            ('opening_hours = "always"', 'contact = "nobody"', "equipment.FDM-02.contact", "not an email address"),
            ("[equipment.FDM-02]", '[equipment."fdm 02"]', "equipment.fdm 02", "Capitals, digits and hyphens"),
            ("# A small facility.", "[machines.X]", "machines", "no such part"),
            ('certificates = ["basis"]', 'certificates = ["bassis"]', "types.ultimaker-s5.certificates", "“basis”"),
            ('certificates = ["basis"]', 'certificates = "basis"', "types.ultimaker-s5.certificates", "not a list"),
            ("valid_months = 24", "valid_months = 0", "certificates.basis.valid_months", "whole number from 1"),
            ("valid_months = 24", "valid_mnths = 24", "certificates.basis.valid_mnths", "“valid_months”"),
            ('name = "Powder"\n', "", "certificates.powder", "“name” is missing"),
            ('finished_on = "bench"', 'finished_on = "bensh"', "types.ultimaker-s5.finished_on", "“bench”"),
            ('finished_on = "bench"', 'finished_on = "ultimaker-s5"', "types.ultimaker-s5.finished_on", "its own"),
            ('finished_on = "bench"\n', "", "types.ultimaker-s5.finishing_time", "go together"),
            ('finishing_time = "1h"\n', "", "types.ultimaker-s5.finished_on", "go together"),
            ('finishing_time = "1h"', 'finishing_time = "3h"', "types.ultimaker-s5.finishing_time", "of that length"),
            ('finishing_time = "1h"', 'finishing_time = "1"', "types.ultimaker-s5.finishing_time", "not a duration"),
            ('name = "Badge"\n', "", "opening_hours.badge", "“name” is missing"),
        ],
    )  # fmt: skip
    def test_each_slip_is_told_at_its_place(self, old, new, path, words):
        text = SMALL.replace(old, new)
        line, told_path, message = problem_of(old, new)
        assert told_path == path
        assert words in message
        assert path.split(".")[-1].strip('"') in text.splitlines()[line - 1]

    def test_a_type_that_is_not_there_is_told_with_the_near_one(self):
        text = SMALL.replace('type = "ultimaker-s5"', 'type = "ultimaker-5"', 1)
        [(_line, path, message)] = problems(text)
        assert path == "equipment.FDM-01.type"
        assert "Did you mean “ultimaker-s5”?" in message

    def test_all_problems_are_told_at_once_in_the_order_of_the_file(self):
        text = SMALL.replace('"Koningsdag"', '"Kerst"').replace('longest = "4h"', "longest = 4").replace('"fdm"', '"x"')
        assert [path for _line, path, _message in problems(text)] == [
            "closures.holidays.public_holidays",
            "types.ultimaker-s5.process",
            "equipment.FDM-02.longest",
        ]

    def test_forgotten_opening_hours_do_not_mean_day_and_night(self):
        text = SMALL.replace('opening_hours = "badge"\n', "")
        [(_line, path, message)] = problems(text)
        assert path == "equipment.FDM-01"
        assert "No opening hours" in message

    def test_a_machine_that_nobody_could_ever_book_is_refused(self):
        _line, path, message = problem_of('set_up = "15m"', 'set_up = "15h"')
        assert path == "equipment.FDM-01"
        assert "Nobody could book this" in message

    def test_an_unattended_machine_needs_its_hours_for_set_up_and_clean_up_only(self):
        read_catalogue(SMALL.replace('shortest = "30m"', 'shortest = "4h"\nunattended = true\nclean_up = "4h"'))

    def test_the_nearest_opening_hours_win_and_closures_add_up(self):
        catalogue = read_catalogue(SMALL)
        assert catalogue.opening_hours_of("FDM-01") == "badge"
        assert catalogue.opening_hours_of("FDM-02") == "always"
        assert set(catalogue.closures_of("FDM-01")) == {"holidays", "winter"}
        assert catalogue.closures_of("FDM-02") == ["holidays"]


class TestApplying:
    def test_all_of_it_is_there_afterwards(self, small):
        machine = Equipment.objects.get(code="FDM-01")
        assert machine.name == "UltiMaker S5"
        assert machine.policy.longest == timedelta(hours=8)
        assert machine.type.materials == ["PLA", "ABS"]
        assert (machine.type.width_mm, machine.type.depth_mm, machine.type.height_mm) == (330, 240, 300)
        assert machine.fieldlab.position == 1
        other = Equipment.objects.get(code="FDM-02")
        assert other.opening_hours is None
        assert other.policy.longest == timedelta(hours=4)

    def test_what_a_type_needs_and_where_it_is_finished(self, small):
        printer = EquipmentType.objects.get(slug="ultimaker-s5")
        assert [kind.slug for kind in printer.required_certificates.all()] == ["basis"]
        assert (printer.finished_on.slug, printer.finishing_time) == ("bench", timedelta(hours=1))
        assert CertificateKind.objects.get(slug="basis").valid_months == 24
        assert CertificateKind.objects.get(slug="powder").valid_months == 12

    def test_other_certificates_and_another_station_are_told(self, small):
        text = SMALL.replace('certificates = ["basis"]', 'certificates = ["basis", "powder"]')
        text = text.replace('finished_on = "bench"\nfinishing_time = "1h"\n', "")
        report = apply_catalogue(read_catalogue(text), now=NOW)
        assert report["types"].changed == {
            "ultimaker-s5": ["finishing_time: 1h → –", "finished_on: –", "certificates: basis, powder"]
        }
        printer = EquipmentType.objects.get(slug="ultimaker-s5")
        assert printer.finished_on is None
        assert printer.required_certificates.count() == 2
        before = _row_versions()
        assert not apply_catalogue(read_catalogue(text), now=NOW).changes_anything
        assert _row_versions() == before

    @pytest.mark.parametrize(
        ("day", "hours"),
        [
            ("2027-03-04", ["07:00-22:00"]),
            ("2027-03-05", ["07:00-18:00"]),
            ("2027-03-06", []),
            ("2027-03-08", []),  # moving house
            ("2027-03-29", []),  # second day of Easter, the day after the clocks change
            ("2027-03-30", ["07:00-22:00"]),
            ("2027-04-27", []),  # King's Day
            ("2027-05-06", ["07:00-22:00"]),  # Ascension, which this facility did not choose
            ("2026-12-31", []),
            ("2027-01-01", []),
        ],
    )
    def test_free_time_follows_hours_and_closures(self, small, day, hours):
        machine = Equipment.objects.get(code="FDM-01")
        start = midnight(date.fromisoformat(day))
        [found] = open_time([(machine.pk, start, start + timedelta(hours=23))])
        assert [f"{wall(p.start):%H:%M}-{wall(p.end):%H:%M}" for p in found.open] == hours

    def test_days_that_come_back_are_there_from_last_year_to_three_years_ahead(self, small):
        years = {wall(event.start).year for event in Event.objects.filter(title="Koningsdag")}
        assert years == {2026, 2027, 2028, 2029, 2030}

    def test_a_year_later_a_year_is_added_and_none_is_lost(self, small):
        report = apply_catalogue(read_catalogue(SMALL), now=NOW + timedelta(days=365))
        assert set(report["closures"].changed) == {"holidays", "winter"}
        assert Event.objects.filter(title="Koningsdag").count() == 6

    def test_the_second_time_nothing_is_written(self, small):
        before = _row_versions()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            report = apply_catalogue(read_catalogue(SMALL), now=NOW)
        assert not report.changes_anything
        assert _row_versions() == before
        written_ = [q["sql"] for q in queries if q["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]
        assert written_ == []

    def test_only_what_differs_is_written(self, small):
        before = _row_versions()
        report = apply_catalogue(read_catalogue(SMALL.replace('longest = "4h"', 'longest = "5h"')), now=NOW)
        assert report["equipment"].changed == {"FDM-02": ["longest: 4h → 5h"]}
        changed = {row for row, version in _row_versions().items() if before.get(row) != version}
        assert changed == {("equipment_equipment", Equipment.objects.get(code="FDM-02").pk)}

    def test_a_key_taken_out_takes_its_default(self, small):
        apply_catalogue(read_catalogue(SMALL.replace('longest = "8h"\n', "")), now=NOW)
        assert EquipmentType.objects.get(slug="ultimaker-s5").longest is None

    def test_what_was_changed_by_hand_is_put_back_and_told(self, small):
        Fieldlab.objects.update(name="Renamed")
        report = apply_catalogue(read_catalogue(SMALL), now=NOW)
        assert report["fieldlabs"].changed == {"mm3d": ["name: Renamed → Multi-Material 3D"]}
        assert Fieldlab.objects.get().name == "Multi-Material 3D"

    def test_what_is_not_in_the_file_is_left_alone_and_listed(self, small):
        text = SMALL[: SMALL.index("[equipment.FDM-02]")]
        report = apply_catalogue(read_catalogue(text), now=NOW)
        assert report["equipment"].left_alone == ["FDM-02"]
        assert Equipment.objects.filter(code="FDM-02").exists()
        assert "FDM-02" in report.lines()[-1]

    def test_new_hours_begin_today_and_the_past_keeps_the_old(self, small):
        report = apply_catalogue(read_catalogue(SMALL.replace("Mo-Th 07:00-22:00", "Mo-Th 08:00-20:00")), now=NOW)
        assert report["opening_hours"].changed == {
            "badge": ["Mo-Th 07:00-22:00 ends today", "Mo-Th 08:00-20:00 from today"]
        }
        machine = Equipment.objects.get(code="FDM-01")
        days = [midnight(date(2027, 2, 23)), midnight(date(2027, 2, 25))]
        found = open_time([(machine.pk, day, day + timedelta(days=1)) for day in days])
        assert [f"{wall(o.open[0].start):%H:%M}" for o in found] == ["07:00", "08:00"]
        before = _row_versions()
        apply_catalogue(read_catalogue(SMALL.replace("Mo-Th 07:00-22:00", "Mo-Th 08:00-20:00")), now=NOW)
        assert _row_versions() == before

    def test_days_that_a_manager_cancelled_or_added_stay(self, small):
        hours = Event.objects.filter(calendar__slug="hours-badge").order_by("pk")[0]
        cancel_day(hours, date(2027, 3, 4), now=NOW)
        winter = Calendar.objects.get(slug="closures-winter")
        closed_days(winter, first=date(2027, 3, 3), title="Power cut", now=NOW)
        report = apply_catalogue(read_catalogue(SMALL), now=NOW)
        assert not report.changes_anything
        assert report["closures"].left_alone == ["winter: Power cut 2027"]
        machine = Equipment.objects.get(code="FDM-01")
        [found] = open_time([(machine.pk, clock("2027-03-03 00:00"), clock("2027-03-05 00:00"))])
        assert found.open == []

    def test_weekly_hours_that_the_file_does_not_know_end(self, small):
        calendar = Calendar.objects.get(slug="hours-badge")
        weekly_hours(calendar, weekdays=[5], opens=time(10), closes=time(14), since=date(2027, 1, 1), now=NOW)
        report = apply_catalogue(read_catalogue(SMALL), now=NOW)
        assert report["opening_hours"].changed == {"badge": ["Sa 10:00-14:00 ends today"]}

    def test_a_holiday_of_other_days_is_moved(self, small):
        text = SMALL.replace("last = 2027-03-09", "last = 2027-03-12")
        report = apply_catalogue(read_catalogue(text), now=NOW)
        assert report["closures"].changed == {"winter": ["Moving house 2027-03-08 – 2027-03-12, was other days"]}
        event = Event.objects.get(title="Moving house")
        assert wall(event.end).date() == date(2027, 3, 13)

    def test_other_closures_and_hours_of_a_machine_are_told(self, small):
        text = SMALL.replace('closures = ["winter"]\n', "").replace(
            'opening_hours = "always"', 'opening_hours = "badge"'
        )
        report = apply_catalogue(read_catalogue(text), now=NOW)
        assert report["equipment"].changed == {
            "FDM-01": ["closures: holidays"],
            "FDM-02": ["opening_hours: – → Badge"],
        }

    def test_a_preview_tells_the_same_and_writes_nothing(self, small):
        before = _row_versions()
        text = SMALL.replace("Fr 07:00-18:00", "Fr 07:00-17:00").replace('longest = "4h"', 'longest = "5h"')
        previewed, hits = preview_catalogue(read_catalogue(text), now=NOW)
        assert hits == []
        assert _row_versions() == before
        assert previewed.lines() == apply_catalogue(read_catalogue(text), now=NOW).lines()


def _row_versions() -> dict[tuple[str, int], str]:
    """The transaction that wrote each row last; a row written again, even with the same values, shows another."""
    models = (Fieldlab, CertificateKind, EquipmentType, Equipment, Calendar, Event, CalendarSpan)
    models += (Equipment.closures.through, CertificateKind.required_for.through)
    found = {}
    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            cursor.execute(f"SELECT id, xmin::text || ' ' || ctid::text FROM {table}")
            found |= {(table, pk): version for pk, version in cursor.fetchall()}
    return found
