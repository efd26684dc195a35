"""Which reminders a booking calls for, and when. Pure: reads neither the database nor the clock.

A lead is elapsed time: an hour before is an hour before, also in the night the clocks change. "The day before at
17:00" is 17:00 on the wall. Everything a booking has on one local day is told in one message, counted from the first
start of that day: a class of four machines is one reminder, not four.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from bookings.models import Booking, Reservation
from bookings.notifications.topics import topic_of
from bookings.notifications.types import BookingType, Ending, FreeUntil, Reminder
from core.clock import instant, wall
from notifications.models import Notification

# Planned ahead from when a booking is, and planned anew when that changes.
PLANNED_KINDS = (Reminder.code, FreeUntil.code, Ending.code)

# How long before free cancellation ends: time enough to look at the plans of the week.
FREE_UNTIL_LEAD = timedelta(days=1)
ENDING_LEAD = timedelta(minutes=15)
# What cannot wait for the end of quiet hours comes this long before they begin.
BEFORE_QUIET = timedelta(minutes=15)

Quiet = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Habits:
    """When somebody is reminded. `quiet` are hours of the wall clock, `[from, until)`, mostly across midnight, in
    which nothing is sent that can wait; None: at any hour."""

    leads: tuple[timedelta, ...] = (timedelta(hours=1),)
    day_before_at: time | None = time(17)
    quiet: Quiet | None = (time(22), time(7))


DEFAULT_HABITS = Habits()


@dataclass(frozen=True, slots=True)
class KnownHabits:
    """What people chose, by their id, and what holds for types of machines where people chose nothing."""

    of_people: Mapping[int, Habits] = field(default_factory=dict)
    of_types: Mapping[int, Habits] = field(default_factory=dict)

    def of(self, person_id: int, types: Collection[int]) -> list[Habits]:
        """The person's own; else those of the types, of which each counts; else the defaults."""
        if own := self.of_people.get(person_id):
            return [own]
        return [self.of_types[pk] for pk in sorted(types) if pk in self.of_types] or [DEFAULT_HABITS]

    def quiet_of(self, person_id: int) -> Quiet | None:
        return self.of_people.get(person_id, DEFAULT_HABITS).quiet


def moments_before(start: datetime, habits: Habits) -> dict[str, datetime]:
    """When to remind of what begins at `start`, in UTC, by the name of the lead. Never at or after the start."""
    start = start.astimezone(UTC)
    moments = {f"{lead // timedelta(minutes=1)}m": start - lead for lead in habits.leads}
    if habits.day_before_at is not None:
        day_before = wall(start).date() - timedelta(days=1)
        moments["day-before"] = instant(datetime.combine(day_before, habits.day_before_at))
    return {lead: out_of_quiet(moment, habits.quiet, before=start) for lead, moment in moments.items()}


def out_of_quiet(moment: datetime, quiet: Quiet | None, *, before: datetime) -> datetime:
    """The moment itself; in quiet hours their end, or where that is not `before` it all happens, shortly before they
    begin."""
    if quiet is None or not is_quiet(moment, quiet):
        return moment
    begin, end = quiet
    day, clock = wall(moment).date(), wall(moment).time()
    overnight = begin > end
    ends = instant(datetime.combine(day + timedelta(days=overnight and clock >= begin), end))
    if ends < before:
        return ends
    return instant(datetime.combine(day - timedelta(days=overnight and clock < end), begin)) - BEFORE_QUIET


def is_quiet(moment: datetime, quiet: Quiet) -> bool:
    begin, end = quiet
    clock = wall(moment).time()
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def people_of(booking: Booking) -> list[int]:
    """Whom a booking concerns: who booked it and who supervises it. The ids, each once."""
    return list(dict.fromkeys(pk for pk in (booking.booker_id, booking.supervisor_id) if pk))


def reminders_of(booking: Booking, reservations: Iterable[Reservation], known: KnownHabits) -> list[Notification]:
    """The reminders that these confirmed reservations of the booking call for, unsaved, those of the past as well.

    Reads the type of each machine.
    """
    reservations = sorted(reservations, key=lambda r: r.start)
    return [
        notification
        for day, those in groupby(reservations, key=lambda r: wall(r.start).date())
        for notification in _of_one_day(booking, day, list(those), known)
    ]


def _of_one_day(booking: Booking, day: date, reservations: list[Reservation], known: KnownHabits) -> list[Notification]:
    return [
        *_before_the_start(booking, day, reservations, known),
        *_before_free_cancellation_ends(booking, day, reservations, known),
        *_before_the_end(booking, day, reservations, known),
    ]


def _before_the_start(booking: Booking, day: date, reservations: list[Reservation], known: KnownHabits):
    start = reservations[0].start
    types = {reservation.equipment.type_id for reservation in reservations}
    for person_id in people_of(booking):
        moments: dict[datetime, str] = {}  # of leads that come to the same moment one is enough
        for habits in known.of(person_id, types):
            for lead, moment in moments_before(start, habits).items():
                moments.setdefault(moment, lead)
        for moment, lead in moments.items():
            yield _planned(Reminder, booking, person_id, day, lead, due=moment, until=start)


def _before_free_cancellation_ends(booking: Booking, day: date, reservations: list[Reservation], known: KnownHabits):
    """To who booked, the first term of the day. What can be cancelled free until it starts needs no word."""
    terms = [(r.start, r.equipment.policy.free_cancellation_term) for r in reservations]
    ends = min((start - term for start, term in terms if term), default=None)
    if ends is not None:
        due = out_of_quiet(ends - FREE_UNTIL_LEAD, known.quiet_of(booking.booker_id), before=ends)
        yield _planned(FreeUntil, booking, booking.booker_id, day, "", due=due, until=ends)


def _before_the_end(booking: Booking, day: date, reservations: list[Reservation], known: KnownHabits):
    """One for each moment at which something ends; whether the next one is waiting is seen when it is sent. In quiet
    hours none: earlier it would say nothing, and later it is too late."""
    began: dict[datetime, datetime] = {}
    for reservation in reservations:
        began[reservation.end] = min(reservation.start, began.get(reservation.end, reservation.start))
    for end, start in began.items():
        due = end - ENDING_LEAD
        for person_id in people_of(booking):
            quiet = known.quiet_of(person_id)
            if due > start and not (quiet and is_quiet(due, quiet)):
                yield _planned(Ending, booking, person_id, day, "", due=due, until=end)


def _planned(
    kind: type[BookingType],
    booking: Booking,
    person_id: int,
    day: date,
    lead: str,
    *,
    due: datetime,
    until: datetime,
) -> Notification:
    until = until.astimezone(UTC)
    return Notification(
        kind=kind.code,
        recipient_id=person_id,
        topic=topic_of(booking.pk),
        topic_name=booking.reference,
        key=f"booking/{booking.pk}/{kind.code}/{until:%Y-%m-%dT%H:%M:%SZ}/{lead}".rstrip("/"),
        payload={"ends": until.isoformat()} if kind is Ending else {"day": day.isoformat()},
        due_at=due,
        expires_at=until,
    )
