"""Keeping the spans of a calendar the same as what its events say."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from schedule.models import Calendar, Event

from core.periods import Period
from equipment.availability.expansion import periods_of_event, united
from equipment.availability.watching import Hit, ask_previewers, notify_watchers
from equipment.models import CalendarSpan, Equipment

logger = logging.getLogger(__name__)
PATTERNS = "patterns-of-bookings"  # the calendar of `keep_pattern`: nothing is open by it

Result = TypeVar("Result")


@dataclass
class _Changes:
    """What one transaction changed so far, and, once rebuilt, the machines it was told about."""

    now: datetime
    calendar_ids: set[int] = field(default_factory=set)
    equipment_ids: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)


_collecting: ContextVar[_Changes | None] = ContextVar("collecting", default=None)


@contextmanager
def rebuilding_once(*, now: datetime) -> Iterator[_Changes]:
    """One transaction in which changed calendars are rebuilt together, at its end.

    Whoever changes more than one calendar in a transaction does it inside this: machines are then locked in
    id order, as every booking does. Within another one it adds to that, at its `now`.
    """
    outer = _collecting.get()
    if outer is not None:
        yield outer
        return
    with transaction.atomic():
        changes = _Changes(now)
        token = _collecting.set(changes)
        try:
            yield changes
        finally:
            _collecting.reset(token)
        _settle(changes)


def calendars_changed(calendar_ids: Iterable[int], *, now: datetime) -> None:
    """Events of these calendars changed: rebuild their spans, now or at the end of `rebuilding_once`."""
    with rebuilding_once(now=now) as changes:
        changes.calendar_ids.update(calendar_ids)


def equipment_changed(equipment_ids: Iterable[int], *, now: datetime) -> None:
    """These machines got other calendars: tell the watchers, now or at the end of `rebuilding_once`."""
    with rebuilding_once(now=now) as changes:
        changes.equipment_ids.update(equipment_ids)


def rebuild_spans(calendar_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Make the spans of these calendars what their events say, up to `CALENDARS_EXPANDED_AHEAD` after `now`.

    One transaction and a constant number of statements: locks the machines that use them, in id order, so
    that no booking slips in between; writes only the rows that differ; tells the watchers. Returns the ids of
    the machines whose open time changed. Raises ValidationError where a recurrence cannot be read.
    """
    with transaction.atomic():
        return _settle(_Changes(now, calendar_ids=set(calendar_ids)))


def _settle(changes: _Changes) -> set[int]:
    if not changes.calendar_ids and not changes.equipment_ids:
        return set()
    _lock(changes)
    differing = _rewrite(changes.calendar_ids, now=changes.now)
    changes.told = set(changes.equipment_ids)
    if differing:
        changes.told |= set(Equipment.objects.using_calendars(differing).values_list("pk", flat=True))
    notify_watchers(changes.told, now=changes.now)
    return changes.told


def _lock(changes: _Changes) -> None:
    """Machines first, as bookings do; then the calendars, as one without machines has two writers as well."""
    using = Equipment.objects.using_calendars(changes.calendar_ids).values("pk")
    machines = Equipment.objects.filter(Q(pk__in=using) | Q(pk__in=changes.equipment_ids))
    list(machines.locked().values_list("pk"))
    calendars = Calendar.objects.filter(pk__in=changes.calendar_ids)
    list(calendars.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def _rewrite(calendar_ids: set[int], *, now: datetime) -> set[int]:
    """Ids of the calendars whose spans are not what they were."""
    if not calendar_ids:
        return set()
    wanted = _wanted(calendar_ids, until=now + settings.CALENDARS_EXPANDED_AHEAD)
    gone, differing = [], set()
    for span in CalendarSpan.objects.filter(calendar__in=calendar_ids):
        period = Period(span.period.lower.astimezone(UTC), span.period.upper.astimezone(UTC))
        if period in wanted[span.calendar_id]:
            wanted[span.calendar_id].discard(period)
        else:
            gone.append(span.pk)
            differing.add(span.calendar_id)
    new = [
        CalendarSpan(calendar_id=calendar_id, period=DateTimeTZRange(*period))
        for calendar_id, periods in wanted.items()
        for period in sorted(periods)
    ]
    if gone:
        CalendarSpan.objects.filter(pk__in=gone).delete()
    CalendarSpan.objects.bulk_create(new)
    return differing | {span.calendar_id for span in new}


def _wanted(calendar_ids: set[int], *, until: datetime) -> dict[int, set[Period]]:
    events = (
        Event.objects.filter(calendar__in=calendar_ids)
        .select_related("rule")
        .prefetch_related("occurrence_set")
        .order_by("pk")
    )
    found: dict[int, list[Period]] = defaultdict(list)
    for event in events:
        found[event.calendar_id] += periods_of_event(event, until=until)
    return defaultdict(set, {calendar_id: set(united(periods)) for calendar_id, periods in found.items()})


def roll_forward(*, now: datetime) -> int:
    """Expand every calendar up to its new horizon, each in a transaction of its own; how many machines
    changed.

    A calendar that cannot be read, or whose machines stay locked, is logged and left for the next night.
    """
    changed: set[int] = set()
    for calendar in Calendar.objects.exclude(slug=PATTERNS).order_by("pk"):
        try:
            changed |= rebuild_spans([calendar.pk], now=now)
        except (ValidationError, OperationalError):
            logger.exception("Calendar %s (%s) could not be rolled forward", calendar.pk, calendar)
    return len(changed)


def change_unless_hit(change: Callable[[], Result], *, now: datetime) -> tuple[Result, list[Hit]]:
    """Make a change in one transaction, unless it hits something: then undo it and say what it would hit.

    Returns what `change` returned and the hits; the change was kept where there are none.
    """
    return _try(change, now=now, keep=True)


def what_if(change: Callable[[], object], *, now: datetime) -> list[Hit]:
    """What a change would hit; it is made and undone again."""
    return _try(change, now=now, keep=False)[1]


def _try(change: Callable[[], Result], *, now: datetime, keep: bool) -> tuple[Result, list[Hit]]:
    with transaction.atomic():
        with rebuilding_once(now=now) as changes:
            result = change()
        hits = ask_previewers(changes.told, now=now)
        if hits or not keep:
            transaction.set_rollback(True)
    return result, hits
