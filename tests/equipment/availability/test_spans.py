"""How spans follow their events: when, at what cost, who is told, and who has to wait."""

import threading
from datetime import date, time, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from equipment import availability
from equipment.availability import Calendar, Event, Hit, Rule, rebuild_spans, rebuilding_once, roll_forward, watching
from equipment.models import CalendarSpan, Equipment
from equipment.tasks import roll_calendars_forward
from tests.equipment.conftest import NOW, local, open_on

HORIZON = settings.CALENDARS_EXPANDED_AHEAD


@pytest.fixture
def hours(db):
    return availability.new_calendar("Staffed hours")


@pytest.fixture
def printer(make_machine, hours):
    return make_machine(opening_hours=hours)


@pytest.fixture
def told(monkeypatch):
    """What watchers were told, one set of equipment ids per call."""
    calls: list[set[int]] = []
    monkeypatch.setattr(watching, "_watchers", [lambda equipment_ids, *, now: calls.append(equipment_ids)])
    return calls


def daily(calendar, *, opens=time(8), closes=time(12), since=date(2027, 1, 1), until=None) -> Event:
    return availability.weekly_hours(
        calendar, weekdays=range(7), opens=opens, closes=closes, since=since, until=until, now=NOW
    )


def spans(calendar) -> list:
    return sorted((span.pk, span.period.lower) for span in CalendarSpan.objects.filter(calendar=calendar))


