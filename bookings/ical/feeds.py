"""What a followed calendar holds: the entries its owner may see, and of others only that a machine is occupied."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Aggregate, Q
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from bookings.ical.entries import described, entry_of, new_entry
from bookings.ical.lines import Lines, calendar_file, text
from bookings.models import HOLDING_STATES, SHOWN_STATES, CalendarFeed, FeedOf, Reservation, ReservationState
from core.clock import ZONE
from core.fields import DateTimeMultiRangeField
from core.periods import Period, without
from equipment.models import Equipment

# A school year of what was, and whatever can be booked: calendars are expanded no further, so no horizon is longer.
BACK, AHEAD = timedelta(days=365), settings.CALENDARS_EXPANDED_AHEAD
READ_AGAIN = ["REFRESH-INTERVAL;VALUE=DURATION:PT30M", "X-PUBLISHED-TTL:PT30M"]


def read_feed(feed: CalendarFeed, *, now: datetime) -> tuple[bytes, datetime]:
    """The file, the same byte for byte until what it tells changes, and when it changed last as far as anybody saw.
    At most six statements, however much it holds."""
    today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    window = TimestamptzRange(today - BACK, today + AHEAD)
    own = list(described(_own(feed, window)))
    entries = [
        *(entry_of(reservation, stamp=reservation.changed_at) for reservation in own),
        *_occupied_by_others(feed, own, window, today),
    ]
    # Who follows a machine or an organisation is free at those times.
    busy = [] if feed.of == FeedOf.MINE else ["TRANSP:TRANSPARENT"]
    head = ["METHOD:PUBLISH", f"X-WR-CALNAME:{text(f'BIC Atrium: {feed}')}", *READ_AGAIN]
    content = calendar_file(head, ([*entry, *busy] for entry in entries))
    return content, _changed_at(feed, content, now)


def _own(feed: CalendarFeed, window: TimestamptzRange):
    """What the owner may see, in order of time."""
    seen = Reservation.objects.visible_to(feed.owner).filter(state__in=SHOWN_STATES, period__overlap=window)
    mine = Q(booking__booker=feed.owner) | Q(booking__supervisor=feed.owner)
    of = {
        FeedOf.MINE: mine,
        FeedOf.ORGANISATION: Q(booking__organisation=feed.organisation),
        FeedOf.MACHINE: Q(equipment=feed.equipment),
        FeedOf.FLOOR: Q(),
    }
    return seen.filter(of[FeedOf(feed.of)]).order_by("period", "pk")


def _occupied_by_others(
    feed: CalendarFeed, own: list[Reservation], window: TimestamptzRange, today: datetime
) -> Iterator[Lines]:
    """Neither who nor why, nor where one booking ends and the next begins. Who left early gave the rest of the time
    free: of today and later only what still holds is told."""
    if feed.of not in (FeedOf.MACHINE, FeedOf.FLOOR):
        return
    machines = Equipment.objects.in_service().select_related("fieldlab").order_by("code")
    if feed.of == FeedOf.MACHINE:
        machines = machines.filter(pk=feed.equipment_id)
    others = Reservation.objects.filter(equipment__in=list(machines), occupied__overlap=window)
    others = others.filter(
        Q(state__in=HOLDING_STATES) | Q(state=ReservationState.COMPLETED, period__endswith__lte=today)
    ).exclude(pk__in=_own(feed, window).order_by().values("pk"))
    stretches = Aggregate("occupied", function="range_agg", output_field=DateTimeMultiRangeField())
    occupied = dict(others.order_by().values_list("equipment").annotate(stretches=stretches))
    theirs: dict[int, list[Period]] = defaultdict(list)
    for reservation in own:
        if reservation.holds:
            theirs[reservation.equipment_id].append(Period(reservation.occupied.lower, reservation.occupied.upper))
    for machine in machines:
        for period in without(occupied.get(machine.pk, []), theirs[machine.pk]):
            yield _occupied(machine, period, feed)


def _occupied(machine: Equipment, period: Period, feed: CalendarFeed) -> Lines:
    """A stretch that changes is another entry, so an entry never does; when others booked is not told."""
    name = f"occupied-{machine.pk}-{period.start:%Y%m%dT%H%MZ}-{period.end:%Y%m%dT%H%MZ}"
    return [
        *new_entry(name, start=period.start, end=period.end, stamp=feed.created_at),
        f"SUMMARY:{machine.code} {text(_('occupied'))}",
        f"LOCATION:{text(f'{machine.code}, {machine.fieldlab}')}",
    ]


def _changed_at(feed: CalendarFeed, content: bytes, now: datetime) -> datetime:
    """Keeps what was read, so that the next reader hears whether it changed since."""
    digest = hashlib.sha256(content).hexdigest()
    changed = feed.changed_at if digest == feed.content_digest else now.replace(microsecond=0)
    today = now.astimezone(ZONE).date()
    if changed != feed.changed_at or feed.last_read_on != today or digest != feed.content_digest:
        CalendarFeed.objects.filter(pk=feed.pk).update(content_digest=digest, changed_at=changed, last_read_on=today)
    return changed
