"""The pages about calendars: hours in plain words, and a warning before a change that hits reservations."""

import re
from datetime import date, time

import pytest
from django.urls import reverse
from django.utils.html import escape

from bookings.models import Issue
from equipment import availability
from equipment.availability import Calendar, Event, Occurrence, Rule
from equipment.availability.patterns import pattern_of
from equipment.models import CalendarSpan
from tests.conftest import NOW
from tests.equipment.conftest import local, open_on

HOURS = {"title": "Evening", "repeats": "weekly", "weekdays": ["0", "2"], "first": "2027-03-01", "last": ""}
HOURS |= {"opens": "18:00", "closes": "22:00", "description": "", "equipment": ""}


@pytest.fixture
def clock(monkeypatch):
    """It is 24 February 2027."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def as_manager(client, clock, facility_manager):
    facility_manager.is_staff = True
    facility_manager.save()
    client.force_login(facility_manager)
    return client


@pytest.fixture
def office_hours(working_hours) -> Event:
    return working_hours.event_set.get()


def page(name, *args) -> str:
    return reverse(f"admin:schedule_{name}", args=args)


def typed(response) -> dict[str, list[str]]:
    """What the page that warns would send again."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', response.content.decode())
    fields: dict[str, list[str]] = {}
    for name, value in inputs:
        fields.setdefault(name, []).append(value)
    return fields


def as_filled_in(event: Event, **changes) -> dict:
    pattern = pattern_of(event)
    return {
        "title": event.title,
        "calendar": event.calendar_id,
        "equipment": "",
        "description": "",
        "repeats": pattern.repeats,
        "weekdays": list(pattern.weekdays),
        "first": pattern.first,
        "last": pattern.last or "",
        "opens": pattern.opens,
        "closes": pattern.closes,
    } | changes


class TestHours:
    def test_weekly_hours_need_no_recurrence_syntax(self, as_manager, printer, working_hours):
        response = as_manager.post(page("event_add"), {**HOURS, "calendar": working_hours.pk})
        assert response.status_code == 302, response.content
        assert open_on(printer, "2027-03-03 12:00", "2027-03-04 23:00") == [
            "03 12:00 – 03 22:00",
            "04 08:00 – 04 18:00",
        ]

    def test_hours_over_midnight_and_whole_days_can_be_given(self, as_manager, working_hours):
        night = {**HOURS, "calendar": working_hours.pk, "opens": "22:00", "closes": "06:00"}
        as_manager.post(page("event_add"), night)
        whole = {**HOURS, "calendar": working_hours.pk, "opens": "", "closes": "", "title": "Whole"}
        as_manager.post(page("event_add"), whole)
        found = Event.objects.get(title="Evening")
        assert (found.start, found.end) == (local("2027-03-01 22:00"), local("2027-03-02 06:00"))
        found = Event.objects.get(title="Whole")
        assert (found.start, found.end) == (local("2027-03-01 00:00"), local("2027-03-02 00:00"))

    def test_closed_days_are_given_once_from_first_to_last(self, as_manager, working_hours):
        closed = {**HOURS, "calendar": working_hours.pk, "repeats": "once", "weekdays": [], "last": "2027-03-05"}
        as_manager.post(page("event_add"), {**closed, "opens": "", "closes": ""})
        found = Event.objects.get(title="Evening")
        assert (found.start, found.end) == (local("2027-03-01 00:00"), local("2027-03-06 00:00"))
        assert found.rule is None

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"weekdays": []}, "Choose at least one day"),
            ({"last": "2027-02-01"}, "before the first"),
            ({"last": "2027-03-02", "weekdays": ["5"]}, "None of these days"),
            ({"calendar": ""}, "either a calendar or the machine"),
            ({"repeats": "once", "last": "2027-03-01", "opens": "18:00", "closes": "17:00"}, "end after it starts"),
        ],
    )
    def test_what_leaves_nothing_is_refused_in_words(self, as_manager, working_hours, changes, told):
        response = as_manager.post(page("event_add"), {**HOURS, "calendar": working_hours.pk, **changes})
        assert response.status_code == 200
        assert told in response.content.decode()
        assert Event.objects.count() == 1

    def test_an_event_made_elsewhere_keeps_its_recurrence(self, as_manager, working_hours):
        monthly = Rule.objects.create(name="first of the month", frequency="MONTHLY", params="bymonthday:1")
        with availability.rebuilding_once(now=NOW):
            event = Event.objects.create(
                calendar=working_hours,
                title="Stocktaking",
                start=local("2027-03-01 20:00"),
                end=local("2027-03-01 21:00"),
                rule=monthly,
            )
        shown = as_manager.get(page("event_change", event.pk)).content.decode()
        assert "first of the month" in shown
        response = as_manager.post(page("event_change", event.pk), as_filled_in(event, title="Counting"))
        assert response.status_code == 302
        event.refresh_from_db()
        assert (event.title, event.rule, event.start) == ("Counting", monthly, local("2027-03-01 20:00"))

    def test_saving_a_page_unchanged_changes_nothing(self, as_manager, office_hours):
        before = (office_hours.start, office_hours.end, office_hours.rule, office_hours.end_recurring_period)
        spans = set(CalendarSpan.objects.values_list("pk", flat=True))
        as_manager.post(page("event_change", office_hours.pk), as_filled_in(office_hours))
        office_hours.refresh_from_db()
        assert (
            office_hours.start,
            office_hours.end,
            office_hours.rule,
            office_hours.end_recurring_period,
        ) == before
        assert set(CalendarSpan.objects.values_list("pk", flat=True)) == spans

    def test_an_outage_is_kept_with_its_machine(self, as_manager, printer):
        outage = {**HOURS, "repeats": "once", "weekdays": [], "calendar": "", "equipment": printer.pk}
        as_manager.post(page("event_add"), {**outage, "title": "Fault", "last": "2027-03-02", "closes": "12:00"})
        event = Event.objects.get(title="Fault")
        assert event.calendar.equipment_out == printer
        assert open_on(printer, "2027-03-01 12:00", "2027-03-02 18:00") == [
            "01 12:00 – 01 18:00",
            "02 12:00 – 02 18:00",
        ]
        assert "Fault" in as_manager.get(page("event_changelist") + "?kept=outages").content.decode()
        assert as_manager.get(page("event_change", event.pk)).status_code == 200

    def test_a_calendar_shows_its_hours_and_the_coming_weeks_in_words(self, as_manager, working_hours, printer):
        shown = as_manager.get(page("calendar_change", working_hours.pk)).content.decode()
        assert "Mon, Tue, Wed, Thu, Fri 08:00–18:00, from 5 January 2026" in shown
        assert "Thu 25 February 2027 08:00–18:00" in shown
        assert "FDM-01" in shown

    def test_a_new_calendar_gets_its_own_short_name(self, as_manager, working_hours):
        as_manager.post(page("calendar_add"), {"name": working_hours.name})
        assert Calendar.objects.count() == 2

    def test_a_calendar_in_use_cannot_be_deleted(self, as_manager, working_hours, printer):
        as_manager.post(page("calendar_delete", working_hours.pk), {"post": "yes"})
        assert Calendar.objects.filter(pk=working_hours.pk).exists()

    def test_a_calendar_not_in_use_is_deleted_with_its_hours(self, as_manager, working_hours):
        shown = as_manager.get(page("calendar_delete", working_hours.pk)).content.decode()
        assert "08:00–18:00" in shown
        as_manager.post(page("calendar_delete", working_hours.pk), {"post": "yes"})
        assert not CalendarSpan.objects.exists()


