"""What a followed calendar holds: the entries its owner may see, and of others only that a machine is occupied."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Event
from psycopg.types.range import TimestamptzRange

from bookings.calendar_entries import entry_of, new_calendar, site_host
from bookings.free_time import machine_times
from bookings.models import SHOWN_STATES, CalendarFeed, FeedOf, Reservation
from bookings.planning import ZONE, merged, without
from equipment.availability import Period
from equipment.models import Equipment

BACK, AHEAD = timedelta(days=30), timedelta(days=180)
READ_AGAIN = timedelta(minutes=30)
# Stands where the moment of the last change comes, which is known once everything else is.
BLANK = datetime(1970, 1, 1, tzinfo=ZONE)


def read_feed(feed: CalendarFeed, *, now: datetime) -> tuple[bytes, datetime]:
    """The file, and when it changed last as far as anybody saw. At most six statements, however much it holds."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = day - BACK, day + AHEAD
    calendar = new_calendar("PUBLISH")
    calendar.add("x-wr-calname", f"BIC Atrium: {feed}")
    calendar.add("refresh-interval", READ_AGAIN)
    calendar.add("x-published-ttl", "PT30M")
    own = list(_own(feed, start, end))
    for reservation in own:
        address = settings.SITE_URL.rstrip("/") + reverse("booking", args=[reservation.booking.reference])
        calendar.add_component(entry_of(reservation, site_host(), address, BLANK))
    for machine, periods in _occupied_by_others(feed, own, start, end):
        for period in periods:
            calendar.add_component(_occupied(machine, period))
    calendar.add_missing_timezones()
    content = calendar.to_ical()
    changed = _changed_at(feed, content, now)
    return content.replace(_stamp(BLANK), _stamp(changed)), changed


def _own(feed: CalendarFeed, start: datetime, end: datetime):
    """What the owner may see, in order of time."""
    seen = Reservation.objects.visible_to(feed.owner).filter(state__in=SHOWN_STATES)
    seen = seen.filter(period__overlap=TimestamptzRange(start, end))
    mine = Q(booking__booker=feed.owner) | Q(booking__supervisor=feed.owner)
    of = {
        FeedOf.MINE: mine,
        FeedOf.ORGANISATION: Q(booking__organisation=feed.organisation),
        FeedOf.MACHINE: Q(equipment=feed.equipment),
        FeedOf.FLOOR: Q(),
    }
    found = seen.filter(of[FeedOf(feed.of)]).order_by("period", "pk")
    return found.select_related("booking__purpose", "equipment__fieldlab")


def _occupied_by_others(
    feed: CalendarFeed, own: list[Reservation], start: datetime, end: datetime
) -> Iterable[tuple[Equipment, list[Period]]]:
    """Neither who nor why, nor where one booking ends and the next begins."""
    if feed.of not in (FeedOf.MACHINE, FeedOf.FLOOR):
        return []
    machines = Equipment.objects.in_service().order_by("code")
    if feed.of == FeedOf.MACHINE:
        machines = machines.filter(pk=feed.equipment_id)
    shown = list(machines.select_related("fieldlab"))
    times = machine_times([(machine.pk, start, end) for machine in shown])
    theirs: dict[int, list[Period]] = defaultdict(list)
    for reservation in own:
        if reservation.holds:
            theirs[reservation.equipment_id].append(Period(reservation.occupied.lower, reservation.occupied.upper))
    return [
        (machine, without(merged(time.taken), theirs[machine.pk])) for machine, time in zip(shown, times, strict=True)
    ]


def _occupied(machine: Equipment, period: Period) -> Event:
    event = Event()
    event.add("uid", f"occupied-{machine.pk}-{period.start:%Y%m%dT%H%M}@{site_host()}")
    event.add("dtstamp", BLANK)
    event.add("dtstart", period.start.astimezone(ZONE))
    event.add("dtend", period.end.astimezone(ZONE))
    event.add("summary", f"{machine.code} {_('occupied')}")
    event.add("location", f"{machine.code}, {machine.fieldlab}")
    return event


def _stamp(moment: datetime) -> bytes:
    event = Event()
    event.add("dtstamp", moment)
    return next(line for line in event.to_ical().splitlines() if line.startswith(b"DTSTAMP"))


def _changed_at(feed: CalendarFeed, content: bytes, now: datetime) -> datetime:
    """Keeps what was read, so that the next reader hears whether it changed since."""
    digest = hashlib.sha256(content).hexdigest()
    changed = feed.changed_at if digest == feed.content_digest else now.replace(microsecond=0)
    today = now.astimezone(ZONE).date()
    if changed != feed.changed_at or feed.last_read_on != today or digest != feed.content_digest:
        CalendarFeed.objects.filter(pk=feed.pk).update(content_digest=digest, changed_at=changed, last_read_on=today)
    return changed
