"""From the demo's story to bookings, each made through the service at the moment it would have been made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.db.models import Case, F, When

from bookings.models import Purpose, Reservation, ReservationState
from bookings.scheduling.placement import RequestedSlot
from bookings.scheduling.recurrence import Repeat
from bookings.services import Outcome, book, cancel
from core.clock import ZONE
from core.refusals import Refusal, Refused
from demo.story import Habit, Lesson, OneOff, PlannedOutage, Story, working_days
from equipment.availability import add_outage
from equipment.models import Equipment, EquipmentType
from floor.services import approve
from notifications.models import Notification
from organisations.models import Organisation, User

WEEKS_EITHER_SIDE = 4
MANAGER = "manager@example.org"
CANCELLED_SHARE = 0.05
DAYS_TRIED = 15
UNREAD_FOR = timedelta(days=2)
# What life gives; any other refusal would be a mistake in the story.
LIFE = {"clash", "no_unit_free", "outside_opening_hours", "during_outage", "no_operator", "over_quota", "too_many_open"}


@dataclass(frozen=True)
class Asked:
    """One booking as somebody would ask for it at `made`."""

    made: datetime
    person: str
    organisation: str
    purpose: str
    title: str
    requested_slots: tuple[RequestedSlot, ...]
    people: int | None = None
    supervisor: str = ""
    repeat: Repeat | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Cast:
    people: dict[str, User]
    organisations: dict[str, Organisation]
    types: dict[str, EquipmentType]
    purposes: dict[str, Purpose]


def tell(
    story: Story,
    *,
    people: dict[str, User],
    organisations: dict[str, Organisation],
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Four weeks of bookings on either side of `now`; how many reservations that gave.

    The same on every run within one week: chance comes from that week's Monday.
    """
    cast = Cast(
        people,
        organisations,
        {t.slug: t for t in EquipmentType.objects.all()},
        {p.code: p for p in Purpose.objects.prefetch_related("rulings")},
    )
    today = now.astimezone(ZONE).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS_EITHER_SIDE)
    last = monday + timedelta(weeks=WEEKS_EITHER_SIDE, days=6)
    days = working_days(first, last)
    chance = Random(monday.isoformat())
    asked = [_lesson(lesson, first, cast, chance) for lesson in story.lessons]
    asked += [one for habit in story.habits for one in _habit(habit, days, cast, now, chance)]
    asked.sort(key=lambda one: one.made)
    _add_outages(story.outages, today, now)
    before = Reservation.objects.count()
    for number, one in enumerate(asked, 1):
        _book(one, cast, now)
        progress(number, len(asked))
    for one_off in sorted(story.one_offs, key=lambda one: -one.hours_ago):
        _book_on_the_first_day_possible(one_off, cast, today, now)
    return Reservation.objects.count() - before


def take_as_told(*, now: datetime) -> None:
    """The notifications of the story's past, as if they had been sent and all but the last days' been read."""
    past = Notification.objects.waiting().filter(due_at__lte=now)
    read = Case(When(due_at__lte=now - UNREAD_FOR, then=F("due_at")))
    past.update(sent_at=F("due_at"), by_mail=False, read_at=read)


def _lesson(lesson: Lesson, first: date, cast: Cast, chance: Random) -> Asked:
    day = first + timedelta(days=lesson.weekday)
    requested_slots = tuple(
        RequestedSlot(_at(day, lesson.starts), _at(day, lesson.ends), equipment_type=cast.types[slug], units=units)
        for slug, units in lesson.machines.items()
    )
    return Asked(
        made=_at(first - timedelta(days=chance.randint(14, 40)), time(16, chance.randint(0, 59))),
        person=lesson.person,
        organisation=lesson.organisation,
        purpose=lesson.purpose,
        title=lesson.title,
        requested_slots=requested_slots,
        people=lesson.people,
        supervisor=lesson.supervisor,
        repeat=Repeat(f"FREQ=WEEKLY;COUNT={lesson.weeks}", skip_closures=True),
    )


