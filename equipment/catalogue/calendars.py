"""Bringing the calendars of opening hours and closures in line with a catalogue.

A calendar is known by its slug. What a manager put in it by hand stays: moved and cancelled days, one-off
openings, closed days the file does not name. Weekly hours are the file's alone.
"""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from core.clock import midnight, wall
from equipment.availability import Calendar, Event, closed_days, new_calendar, weekly_hours
from equipment.catalogue.content import ClosedDays, Closures, Hours
from equipment.catalogue.notation import WEEKDAYS, WeeklyHours
from equipment.catalogue.public_holidays import public_holidays
from equipment.catalogue.report import KindReport

HOURS_SLUG, CLOSURES_SLUG = "hours-", "closures-"
YEARS_BACK, YEARS_AHEAD = 1, 3


def bring_hours_in_line(hours: dict[str, Hours], *, now: datetime, report: KindReport) -> dict[str, Calendar]:
    """The calendar of each entry, by its short name."""
    existing = _calendars(HOURS_SLUG)
    report.left_alone += [slug for slug in existing if slug not in hours]
    return {slug: _hours_calendar(slug, wanted, existing.get(slug), now, report) for slug, wanted in hours.items()}


def bring_closures_in_line(closures: dict[str, Closures], *, now: datetime, report: KindReport) -> dict[str, Calendar]:
    """The calendar of each entry, by its short name."""
    existing = _calendars(CLOSURES_SLUG)
    report.left_alone += [slug for slug in existing if slug not in closures]
    return {
        slug: _closures_calendar(slug, wanted, existing.get(slug), now, report) for slug, wanted in closures.items()
    }


def all_closed_days(closures: Closures, *, years: range) -> list[ClosedDays]:
    """The days of the file, and of each of these years those that come back."""
    days = list(closures.days)
    for name, yearly in closures.every_year:
        days += [ClosedDays(name, *yearly.in_year(year)) for year in years]
    chosen = set(closures.public_holidays)
    return days + [ClosedDays(name, day, day) for day, name in public_holidays(years) if name in chosen]


def _calendars(prefix: str) -> dict[str, Calendar]:
    found = Calendar.objects.filter(slug__startswith=prefix).order_by("slug")
    return {calendar.slug.removeprefix(prefix): calendar for calendar in found}


def _rename(calendar: Calendar, name: str) -> list[str]:
    if calendar.name == name:
        return []
    told = _("name: %(old)s → %(new)s") % {"old": calendar.name, "new": name}
    calendar.name = name
    calendar.save(update_fields=["name"])
    return [told]


# ---- Weekly hours -------------------------------------------------------------------------------------------


def _hours_calendar(slug: str, wanted: Hours, calendar: Calendar | None, now: datetime, report: KindReport) -> Calendar:
    today = wall(now).date()
    if calendar is None:
        calendar = new_calendar(wanted.name, slug=HOURS_SLUG + slug)
        for weekly in wanted.weekly:
            _open(calendar, weekly, since=date(today.year - YEARS_BACK, 1, 1), now=now)
        report.added.append(slug)
        return calendar
    changes = _rename(calendar, wanted.name)
    missing = list(wanted.weekly)
    recurring = Event.objects.filter(calendar=calendar, rule__isnull=False).select_related("rule").order_by("pk")
    for event in recurring:
        if event.end_recurring_period is not None and event.end_recurring_period <= midnight(today):
            continue  # hours of the past
        found = _weekly_of(event)
        if found in missing and event.end_recurring_period is None:
            missing.remove(found)
        else:
            changes.append(_("%(hours)s ends today") % {"hours": found or event.title})
            _end_before(event, today)
    for weekly in missing:
        changes.append(_("%(hours)s from today") % {"hours": weekly})
        _open(calendar, weekly, since=today, now=now)
    report.note(slug, changes)
    return calendar


def _open(calendar: Calendar, weekly: WeeklyHours, *, since: date, now: datetime) -> None:
    weekly_hours(calendar, weekdays=weekly.weekdays, opens=weekly.opens, closes=weekly.closes, since=since, now=now)


def _weekly_of(event: Event) -> WeeklyHours | None:
    """The hours an event stands for; None where it recurs in another way."""
    codes = [day.upper() for day in WEEKDAYS]
    name, _colon, days = event.rule.params.partition(":")
    start, end = wall(event.start), wall(event.end)
    if event.rule.frequency != "DAILY" or name != "byweekday" or end - start > timedelta(days=1):
        return None
    if not set(days.split(",")) <= set(codes):
        return None
    return WeeklyHours(tuple(sorted(codes.index(day) for day in days.split(","))), start.time(), end.time())


def _end_before(event: Event, day: date) -> None:
    """Hours that counted stay in the past, where reports look for them."""
    if event.start >= midnight(day):
        event.delete()
    else:
        event.end_recurring_period = midnight(day)
        event.save()


# ---- Closed days --------------------------------------------------------------------------------------------


def _closures_calendar(
    slug: str, wanted: Closures, calendar: Calendar | None, now: datetime, report: KindReport
) -> Calendar:
    this_year = wall(now).year
    days = all_closed_days(wanted, years=range(this_year - YEARS_BACK, this_year + YEARS_AHEAD + 1))
    if calendar is None:
        calendar = new_calendar(wanted.name, slug=CLOSURES_SLUG + slug)
        for closed in days:
            closed_days(calendar, first=closed.first, last=closed.last, title=closed.name, now=now)
        report.added.append(slug)
        return calendar
    changes = _rename(calendar, wanted.name)
    single = Event.objects.filter(calendar=calendar, rule=None)
    existing = {(event.title, wall(event.start).year): event for event in single}
    for closed in days:
        event = existing.pop((closed.name, closed.first.year), None)
        start, end = midnight(closed.first), midnight(closed.last + timedelta(days=1))
        if event is None:
            changes.append(_("%(days)s is new") % {"days": _told(closed)})
            closed_days(calendar, first=closed.first, last=closed.last, title=closed.name, now=now)
        elif (event.start, event.end) != (start, end):
            changes.append(_("%(days)s, was other days") % {"days": _told(closed)})
            event.start, event.end = start, end
            event.save()
    report.note(slug, changes)
    report.left_alone += [f"{slug}: {title} {year}" for (title, year), event in existing.items() if event.end > now]
    return calendar


def _told(closed: ClosedDays) -> str:
    if closed.first == closed.last:
        return f"{closed.name} {closed.first:%Y-%m-%d}"
    return f"{closed.name} {closed.first:%Y-%m-%d} – {closed.last:%Y-%m-%d}"