class TestDaysThatDiffer:
    def test_a_day_is_cancelled_and_made_usual_again(self, as_manager, printer, office_hours):
        day = {"event": office_hours.pk, "day": "2027-03-02", "becomes": "cancelled", "moved_to": ""}
        day |= {"opens": "", "closes": ""}
        assert as_manager.post(page("occurrence_add"), day).status_code == 302
        assert open_on(printer, "2027-03-02 00:00", "2027-03-03 00:00") == []
        shown = as_manager.get(page("event_change", office_hours.pk)).content.decode()
        assert "02-03-2027: not that day" in shown
        kept = Occurrence.objects.get()
        as_manager.post(page("occurrence_delete", kept.pk), {"post": "yes"})
        assert open_on(printer, "2027-03-02 00:00", "2027-03-03 00:00") == ["02 08:00 – 02 18:00"]

    def test_a_day_is_moved_and_moved_again(self, as_manager, printer, office_hours):
        day = {"event": office_hours.pk, "day": "2027-03-02", "becomes": "moved", "moved_to": "2027-03-06"}
        as_manager.post(page("occurrence_add"), {**day, "opens": "10:00", "closes": "14:00"})
        assert open_on(printer, "2027-03-06 00:00", "2027-03-07 00:00") == ["06 10:00 – 06 14:00"]
        as_manager.post(page("occurrence_add"), {**day, "opens": "11:00", "closes": "15:00"})
        assert open_on(printer, "2027-03-06 00:00", "2027-03-07 00:00") == ["06 11:00 – 06 15:00"]
        kept = Occurrence.objects.get()
        assert "11:00" in as_manager.get(page("occurrence_change", kept.pk)).content.decode()
        as_manager.post(page("occurrence_change", kept.pk), {**day, "opens": "12:00", "closes": "16:00"})
        assert open_on(printer, "2027-03-06 00:00", "2027-03-07 00:00") == ["06 12:00 – 06 16:00"]

    @pytest.mark.parametrize(
        ("changes", "told"),
        [({"day": "2027-03-06"}, "do not begin on that day"), ({"becomes": "moved"}, "from when until when")],
    )
    def test_what_cannot_be_is_refused_in_words(self, as_manager, office_hours, changes, told):
        day = {"event": office_hours.pk, "day": "2027-03-02", "becomes": "cancelled", "moved_to": ""}
        response = as_manager.post(page("occurrence_add"), {**day, "opens": "", "closes": "", **changes})
        assert told in response.content.decode()
        assert not Occurrence.objects.exists()


