"""Making calendars and what stands in them, in the words of a facility manager.

Days are local days and times the wall clock's; first and last days are both included. Each function is one
transaction that ends with the spans rebuilt; wrap several in `rebuilding_once`.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from schedule.models import Calendar, Event, Occurrence, Rule

from core.clock import instant, midnight, wall
from equipment.availability.expansion import match, starts_of
from equipment.availability.spans import PATTERNS, rebuilding_once
from equipment.models import Equipment

MIDNIGHT = time(0)  # as an end: 24:00
WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def new_calendar(name: str, *, slug: str = "") -> Calendar:
    """An empty calendar."""
    return Calendar.objects.create(name=name, slug=free_slug(slug or name))


def free_slug(name: str) -> str:
    """Made from the name, with a number where that is taken."""
    base = slugify(name) or "calendar"
    taken = set(Calendar.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in _numbered(base) if slug not in taken)


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def rule_for(weekdays: Collection[int]) -> Rule:
    """The shared rule "on these days of every week"; 0 is Monday.

    DAILY narrowed to weekdays, since the library narrows WEEKLY once more, to the weekday of the start.
    """
    days = ",".join(WEEKDAY_CODES[day] for day in sorted(set(weekdays)))
    if not days:
        raise ValueError("weekly hours need at least one weekday")
    params = f"byweekday:{days}"
    existing = Rule.objects.filter(frequency="DAILY", params=params).order_by("pk").first()
    return existing or Rule.objects.create(
        name=f"weekly {days}", description=f"Every week on {days}", frequency="DAILY", params=params
    )


def hours_on(day: date, opens: time, closes: time) -> tuple[datetime, datetime]:
    """Start and end of hours that begin on a day; closing at or before opening is on the next day."""
    last = day if closes > opens else day + timedelta(days=1)
    return instant(datetime.combine(day, opens)), instant(datetime.combine(last, closes))


def first_day_on(weekdays: Collection[int], *, since: date) -> date:
    """The first day from `since`, itself included, that is one of these weekdays."""
    return next(day for day in (since + timedelta(days=n) for n in range(7)) if day.weekday() in weekdays)


def weekly_hours(
    calendar: Calendar,
    *,
    weekdays: Collection[int],
    opens: time,
    closes: time,
    since: date,
    until: date | None = None,
    title: str = "",
    now: datetime,
) -> Event:
    """The same hours on these weekdays of every week (0 is Monday), from `since` up to and including `until`.

    22:00 to 06:00 runs into the next morning; closing at 00:00 is at 24:00. Raises ValueError where no such
    weekday lies between the two dates.
    """
    with rebuilding_once(now=now):
        rule = rule_for(weekdays)
        start, end = hours_on(first_day_on(weekdays, since=since), opens, closes)
        ends = None if until is None else midnight(until + timedelta(days=1))
        if ends is not None and start >= ends:
            raise ValueError("none of these weekdays lies between the two dates")
        return Event.objects.create(
            calendar=calendar,
            title=title or _("Open"),
            start=start,
            end=end,
            rule=rule,
            end_recurring_period=ends,
        )


def one_off(calendar: Calendar, *, start: datetime, end: datetime, title: str = "", now: datetime) -> Event:
    """One stretch, `[start, end)`: an extra opening in opening hours, a closed afternoon in closures."""
    if end <= start:
        raise ValueError("it must end after it starts")
    with rebuilding_once(now=now):
        return Event.objects.create(calendar=calendar, title=title or _("Open"), start=start, end=end)


def closed_days(calendar: Calendar, *, first: date, last: date | None = None, title: str, now: datetime) -> Event:
    """Whole local days in a calendar of closures; without `last`, one day."""
    end = midnight((last or first) + timedelta(days=1))
    return one_off(calendar, start=midnight(first), end=end, title=title, now=now)


def outages_of(equipment: Equipment) -> Calendar:
    """The machine's own calendar of outages, made when first needed."""
    if equipment.outages_id:
        return equipment.outages
    with transaction.atomic():
        stored = Equipment.objects.locked().get(pk=equipment.pk)
        if stored.outages_id is None:
            slug = f"outages-{equipment.code.lower()}"
            stored.outages = new_calendar(_("Outages of %(code)s") % {"code": equipment.code}, slug=slug)
            stored.save(update_fields=["outages"])
    equipment.outages = stored.outages
    return stored.outages


def add_outage(
    equipment: Equipment, *, start: datetime, end: datetime, title: str, description: str = "", now: datetime
) -> Event:
    """The machine cannot run in `[start, end)`; the title says why: maintenance, a fault."""
    if end <= start:
        raise ValueError("it must end after it starts")
    with rebuilding_once(now=now):
        return Event.objects.create(
            calendar=outages_of(equipment), title=title, description=description, start=start, end=end
        )


def occurrence_on(event: Event, day: date) -> Occurrence:
    """What the event holds on a local day it starts on: the kept occurrence, or one not yet saved.

    Raises LookupError where it does not start on that day.
    """
    starts = starts_of(event, until=midnight(day + timedelta(days=1)))
    start = next((start for start in starts if start.date() == day), None)
    if start is None:
        raise LookupError(f"{event.title!r} does not start on {day}")
    kept = match(event.occurrence_set.all(), starts).get(start)
    if kept is not None:
        return kept
    # The library compares both moments, and takes the end as elapsed time.
    moment = instant(start)
    end = moment + (event.end - event.start)
    wall_end = instant(start + (wall(event.end) - wall(event.start)))
    return Occurrence(event=event, start=moment, end=wall_end, original_start=moment, original_end=end)


def cancel_day(event: Event, day: date, *, now: datetime) -> Occurrence:
    """Leave out what a recurring event starts on one day. Raises LookupError where there is nothing."""
    with rebuilding_once(now=now):
        occurrence = occurrence_on(event, day)
        occurrence.cancelled = True
        occurrence.save()
        return occurrence


def move_day(event: Event, day: date, *, start: datetime, end: datetime, now: datetime) -> Occurrence:
    """Hold what a recurring event starts on one day at `[start, end)` instead, on that day or another.

    Raises LookupError where there is nothing to move.
    """
    if end <= start:
        raise ValueError("it must end after it starts")
    with rebuilding_once(now=now):
        occurrence = occurrence_on(event, day)
        occurrence.start, occurrence.end, occurrence.cancelled = (
            start.astimezone(UTC),
            end.astimezone(UTC),
            False,
        )
        occurrence.save()
        return occurrence


def edited_calendars():
    """Calendars that people edit, by name: not those of outages, which are with their machines, nor the one that only
    remembers how bookings repeat."""
    return Calendar.objects.filter(equipment_out=None).exclude(slug=PATTERNS).order_by("name")


def keep_pattern(name: str, *, start: datetime, end: datetime, frequency: str, params: str, until: datetime) -> Event:
    """The pattern of a booking that repeats, kept to be read again; nothing is opened or closed by it.

    `frequency` and `params` as django-scheduler's Rule has them; `until` is where the last date ends.
    """
    calendar, _made = Calendar.objects.get_or_create(slug=PATTERNS, defaults={"name": "Patterns of bookings"})
    rule = Rule.objects.filter(frequency=frequency, params=params).order_by("pk").first()
    rule = rule or Rule.objects.create(
        name=f"{frequency.lower()} {params}"[:32], description=params, frequency=frequency, params=params
    )
    event = Event(calendar=calendar, title=name, start=start, end=end, rule=rule, end_recurring_period=until)
    # In bulk, since that goes past the listener: there is nothing to expand.
    return Event.objects.bulk_create([event])[0]
