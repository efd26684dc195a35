"""A recurrence as people mean it: the same wall-clock time on other days. Pure but for the closures it asks about.

The pattern is written as an RRULE of RFC 5545, of which daily and weekly ones with an end are understood:
`FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=14` is every other week (A/B weeks), Mondays and Wednesdays, fourteen times.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import rrulestr
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.scheduling.placement import RequestedSlot
from core.clock import ZONE, instant
from equipment.availability import moments_of
from equipment.models import Equipment

KNOWN_PARTS = {"FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL", "WKST"}
DAY = timedelta(days=1)
LONGEST_PATTERN = timedelta(days=3653)  # ten years; nobody may book that far ahead
BEYOND = gettext_lazy("The calendar does not reach that far.")
WEEKDAYS = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}


class UnreadablePattern(ValueError):
    """The RRULE is not one of those understood; the message says what to write, in the reader's language."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """`rrule` repeats every requested slot; dates on which a machine is closed are left out where `skip_closures` says
    so."""

    rrule: str
    skip_closures: bool = False

    def parts(self) -> dict[str, str]:
        """The parts by name. Raises UnreadablePattern."""
        text = self.rrule.strip().upper().removeprefix("RRULE:")
        try:
            parts = dict(part.split("=", 1) for part in text.split(";") if part)
        except ValueError:
            raise UnreadablePattern(_("Write the pattern as FREQ=WEEKLY;COUNT=14.")) from None
        unknown = sorted(parts.keys() - KNOWN_PARTS)
        if unknown:
            raise UnreadablePattern(_("%(part)s is not understood in a pattern.") % {"part": unknown[0]})
        if parts.get("FREQ") not in {"DAILY", "WEEKLY"}:
            raise UnreadablePattern(_("FREQ must be DAILY or WEEKLY."))
        if ("COUNT" in parts) == ("UNTIL" in parts):
            raise UnreadablePattern(_("Say when it ends, with either COUNT or UNTIL."))
        for name in ("COUNT", "INTERVAL"):
            if not re.fullmatch("0*[1-9][0-9]{0,3}", parts.get(name, "1")):
                raise UnreadablePattern(_("%(part)s is a whole number of at least 1.") % {"part": name})
        if not set(parts.get("BYDAY", "MO").split(",")) <= WEEKDAYS:
            raise UnreadablePattern(_("BYDAY takes MO, TU, WE, TH, FR, SA and SU, with commas between."))
        return parts

    def days(self, first: date) -> list[date]:
        """The dates of the pattern from `first` on, in order; at most one more than a booking may have reservations.

        `first` itself is one of them only where the pattern says so. UNTIL is a date, and included. Raises
        UnreadablePattern, also where it has no dates, or goes on for longer than LONGEST_PATTERN.
        """
        parts = self.parts()
        start = datetime.combine(first, time.min)
        without_end = ";".join(f"{name}={value}" for name, value in parts.items() if name != "UNTIL")
        try:
            reach = start + LONGEST_PATTERN
            last = datetime.strptime(parts["UNTIL"][:8], "%Y%m%d") if "UNTIL" in parts else reach  # noqa: DTZ007
            moments = moments_of(rrulestr(without_end, dtstart=start), start=start, before=min(last, reach) + DAY)
        except OverflowError:
            raise UnreadablePattern(BEYOND) from None
        except ValueError:
            raise UnreadablePattern(_("Write the pattern as FREQ=WEEKLY;COUNT=14.")) from None
        found = [moment.date() for moment in islice(moments, settings.MOST_RESERVATIONS_PER_BOOKING + 1)]
        if not found:
            raise UnreadablePattern(_("This pattern has no dates."))
        if last > reach or len(found) < min(int(parts.get("COUNT", 1)), settings.MOST_RESERVATIONS_PER_BOOKING):
            raise UnreadablePattern(BEYOND)
        return found


def repeated(requested_slots: Sequence[RequestedSlot], repeat: Repeat) -> list[RequestedSlot]:
    """Every requested slot on every date of the pattern, date by date. The pattern begins on the day of the first
    requested slot; the others keep their distance to it in days. Raises UnreadablePattern, also where it makes more
    than one booking may hold."""
    first = min(requested_slot.start for requested_slot in requested_slots).astimezone(ZONE).date()
    days = repeat.days(first)
    most = settings.MOST_RESERVATIONS_PER_BOOKING
    if len(days) * sum(requested_slot.reservations for requested_slot in requested_slots) > most:
        raise UnreadablePattern(_("That makes more than %(most)d reservations. Make it two bookings.") % {"most": most})
    try:
        return [_on(day - first, requested_slot) for day in days for requested_slot in requested_slots]
    except OverflowError:
        raise UnreadablePattern(BEYOND) from None


def _on(distance: timedelta, requested_slot: RequestedSlot) -> RequestedSlot:
    """The requested slot so many days later, at the same time on the wall."""
    if not distance:
        return requested_slot
    return replace(
        requested_slot, start=_later(requested_slot.start, distance), end=_later(requested_slot.end, distance)
    )


def _later(moment: datetime, distance: timedelta) -> datetime:
    return instant(moment.astimezone(ZONE).replace(tzinfo=None) + distance)


CLOSURES_HIT = """
    SELECT asked.number
      FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
           AS asked(number, equipment_id, starts, ends)
     WHERE EXISTS (SELECT FROM equipment_equipment_closures closed
                     JOIN equipment_calendarspan span ON span.calendar_id = closed.calendar_id
                    WHERE closed.equipment_id = asked.equipment_id
                      AND span.period && tstzrange(asked.starts, asked.ends))
