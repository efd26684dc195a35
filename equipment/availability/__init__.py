"""When equipment can be had: opening hours, closures and outages, kept as django-scheduler calendars.

The one door to django-scheduler; other apps import from here. `hours` makes calendars and what stands in
them, `expansion` says what that comes to, `spans` keeps it as rows in the transaction that changes it,
`open_periods` computes open time from those rows, `watching` tells who depends on it.
"""

from schedule.models import Calendar, Event, Occurrence, Rule

from equipment.availability.hours import (
    add_outage,
    cancel_day,
    closed_days,
    keep_pattern,
    move_day,
    new_calendar,
    occurrence_on,
    one_off,
    outages_of,
    weekly_hours,
)
from equipment.availability.open_periods import OPEN_TIME, OpenTime, open_time
from equipment.availability.recurrence import moments_of
from equipment.availability.spans import (
    calendars_changed,
    change_unless_hit,
    equipment_changed,
    rebuild_spans,
    rebuilding_once,
    roll_forward,
    what_if,
)
from equipment.availability.watching import Hit, watch, watch_preview

__all__ = [
    "OPEN_TIME",
    "Calendar",
    "Event",
    "Hit",
    "Occurrence",
    "OpenTime",
    "Rule",
    "add_outage",
    "calendars_changed",
    "cancel_day",
    "change_unless_hit",
    "closed_days",
    "equipment_changed",
    "keep_pattern",
    "moments_of",
    "move_day",
    "new_calendar",
    "occurrence_on",
    "one_off",
    "open_time",
    "outages_of",
    "rebuild_spans",
    "rebuilding_once",
    "roll_forward",
    "watch",
    "watch_preview",
    "weekly_hours",
    "what_if",
]
