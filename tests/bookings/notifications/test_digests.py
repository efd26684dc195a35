"""Overviews by the clock: of the day for the facility's staff, of the week for managers of organisations."""

from datetime import date, time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import translation

from bookings.models import Issue, Quota
from bookings.notifications.digests import notify_of_the_day, notify_of_the_week
from bookings.scheduling.placement import RequestedSlot
from equipment.availability import add_outage, closed_days, new_calendar, weekly_hours
from equipment.models import Certificate, CertificateKind
from notifications import outbox
from notifications.models import Notification
from notifications.types import letter_for
from organisations.models import TECHNICIANS, Membership, User
from tests.conftest import MONDAY, NOW, wall

pytestmark = pytest.mark.django_db


@pytest.fixture
def mornings():
    return lambda: list(Notification.objects.filter(kind="morning").values_list("recipient__name", "due_at"))


@pytest.fixture
def technician(db):
    user = User.objects.create_user("tech@example.org", "x", name="Tech", language="nl")
    user.groups.add(Group.objects.get(name=TECHNICIANS))
    return user


@pytest.mark.parametrize("day", ["2027-03-27", "2027-03-28", "2027-03-29", "2027-10-30", "2027-10-31", "2027-11-01"])
def test_it_comes_at_seven_on_the_wall_also_when_the_clock_changes(make_equipment, facility_manager, mornings, day):
    daily = new_calendar("Every day")
    weekly_hours(daily, weekdays=range(7), opens=time(8), closes=time(18), since=date(2026, 1, 5), now=NOW)
    make_equipment(opening_hours=daily)
    seven = wall(f"{day} 07:00")
    notify_of_the_day(now=seven - timedelta(minutes=1))
    assert mornings() == []
    notify_of_the_day(now=seven)
    assert mornings() == [("Manager", seven)]


def test_it_is_told_once_a_day_and_made_up_for_on_the_same_day_only(printer, facility_manager, engineer, mornings):
    for moment in ("11:40", "11:50", "2027-03-02 07:10"):
        notify_of_the_day(now=wall(moment))
    assert mornings() == [("Manager", wall("07:00")), ("Manager", wall("2027-03-02 07:00"))]
    assert Notification.objects.get(due_at=wall("07:00")).expires_at == wall("2027-03-02 00:00")


def test_it_does_not_come_on_days_on_which_nobody_is_there(make_equipment, facility_manager, mornings):
    carnival = new_calendar("Closures")
    closed_days(carnival, first=MONDAY, title="Carnival", now=NOW)
    make_equipment().closures.add(carnival)
    make_equipment(opening_hours=None)  # one that is never closed does not open the facility
    for moment in ("2027-02-27 09:00", "2027-02-28 09:00", "09:00"):
        notify_of_the_day(now=wall(moment))
    assert mornings() == []
    notify_of_the_day(now=wall("2027-03-02 09:00"))
    assert len(mornings()) == 1


@pytest.fixture
def busy_day(make_reservation, printer, second_printer, engineer, facility_manager, technician):
    make_reservation("09:00", "11:00", second_printer, title="Nozzles")
    held = make_reservation("13:00", "14:30")
    asked = make_reservation("15:00", "16:00")
    type(asked).objects.filter(pk=asked.pk).update(state="requested")
    add_outage(second_printer, start=wall("12:00"), end=wall("2027-03-03 12:00"), title="Nozzle", now=NOW)
    Issue.objects.all().delete()
    Issue.objects.create(reservation=held, code="not_certified", opened_at=NOW)
    kind = CertificateKind.objects.create(name="Metal powder", slug="powder")
    for until in (date(2027, 3, 31), date(2027, 4, 1)):
        person = User.objects.create_user(f"{until}@example.org", "x", name=f"Until {until:%d-%m}")
        Certificate.objects.create(
            user=person, kind=kind, granted_on=date(2026, 3, 1), valid_until=until, granted_by=technician
        )
    Notification.objects.filter(kind="confirmation").update(given_up_at=wall("06:00"), last_error="550 no such mailbox")
    notify_of_the_day(now=wall("07:00"))


def letter_to(name: str, language: str):
    with translation.override(language):
        return letter_for(Notification.objects.get(kind="morning", recipient__name=name), now=wall("07:00"))