"""


def on_closed_days(requested_slots: Sequence[RequestedSlot], *, holidays_id: int | None) -> set[int]:
    """The numbers of the requested slots whose start lies in a closure of the machine (of every machine of the type) or
    in these holidays. At most two statements."""
    types = {
        t.pk for requested_slot in requested_slots if requested_slot.equipment is None for t in requested_slot.types
    }
    machines: dict[int, list[int]] = {}
    for pk, type_id in Equipment.objects.in_service().filter(type__in=types).values_list("pk", "type") if types else ():
        machines.setdefault(type_id, []).append(pk)
    asks = []
    for number, requested_slot in enumerate(requested_slots):
        serving = (
            [requested_slot.equipment.pk]
            if requested_slot.equipment
            else [pk for t in requested_slot.types for pk in machines.get(t.pk, [])]
        )
        asks += [
            (number, pk, requested_slot.start, requested_slot.end)
            for pk in serving
            if requested_slot.start < requested_slot.end
        ]
    if not asks:
        return set()
    numbers = [ask[0] for ask in asks]
    with connection.cursor() as cursor:
        cursor.execute(CLOSURES_HIT, [list(column) for column in zip(*asks, strict=True)])
        hits = [number for (number,) in cursor.fetchall()]
        serving_on = Counter(numbers)
        closed = {number for number, count in Counter(hits).items() if count == serving_on[number]}
        if holidays_id:
            starts = [requested_slot.start for requested_slot in requested_slots]
            cursor.execute(
                "SELECT a.number FROM unnest(%s::int[], %s::timestamptz[]) a(number, starts)"
                " JOIN equipment_calendarspan span ON span.calendar_id = %s AND span.period @> a.starts",
                [list(range(len(requested_slots))), starts, holidays_id],
            )
            closed |= {number for (number,) in cursor.fetchall()}
    return closed


def pattern_params(repeat: Repeat) -> tuple[str, str]:
    """The pattern as django-scheduler's Rule keeps it: frequency and params."""
    parts = repeat.parts()
    names = {"INTERVAL": "interval", "BYDAY": "byweekday", "COUNT": "count", "WKST": "wkst"}
    params = ";".join(f"{names[name]}:{value}" for name, value in sorted(parts.items()) if name in names)
    return parts["FREQ"], params