class TestWarning:
    """A reservation on Monday 1 March 2027, 16:00 to 17:30, stands in the way of closing at 16:00."""

    @pytest.fixture
    def reservation(self, make_reservation):
        return make_reservation("16:00", "17:30")

    def test_a_change_that_hits_says_so_and_is_not_saved(self, as_manager, office_hours, reservation):
        shorter = as_filled_in(office_hours, closes="16:00", title="Until <four>")
        response = as_manager.post(page("event_change", office_hours.pk), shorter)
        shown = response.content.decode()
        assert "leaves 1 reservation outside open time" in shown
        assert reservation.booking.reference in shown
        assert escape("Until <four>") in shown
        office_hours.refresh_from_db()
        assert pattern_of(office_hours).closes == time(18)
        assert not Issue.objects.exists()
        assert "successfully" not in as_manager.get(page("event_changelist")).content.decode()

    def test_saved_anyway_the_reservation_is_marked(self, as_manager, office_hours, reservation, printer):
        shorter = as_filled_in(office_hours, closes="16:00")
        again = typed(as_manager.post(page("event_change", office_hours.pk), shorter))
        assert again["weekdays"] == ["0", "1", "2", "3", "4"]
        response = as_manager.post(page("event_change", office_hours.pk), again)
        assert response.status_code == 302
        assert open_on(printer, "2027-03-01 12:00", "2027-03-02 00:00") == ["01 12:00 – 01 16:00"]
        assert Issue.objects.get().reservation == reservation
        assert "successfully" in as_manager.get(page("event_changelist")).content.decode()

    def test_a_change_that_hits_nothing_is_saved_at_once(self, as_manager, office_hours, reservation):
        longer = as_filled_in(office_hours, closes="20:00")
        assert as_manager.post(page("event_change", office_hours.pk), longer).status_code == 302
        assert "successfully" in as_manager.get(page("event_changelist")).content.decode()

    def test_an_outage_says_what_it_hits(self, as_manager, printer, reservation):
        outage = {**HOURS, "repeats": "once", "weekdays": [], "calendar": "", "equipment": printer.pk}
        outage |= {"opens": "12:00", "closes": "18:00"}
        response = as_manager.post(page("event_add"), outage)
        assert reservation.booking.reference in response.content.decode()
        printer.refresh_from_db()
        assert printer.outages is None
        assert as_manager.post(page("event_add"), typed(response)).status_code == 302
        assert Issue.objects.get().code == "during_outage"

    def test_deleting_hours_says_what_it_hits(self, as_manager, office_hours, reservation):
        address = page("event_delete", office_hours.pk)
        response = as_manager.post(address, {"post": "yes"})
        assert reservation.booking.reference in response.content.decode()
        assert Event.objects.filter(pk=office_hours.pk).exists()
        as_manager.post(address, typed(response))
        assert not Event.objects.filter(pk=office_hours.pk).exists()
        assert Issue.objects.count() == 1

    def test_a_cancelled_day_says_what_it_hits(self, as_manager, office_hours, reservation):
        day = {"event": office_hours.pk, "day": "2027-03-01", "becomes": "cancelled", "moved_to": ""}
        response = as_manager.post(page("occurrence_add"), {**day, "opens": "", "closes": ""})
        assert reservation.booking.reference in response.content.decode()
        assert not Occurrence.objects.exists()
        as_manager.post(page("occurrence_add"), typed(response))
        assert Occurrence.objects.get().cancelled

    def test_giving_a_machine_other_hours_says_what_it_hits(self, as_manager, printer, reservation):
        other = availability.new_calendar("Mornings")
        availability.weekly_hours(
            other, weekdays=range(5), opens=time(8), closes=time(12), since=date(2027, 1, 4), now=NOW
        )
        address = reverse("admin:equipment_equipment_change", args=[printer.pk])
        machine = {"code": printer.code, "name": printer.name, "type": printer.type_id, "state": "in_service"}
        machine |= {"fieldlab": printer.fieldlab_id, "opening_hours": other.pk, "unattended": "unknown"}
        response = as_manager.post(address, {**machine, "operator_needed": "unknown"})
        assert reservation.booking.reference in response.content.decode()
        printer.refresh_from_db()
        assert printer.opening_hours != other
        assert as_manager.post(address, typed(response)).status_code == 302
        printer.refresh_from_db()
        assert printer.opening_hours == other
        assert Issue.objects.get().reservation == reservation


@pytest.mark.parametrize(("field", "day"), [("last", "9999-12-31"), ("first", "0001-01-01"), ("first", "9999-12-31")])
@pytest.mark.parametrize("repeats", ["weekly", "once"])
def test_a_day_that_no_calendar_reaches_is_told_what_to_do_instead(
    as_manager, working_hours, printer, repeats, field, day
):
    """31-12-9999 is what people type for "for ever"."""
    sent = HOURS | {"calendar": working_hours.pk, "repeats": repeats, field: day}
    answer = as_manager.post(page("event_add"), sent)
    assert answer.status_code == 200
    assert "For no end, leave the last day empty." in answer.content.decode()
    assert working_hours.event_set.count() == 1