class TestExpansion:
    def test_a_calendar_is_expanded_from_its_first_event_to_the_horizon(self, hours, printer):
        daily(hours, since=date(2026, 6, 1))
        starts = [start for _, start in spans(hours)]
        assert starts[0] == local("2026-06-01 08:00")
        assert NOW + HORIZON - timedelta(days=1) <= starts[-1] < NOW + HORIZON

    def test_rolling_forward_adds_a_day_and_leaves_the_rest(self, hours, printer, told):
        daily(hours)
        before = spans(hours)
        roll_forward(now=NOW + timedelta(days=1))
        assert spans(hours)[:-1] == before
        assert told == [{printer.pk}, {printer.pk}]

    def test_the_nightly_task_expands_what_was_loaded_without_signals(self, hours, printer):
        event = daily(hours)
        CalendarSpan.objects.all().delete()
        roll_calendars_forward()
        assert CalendarSpan.objects.filter(calendar=event.calendar_id).exists()

    def test_a_calendar_that_cannot_be_read_does_not_keep_the_others_back(self, hours, printer, caplog):
        daily(hours)
        broken = daily(availability.new_calendar("Broken"), closes=time(13))
        Rule.objects.filter(pk=broken.rule_id).update(params="bynonsense:1")
        fine = availability.new_calendar("Fine")
        Event.objects.bulk_create(
            [Event(calendar=fine, title="x", start=local("2027-02-01 08:00"), end=local("2027-02-01 09:00"))]
        )
        roll_forward(now=NOW)
        assert len(spans(fine)) == 1
        assert "could not be rolled forward" in caplog.text

    def test_what_is_already_right_is_not_written_again(self, hours, printer, told):
        daily(hours)
        before = spans(hours)
        with CaptureQueriesContext(connection) as statements:
            assert rebuild_spans([hours.pk], now=NOW) == set()
        assert spans(hours) == before
        assert not [s for s in statements if s["sql"].startswith(("INSERT", "DELETE", "UPDATE"))]
        assert len(told) == 1

    def test_the_number_of_statements_does_not_grow_with_events_rules_or_exceptions(self, hours, printer):
        event = daily(hours)
        few = self.statements([hours.pk])
        other = availability.new_calendar("Other")
        for hour in range(12, 18):
            daily(hours, opens=time(hour), closes=time(hour, 30))
            availability.weekly_hours(
                other, weekdays=[hour % 7], opens=time(8), closes=time(9), since=date(2027, 1, 1), now=NOW
            )
        for day in range(1, 6):
            availability.cancel_day(event, date(2027, 3, day), now=NOW)
        CalendarSpan.objects.all().delete()
        assert self.statements([hours.pk, other.pk]) == few

    def statements(self, calendar_ids) -> int:
        CalendarSpan.objects.all().delete()
        with CaptureQueriesContext(connection) as statements:
            rebuild_spans(calendar_ids, now=NOW)
        return len(statements)

    def test_open_time_is_one_statement_for_any_number_of_machines(
        self, hours, make_machine, django_assert_num_queries
    ):
        daily(hours)
        machines = [make_machine(f"FDM-{number}", opening_hours=hours) for number in range(12)]
        start = local("2027-02-01 00:00")
        with django_assert_num_queries(1):
            found = availability.open_time([(m.pk, start, start + timedelta(days=14)) for m in machines])
        assert [len(each.open) for each in found] == [14] * 12
        assert [each.equipment_id for each in found] == [machine.pk for machine in machines]

    def test_open_time_of_nothing_costs_nothing(self, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert availability.open_time([]) == []

    def test_open_time_finds_spans_by_the_index_of_their_constraint(self, hours, printer):
        daily(hours)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE equipment_calendarspan")
            cursor.execute(
                "EXPLAIN WITH asked AS (SELECT 1 AS ask, %s::bigint AS equipment_id,"
                " tstzrange('2027-02-01', '2027-02-15') AS period),"
                f" open_time AS ({availability.OPEN_TIME}) SELECT * FROM open_time",
                [printer.pk],
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert plan.count("calendar_spans_stay_apart") == 3, plan
        assert plan.count("Index Cond: ((calendar_id = ") == 3, plan


class TestListening:
    """The library's own models, saved and deleted as any page would."""

    def test_saving_and_deleting_an_event_is_seen_at_once(self, hours, printer):
        with rebuilding_once(now=NOW):
            event = Event.objects.create(
                calendar=hours, title="x", start=local("2027-02-06 08:00"), end=local("2027-02-06 09:00")
            )
        assert open_on(printer, "2027-02-06 00:00", "2027-02-07 00:00") == ["06 08:00 – 06 09:00"]
        event.delete()
        assert not CalendarSpan.objects.exists()

    def test_an_event_moved_to_another_calendar_changes_both(self, hours, printer):
        event = daily(hours)
        other = availability.new_calendar("Other")
        with rebuilding_once(now=NOW):
            event.calendar = other
            event.save()
        assert spans(hours) == []
        assert len(spans(other)) > 700

    def test_saving_a_rule_rebuilds_every_calendar_that_uses_it(self, hours, printer):
        event = daily(hours)
        with rebuilding_once(now=NOW):
            event.rule.params = "byweekday:MO"
            event.rule.save()
        assert open_on(printer, "2027-02-01 00:00", "2027-02-08 00:00") == ["01 08:00 – 01 12:00"]

    def test_deleting_an_exception_brings_the_day_back(self, hours, printer):
        kept = availability.cancel_day(daily(hours), date(2027, 2, 1), now=NOW)
        with rebuilding_once(now=NOW):
            kept.delete()
        assert open_on(printer, "2027-02-01 00:00", "2027-02-02 00:00") == ["01 08:00 – 01 12:00"]

    def test_deleting_an_event_with_exceptions_is_one_change(self, hours, printer, told):
        event = daily(hours)
        availability.cancel_day(event, date(2027, 2, 1), now=NOW)
        told.clear()
        event.delete()
        assert told == [{printer.pk}]
        assert not CalendarSpan.objects.exists()

    def test_deleting_a_calendar_takes_everything_with_it(self, make_machine):
        closures = availability.new_calendar("Closures")
        printer = make_machine(closures=[closures])
        availability.cancel_day(daily(closures), date(2027, 2, 1), now=NOW)
        with transaction.atomic():
            Calendar.objects.filter(pk=closures.pk).delete()
        assert not CalendarSpan.objects.exists()
        assert open_on(printer, "2027-02-01 00:00", "2027-02-02 00:00") == ["01 00:00 – 02 00:00"]

    def test_many_changes_are_rebuilt_and_told_once(self, hours, printer, told):
        with rebuilding_once(now=NOW):
            daily(hours)
            availability.one_off(hours, start=local("2027-02-06 20:00"), end=local("2027-02-06 21:00"), now=NOW)
            assert not CalendarSpan.objects.exists()
        assert told == [{printer.pk}]
        assert len(open_on(printer, "2027-02-06 00:00", "2027-02-07 00:00")) == 2

    def test_a_failure_leaves_neither_event_nor_spans(self, hours, printer, told):
        def change():
            with rebuilding_once(now=NOW):
                daily(hours)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            change()
        assert not Event.objects.exists()
        assert not CalendarSpan.objects.exists()
        assert told == []

    def test_after_a_failure_changes_are_rebuilt_again(self, hours, printer):
        with pytest.raises(RuntimeError), rebuilding_once(now=NOW):
            raise RuntimeError
        daily(hours)
        assert CalendarSpan.objects.exists()


class TestTelling:
    def test_only_machines_of_the_calendar_are_told_of(self, hours, printer, make_machine, told):
        make_machine("CNC-01")
        daily(hours)
        assert told == [{printer.pk}]

    def test_machines_given_another_calendar_are_told_of(self, make_machine, told):
        printer = make_machine()
        availability.equipment_changed([printer.pk], now=NOW)
        assert told == [{printer.pk}]

    def test_the_outages_of_a_machine_are_made_once(self, printer):
        first = availability.outages_of(printer)
        assert availability.outages_of(Equipment.objects.get(pk=printer.pk)) == first

    def test_an_outage_is_told_of(self, printer, told):
        availability.add_outage(
            printer, start=local("2027-02-06 20:00"), end=local("2027-02-06 21:00"), title="Fault", now=NOW
        )
        assert told == [{printer.pk}]


class TestTrying:
    """A change can be tried: what it would hit is told, and nothing of it stays."""

    @pytest.fixture
    def evening(self, monkeypatch):
        """Stands for a reservation in the evening of 1 February: hit when that is not open."""

        def hit_when_closed(equipment_ids, *, now):
            window = local("2027-02-01 18:00"), local("2027-02-01 19:00")
            found = availability.open_time([(pk, *window) for pk in equipment_ids])
            return [Hit(text="B-1") for each in found if each.open != [window]]

        monkeypatch.setattr(watching, "_previewers", [hit_when_closed])

    def test_what_if_tells_the_hits_and_changes_nothing(self, hours, printer, evening):
        daily(hours, closes=time(22))
        before = spans(hours)
        shorter = lambda: Event.objects.get().delete()  # noqa: E731
        assert availability.what_if(shorter, now=NOW) == [Hit("B-1")]
        assert spans(hours) == before
        assert Event.objects.count() == 1

    def test_what_if_changes_nothing_where_nothing_is_hit_either(self, hours, printer, evening):
        daily(hours, closes=time(22))
        assert availability.what_if(lambda: daily(hours, opens=time(22), closes=time(23)), now=NOW) == []
        assert Event.objects.count() == 1

    def test_a_change_that_hits_nothing_is_kept(self, hours, printer, evening):
        event, hits = availability.change_unless_hit(lambda: daily(hours, closes=time(22)), now=NOW)
        assert hits == []
        assert Event.objects.get() == event
        assert spans(hours)

    def test_a_change_that_hits_is_undone(self, hours, printer, evening):
        _, hits = availability.change_unless_hit(lambda: daily(hours, closes=time(12)), now=NOW)
        assert hits == [Hit("B-1")]
        assert not Event.objects.exists()
        assert not CalendarSpan.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestWaiting:
    def test_a_rebuild_waits_for_whoever_holds_the_machine(self, make_machine):
        hours = availability.new_calendar("Staffed hours")
        printer = make_machine(opening_hours=hours)
        done = threading.Event()

        def change():
            try:
                daily(hours)
                done.set()
            finally:
                connection.close()

        with transaction.atomic():
            Equipment.objects.filter(pk=printer.pk).locked().get()
            thread = threading.Thread(target=change)
            thread.start()
            self.until_it_waits(thread)
            assert not done.is_set()
            assert not CalendarSpan.objects.exists()
        thread.join(timeout=20)
        assert done.is_set()
        assert CalendarSpan.objects.exists()

    def until_it_waits(self, thread):
        """Returns once the other connection waits for a lock, or is done without."""
        with connection.cursor() as cursor:
            waiting = False
            while thread.is_alive() and not waiting:
                cursor.execute(
                    "SELECT pg_stat_clear_snapshot(), EXISTS (SELECT FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock')"
                )
                waiting = cursor.fetchone()[1]

    def test_two_writers_of_one_calendar_without_machines_do_not_collide(self, db):
        hours = availability.new_calendar("Staffed hours")
        barrier = threading.Barrier(4)
        errors = []

        def change(hour):
            try:
                barrier.wait(timeout=20)
                daily(hours, opens=time(hour), closes=time(hour + 2))
            except Exception as error:
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=change, args=(hour,)) for hour in (8, 9, 10, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert errors == []
        rebuild_spans([hours.pk], now=NOW)
        first = CalendarSpan.objects.filter(calendar=hours).order_by("period").first()
        assert first.period.upper - first.period.lower == timedelta(hours=5)

    def test_a_rule_that_cannot_be_read_raises_from_the_rebuild(self, make_machine):
        hours = availability.new_calendar("Staffed hours")
        Rule.objects.filter(pk=daily(hours).rule_id).update(params="bynonsense:1")
        with pytest.raises(ValidationError):
            rebuild_spans([hours.pk], now=NOW)
