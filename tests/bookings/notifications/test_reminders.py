"""When people are reminded: truth tables on the wall clock, without a database. 2027's clocks change on 28 March
and on 31 October."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.models import Booking, Reservation
from bookings.notifications.reminders import Habits, KnownHabits, moments_before, out_of_quiet, reminders_of
from equipment.models import Equipment, EquipmentType
from tests.conftest import wall

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = (time(22), time(7))
LUNCH = (time(12), time(13))
BOOKER, SUPERVISOR = 11, 12


def later(text: str) -> datetime:
    """The second of a double hour."""
    return wall(text).replace(fold=1)


@pytest.mark.parametrize(
    ("start", "lead", "due"),
    [
        (wall("2027-03-01 09:00"), HOUR, wall("2027-03-01 08:00")),
        (wall("2027-03-01 09:00"), DAY, wall("2027-02-28 09:00")),
        # Spring: two o'clock is three o'clock.
        (wall("2027-03-28 03:30"), HOUR, wall("2027-03-28 01:30")),
        (wall("2027-03-28 09:00"), HOUR, wall("2027-03-28 08:00")),
        (wall("2027-03-28 09:00"), DAY, wall("2027-03-27 08:00")),
        (wall("2027-03-29 09:00"), DAY, wall("2027-03-28 09:00")),
        # Autumn: three o'clock is two o'clock once more.
        (wall("2027-10-31 03:30"), HOUR, later("2027-10-31 02:30")),
        (later("2027-10-31 02:30"), HOUR, wall("2027-10-31 02:30")),
        (wall("2027-10-31 09:00"), DAY, wall("2027-10-30 10:00")),
        (wall("2027-11-01 09:00"), DAY, wall("2027-10-31 09:00")),
    ],
)
def test_a_lead_is_elapsed_time(start, lead, due):
    moments = moments_before(start, Habits(leads=(lead,), day_before_at=None, quiet=None))
    assert list(moments.values()) == [due.astimezone(UTC)]


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2027-03-01 09:00", "2027-02-28 17:00"),
        ("2027-03-01 00:00", "2027-02-28 17:00"),
        ("2027-03-28 09:00", "2027-03-27 17:00"),
        ("2027-03-29 09:00", "2027-03-28 17:00"),
        ("2027-10-31 09:00", "2027-10-30 17:00"),
        ("2027-11-01 09:00", "2027-10-31 17:00"),
    ],
)
def test_the_day_before_at_five_is_five_on_the_wall(start, due):
    moments = moments_before(wall(start), Habits(leads=(), day_before_at=time(17), quiet=None))
    assert moments == {"day-before": wall(due)}


def test_the_day_before_in_the_hour_that_is_skipped_is_told_after_it():
    moments = moments_before(wall("2027-03-29 09:00"), Habits(leads=(), day_before_at=time(2, 30), quiet=None))
    assert moments == {"day-before": wall("2027-03-28 03:30")}


@pytest.mark.parametrize(
    ("moment", "quiet", "before", "told"),
    [
        ("2027-03-02 08:00", NIGHT, "2027-03-02 09:00", "2027-03-02 08:00"),
        ("2027-03-02 07:00", NIGHT, "2027-03-02 08:00", "2027-03-02 07:00"),
        ("2027-03-02 06:30", NIGHT, "2027-03-02 07:30", "2027-03-02 07:00"),
        ("2027-03-01 22:00", NIGHT, "2027-03-02 09:00", "2027-03-02 07:00"),
        ("2027-03-01 23:59", NIGHT, "2027-03-02 09:00", "2027-03-02 07:00"),
        # Too late at the end of the night: before it then.
        ("2027-03-02 06:00", NIGHT, "2027-03-02 07:00", "2027-03-01 21:45"),
        ("2027-03-02 05:30", NIGHT, "2027-03-02 06:30", "2027-03-01 21:45"),
        ("2027-03-01 22:30", NIGHT, "2027-03-01 23:30", "2027-03-01 21:45"),
        # Quiet at noon.
        ("2027-03-02 12:30", LUNCH, "2027-03-02 13:30", "2027-03-02 13:00"),
        ("2027-03-02 12:00", LUNCH, "2027-03-02 12:45", "2027-03-02 11:45"),
        ("2027-03-02 13:00", LUNCH, "2027-03-02 14:00", "2027-03-02 13:00"),
        ("2027-03-02 03:00", None, "2027-03-02 04:00", "2027-03-02 03:00"),
        # Nights in which the clocks change.
        ("2027-03-27 23:00", NIGHT, "2027-03-28 09:00", "2027-03-28 07:00"),
        ("2027-03-28 04:00", NIGHT, "2027-03-28 05:00", "2027-03-27 21:45"),
        ("2027-10-30 23:00", NIGHT, "2027-10-31 09:00", "2027-10-31 07:00"),
        ("2027-10-31 02:30", NIGHT, "2027-10-31 03:00", "2027-10-30 21:45"),
    ],
)
def test_in_quiet_hours_it_waits_for_their_end_or_comes_before_them(moment, quiet, before, told):
    assert out_of_quiet(wall(moment), quiet, before=wall(before).astimezone(UTC)) == wall(told)


def make_booking(**fields) -> Booking:
    return Booking(pk=1, booker_id=BOOKER, **fields)


def make_reservation(start: str, end: str, *, type_id: int = 1, term: timedelta = DAY) -> Reservation:
    made_of = EquipmentType(pk=type_id, free_cancellation_term=term)
    period = DateTimeTZRange(wall(start).astimezone(UTC), wall(end).astimezone(UTC))
    return Reservation(equipment=Equipment(type=made_of), period=period)


def planned(reservations, *, booking=None, known=None, kind="reminder") -> list[tuple[int, datetime]]:
    """(whom, when), in order."""
    notifications = reminders_of(booking or make_booking(), reservations, known or KnownHabits())
    return sorted((n.recipient_id, n.due_at) for n in notifications if n.kind == kind)


def test_one_day_is_told_once_however_many_machines_and_starts_it_has():
    four = [make_reservation("2027-03-02 09:00", "2027-03-02 11:00") for _machine in range(4)]
    after = make_reservation("2027-03-02 13:00", "2027-03-02 15:00")
    assert planned([after, *four]) == [(BOOKER, wall("2027-03-01 17:00")), (BOOKER, wall("2027-03-02 08:00"))]


def test_every_week_of_a_class_is_told_to_teacher_and_supervisor():
    weeks = [make_reservation(f"2027-03-{day} 09:00", f"2027-03-{day} 11:00") for day in ("02", "09")]
    told = planned(weeks, booking=make_booking(supervisor_id=SUPERVISOR))
    moments = [wall(f"2027-03-{text}") for text in ("01 17:00", "02 08:00", "08 17:00", "09 08:00")]
    assert told == [(person, moment) for person in (BOOKER, SUPERVISOR) for moment in moments]


def test_one_day_is_that_of_amsterdam():
    late = make_reservation("2027-03-02 23:30", "2027-03-03 00:15")
    early = make_reservation("2027-03-03 00:30", "2027-03-03 01:30")
    assert len(planned([late, early])) == 4


def test_leads_that_come_to_the_same_moment_are_one_message():
    habits = Habits(leads=(HOUR, 2 * HOUR), day_before_at=None)
    known = KnownHabits(of_people={BOOKER: habits})
    early = make_reservation("2027-03-02 07:30", "2027-03-02 09:00")
    assert planned([early], known=known) == [(BOOKER, wall("2027-03-02 07:00"))]


def test_ones_own_leads_count_before_those_of_the_type_and_those_before_the_defaults():
    run = make_reservation("2027-03-08 09:00", "2027-03-10 09:00", type_id=5)
    of_types = {5: Habits(leads=(3 * DAY,), day_before_at=None)}
    assert planned([run], known=KnownHabits({}, of_types)) == [(BOOKER, wall("2027-03-05 09:00"))]
    own = {BOOKER: Habits(leads=(), day_before_at=time(12))}
    assert planned([run], known=KnownHabits(own, of_types)) == [(BOOKER, wall("2027-03-07 12:00"))]
    assert len(planned([run], known=KnownHabits({}, {6: of_types[5]}))) == 2


def test_who_booked_hears_a_day_before_free_cancellation_ends():
    day = [
        make_reservation("2027-03-10 11:00", "2027-03-10 12:00", term=2 * DAY),
        make_reservation("2027-03-10 09:00", "2027-03-10 10:00", term=timedelta(0)),
    ]
    told = planned(day, booking=make_booking(supervisor_id=SUPERVISOR), kind="free_until")
    assert told == [(BOOKER, wall("2027-03-07 11:00"))]
    assert planned(day[1:], kind="free_until") == []


@pytest.mark.parametrize(
    ("start", "end", "due"),
    [
        ("2027-03-02 09:00", "2027-03-02 11:00", ["2027-03-02 10:45"]),
        ("2027-03-02 09:00", "2027-03-02 09:15", []),  # it has only just begun
        ("2027-03-02 09:00", "2027-03-03 03:00", []),  # nobody is woken
        ("2027-10-31 01:00", "2027-10-31 08:00", ["2027-10-31 07:45"]),
    ],
)
def test_before_the_end_it_is_told_once_by_day(start, end, due):
    two = [make_reservation(start, end) for _machine in range(2)]
    assert planned(two, kind="ending") == [(BOOKER, wall(moment)) for moment in due]


def test_no_reminder_is_due_when_what_it_tells_of_has_begun():
    for hour in range(24):
        start = f"2027-03-28 {hour:02}:30" if hour != 2 else "2027-03-29 02:30"
        end = wall(start) + 5 * HOUR
        for notification in reminders_of(
            make_booking(), [make_reservation(start, f"{end:%Y-%m-%d %H:%M}")], KnownHabits()
        ):
            assert notification.due_at < notification.expires_at, (start, notification.kind)