def _habit(habit: Habit, days: list[date], cast: Cast, now: datetime, chance: Random) -> list[Asked]:
    asked = []
    for day in days:
        if chance.random() >= habit.chance:
            continue
        start = _at(day, time(chance.choice(habit.starts), chance.choice((0, 0, 30))))
        made = _at(day - timedelta(days=chance.randint(*habit.days_ahead)), time(chance.randint(8, 17), 11))
        # What lies further ahead than people book was booked in the last days: nobody books in the future.
        made = min(made, now - timedelta(minutes=chance.randint(10, 4000)))
        requested_slot = RequestedSlot(
            start,
            start + timedelta(hours=chance.choice(habit.hours)),
            equipment_type=cast.types[chance.choice(habit.types)],
        )
        cancelled, title = chance.random() < CANCELLED_SHARE, chance.choice(habit.titles)
        if made < start - requested_slot.equipment_type.type_policy.notice_period:
            asked.append(
                Asked(
                    made, habit.person, habit.organisation, habit.purpose, title, (requested_slot,), cancelled=cancelled
                )
            )
    return asked


def _book(asked: Asked, cast: Cast, now: datetime) -> Outcome | None:
    """What was booked, and decided or cancelled since; None where life came between."""
    try:
        outcome = book(
            booker=cast.people[asked.person],
            organisation=cast.organisations[asked.organisation],
            purpose=cast.purposes[asked.purpose],
            requested_slots=asked.requested_slots,
            now=asked.made,
            title=asked.title,
            people=asked.people,
            supervisor=cast.people[asked.supervisor] if asked.supervisor else None,
            repeat=asked.repeat,
            on_refusal="skip" if asked.repeat else "refuse",
        )
        _must_be_life(outcome.skipped, asked)
    except Refused as refused:
        _must_be_life(refused.refusals, asked)
        return None
    for reservation in outcome.reservations:
        if reservation.state == ReservationState.REQUESTED:
            _decide(reservation, asked, cast, now)
    if asked.cancelled:
        _cancel(outcome.reservations[0], asked, cast, now)
    return outcome


def _book_on_the_first_day_possible(one: OneOff, cast: Cast, today: date, now: datetime) -> None:
    made = now - timedelta(hours=one.hours_ago)
    ahead = working_days(today, today + timedelta(days=60))[one.working_day :]
    for day in ahead[:DAYS_TRIED]:
        start = _at(day, one.starts)
        end = start + timedelta(hours=one.hours)
        requested_slot = RequestedSlot(start, end, equipment_type=cast.types[one.type], finish=one.finish)
        if _book(Asked(made, one.person, one.organisation, one.purpose, one.title, (requested_slot,)), cast, now):
            return


def _decide(reservation: Reservation, asked: Asked, cast: Cast, now: datetime) -> None:
    """The manager says yes the next morning, or just before it starts; the latest requests still wait."""
    morning = _at(asked.made.astimezone(ZONE).date() + timedelta(days=1), time(8, 40))
    decided_at = min(morning, reservation.start - timedelta(minutes=30))
    if asked.made < decided_at < now:
        approve(reservation=reservation, actor=cast.people[MANAGER], now=decided_at)


def _must_be_life(refusals: Iterable[Refusal], asked: Asked) -> None:
    if unlikely := [refusal for refusal in refusals if refusal.code not in LIFE]:
        raise RuntimeError(f"the demo's story breaks a rule: {asked.title}: {unlikely[0].code} {unlikely[0].message}")


def _cancel(reservation: Reservation, asked: Asked, cast: Cast, now: datetime) -> None:
    halfway = asked.made + (min(reservation.start, now) - asked.made) / 2
    cancel(reservation=reservation, actor=cast.people[asked.person], now=halfway)


def _add_outages(outages: list[PlannedOutage], today: date, now: datetime) -> None:
    """Known before anything is booked, so that they displace nobody."""
    around = working_days(today - timedelta(days=20), today + timedelta(days=20))
    here = next(index for index, day in enumerate(around) if day >= today)
    machines = {machine.code: machine for machine in Equipment.objects.all()}
    for outage in outages:
        day = around[here + outage.working_day]
        add_outage(
            machines[outage.equipment],
            start=_at(day, outage.starts),
            end=_at(day, outage.ends),
            title=outage.title,
            now=now,
        )


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZONE)