def test_a_facility_manager_reads_the_day_and_what_waits(busy_day):
    letter = letter_to("Manager", "en")
    assert letter.subject == "Daily overview, Monday 1 March"
    assert letter.opening == "3 reservations today, on 2 machines."
    assert [(line.when, *line.codes, line.name, line.note) for line in letter.lines] == [
        ("13:00–14:30", "FDM-01", "Verhagen Fijnmechanica", ""),
        ("15:00–16:00", "FDM-01", "Verhagen Fijnmechanica", "requested"),
        ("09:00–11:00", "FDM-02", "Verhagen Fijnmechanica", "Nozzles"),
    ]
    assert letter.more == (
        "1 request awaits a decision.",
        "1 reservation needs attention.",
        "Out of service: FDM-02 (from 12:00).",
        "Certificates that end soon: Until 31-03, Metal powder (30 March 2027).",
        "3 emails could not be delivered.",
    )


def test_a_technician_reads_what_is_to_do_on_the_floor(busy_day):
    letter = letter_to("Tech", "nl")
    assert letter.subject == "Dagoverzicht maandag 1 maart"
    assert letter.more == (
        "Buiten bedrijf: FDM-02 (vanaf 12:00).",
        "Bevoegdheden die binnenkort aflopen: Until 31-03, Metal powder (30 maart 2027).",
    )


def test_a_day_with_nothing_on_says_so(printer, facility_manager):
    notify_of_the_day(now=wall("07:00"))
    assert letter_to("Manager", "en").opening == "Nothing is reserved today."


def test_it_leaves_as_mail_in_the_readers_language(busy_day, mail_server):
    outbox.sweep(clock=lambda: wall("07:01"))
    said = {m["To"]: m.get_body(("plain",)).get_content() for m in mail_server.taken if "2027" not in str(m["To"])}
    assert "09:00–11:00  FDM-02 Verhagen Fijnmechanica (Nozzles)" in said["manager@example.org"]
    assert said["tech@example.org"].startswith("3 reserveringen vandaag, op 2 apparaten.")


# ---- The week of an organisation -----------------------------------------------------------------------------------


@pytest.fixture
def weeks():
    return lambda: list(Notification.objects.filter(kind="week").values_list("recipient__name", "due_at"))


def test_the_week_comes_on_monday_at_seven_to_managers_of_organisations_that_use_machines(
    make_reservation, org_manager, teacher, summa, facility_manager, weeks
):
    Membership.objects.filter(user=teacher).update(role="manager")
    make_reservation("2027-03-03 09:00", "2027-03-03 11:00")
    for moment in ("2027-02-28 09:00", "06:59"):
        notify_of_the_week(now=wall(moment))
    assert weeks() == []
    for moment in ("07:00", "11:00", "2027-03-02 07:00"):
        notify_of_the_week(now=wall(moment))
    assert weeks() == [("Orgmanager", wall("07:00"))]


def test_the_week_says_what_is_booked_and_how_the_last_one_went(
    make_booking, printer, second_printer, org_manager, verhagen
):
    day = "2027-03-03"
    make_booking(
        RequestedSlot(wall(f"{day} 09:00"), wall(f"{day} 11:00"), printer),
        RequestedSlot(wall(f"{day} 09:00"), wall(f"{day} 11:00"), second_printer),
        title="Housing",
    )
    last = make_booking(("2027-02-25 13:00", "2027-02-25 14:00"), ("2027-02-26 13:00", "2027-02-26 14:00"))
    first, second = last.reservations
    type(first).objects.filter(pk=first.pk).update(state="no_show")
    type(first).objects.filter(pk=second.pk).update(state="cancelled", cancelled_late=True)
    Quota.objects.create(organisation=verhagen, hours=40, span="month")
    notify_of_the_week(now=wall("07:00"))
    notification = Notification.objects.get(kind="week")
    letter = letter_for(notification, now=wall("07:00"))
    assert letter.subject == "Weekly overview Verhagen Fijnmechanica, week 9"
    assert letter.opening == "Verhagen Fijnmechanica has 2 reservations this week."
    assert [(line.when, line.codes, line.note) for line in letter.lines] == [
        ("Wed 3 March 2027 09:00–11:00", ("FDM-01", "FDM-02"), "Housing, Engineer")
    ]
    assert letter.more == (
        "Quota: 40 hours per month, all machines: 36 left.",
        "Last week: 1 no-show; 1 late cancellation.",
    )
    Membership.objects.filter(user=org_manager).update(role="member")
    assert letter_for(notification, now=wall("07:00")) is None
