"""What a calendar's events come to: periods of real time, out of wall-clock recurrence.

django-scheduler keeps the events; its own expansion shifts, shortens or loses some of them, so here only its
recurrence rule is asked for the dates, and the hours are laid on the wall clock of each date.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from dateutil.rrule import rrule
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from schedule.models import Event, Occurrence

from core.clock import instant, wall
from core.periods import Period
from equipment.availability.recurrence import UnboundedRule, moments_of

# A machine open every hour for ten years fits; a rule that fires every minute does not.
MOST_OCCURRENCES = 100_000
LONGEST_RECURRENCE = timedelta(days=36_525)  # from its start to where it ends, or to where calendars are expanded


def starts_of(event: Event, *, until: datetime) -> list[datetime]:
    """Naive wall-clock starts of an event that lie before `until`, moved and cancelled ones as first planned.

    The event comes with its rule. A recurrence ends before `end_recurring_period`: nothing starts at that
    moment. Raises ValidationError where its rule cannot be read, began too long ago, or fires too often to be anyone's
    opening hours.
    """
    if event.rule is None:
        return [wall(event.start)] if event.start < until else []
    ends = min(until, event.end_recurring_period) if event.end_recurring_period else until
    if ends - event.start > LONGEST_RECURRENCE:
        raise ValidationError(_("“%(event)s” began too long ago for a calendar.") % {"event": event.title})
    try:
        # As it stands: the library would narrow a rule's weekdays or month days to that of the start.
        rule = rrule(event.rule.rrule_frequency(), dtstart=wall(event.start), **event.rule.get_params())
        found = list(islice(moments_of(rule, start=wall(event.start), before=wall(ends)), MOST_OCCURRENCES + 1))
    except UnboundedRule:
        message = _("The recurrence “%(rule)s” cannot be read: it must repeat by day, week, month or year.")
        raise ValidationError(message % {"rule": event.rule.name}) from None
    except (KeyError, TypeError, ValueError) as error:
        raise ValidationError(
            _("The recurrence “%(rule)s” cannot be read: %(error)s") % {"rule": event.rule.name, "error": error}
        ) from error
    if len(found) > MOST_OCCURRENCES:
        raise ValidationError(_("“%(event)s” repeats too often for a calendar.") % {"event": event.title})
    return found


def periods_of_event(event: Event, *, until: datetime) -> Iterator[Period]:
    """The periods of an event that start before `until`, in UTC, in no order; they may overlap.

    The event comes with its rule and its `occurrence_set` prefetched. The end is on the wall clock too: 22:00
    to 06:00 is that also in the night of a clock change. A kept occurrence stands for the start it was made
    from.
    """
    lasts = wall(event.end) - wall(event.start)
    kept = list(event.occurrence_set.all())
    if event.rule is None and not kept:
        if event.start < min(until, event.end):
            yield Period(event.start.astimezone(UTC), event.end.astimezone(UTC))
        return
    look_until = max([until, *(occurrence.original_start + timedelta(seconds=1) for occurrence in kept)])
    starts = starts_of(event, until=look_until)
    replaced = match(kept, starts)
    for start in starts:
        occurrence = replaced.get(start)
        if occurrence is None:
            period = Period(instant(start), instant(start + lasts))
        elif occurrence.cancelled:
            continue
        else:
            period = Period(occurrence.start.astimezone(UTC), occurrence.end.astimezone(UTC))
        if period.start < min(until, period.end):
            yield period


def match(kept: Iterable[Occurrence], starts: Iterable[datetime]) -> dict[datetime, Occurrence]:
    """Which kept occurrence replaces which start (naive wall clock).

    By the moment it was made from, else by its day: so a cancelled Monday stays cancelled when the hours of
    all Mondays change. One whose day the event no longer has stands for nothing.
    """
    starts = list(starts)
    by_moment = {instant(start): start for start in starts}
    replaced: dict[datetime, Occurrence] = {}
    strays = []
    for occurrence in kept:
        start = by_moment.get(occurrence.original_start)
        if start is None:
            strays.append(occurrence)
        else:
            replaced[start] = occurrence
    by_day = {start.date(): start for start in starts if start not in replaced} if strays else {}
    for occurrence in strays:
        start = by_day.get(wall(occurrence.original_start).date())
        if start is not None:
            replaced.setdefault(start, occurrence)
    return replaced


def united(periods: Iterable[Period]) -> list[Period]:
    """In order, with those that overlap or touch made one."""
    joined: list[Period] = []
    for period in sorted(periods):
        if joined and period.start <= joined[-1].end:
            joined[-1] = Period(joined[-1].start, max(joined[-1].end, period.end))
        else:
            joined.append(period)
    return joined
