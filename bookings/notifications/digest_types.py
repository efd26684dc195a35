"""What overviews say: of a whole day, by what holds when they are sent."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.models import (
    Booking,
    Issue,
    Reservation,
    ReservationQuerySet,
    ReservationState,
)
from bookings.quotas.balances import load_balances
from bookings.scheduling.free_time import machine_times
from core.clock import midnight, wall
from core.formatting import day_in_words, hours_in_words, period_in_words
from core.periods import Period
from equipment.certificates.state import ENDS_SOON
from equipment.models import Certificate, Equipment
from notifications.letter import Letter, Line, address_of
from notifications.models import Notification
from notifications.types import Audience, NotificationType, Section, register
from organisations.models import Organisation, Role

# A morning is read to its end: as many as the machines of a busy day, and the names that fit on a line or two.
MOST_LINES = 80
MOST_NAMES = 8


@register
class Morning(NotificationType):
    code, label = "morning", gettext_lazy("overview of the day")
    section, audience = Section.OVERVIEWS, Audience.STAFF

    def compose(self, notification: Notification, *, now: datetime) -> Letter:
        """Today's reservations by machine, and what waits for the reader. A technician decides nothing, and reads only
        what there is to do on the floor."""
        day = date.fromisoformat(notification.payload["day"])
        start, end = midnight(day), midnight(day + timedelta(days=1))
        today = list(
            Reservation.objects.holding()
            .filter(period__overlap=DateTimeTZRange(start, end))
            .select_related("equipment", "booking__organisation")
            .order_by("equipment__code", "period")
        )
        machines = len({r.equipment_id for r in today})
        opening = ngettext("%(count)d reservation today.", "%(count)d reservations today.", len(today))
        if machines > 1:
            opening = _("%(count)d reservations today, on %(machines)d machines.")
        elif not today:
            opening = _("Nothing is reserved today.")
        more = [_out_today(start, end), _certificates_ending(day)]
        if notification.recipient.is_facility_manager:
            more = [_requests_waiting(now), _issues_open(), *more, _given_up_since_the_last(notification)]
        return Letter(
            subject=_("Daily overview, %(day)s") % {"day": date_format(day, "l j F")},
            opening=opening % {"count": len(today), "machines": machines},
            address=address_of("desk"),
            action=_("Open today’s overview"),
            lines=tuple(_line(r, day) for r in today[:MOST_LINES]),
            more=tuple(text for text in more if text),
            left_out=len(today[MOST_LINES:]),
        )


@register
class Week(NotificationType):
    code, label = "week", gettext_lazy("overview of the week")
    section, audience = Section.OVERVIEWS, Audience.LEADERS

    def compose(self, notification: Notification, *, now: datetime) -> Letter | None:
        """What the organisation has booked in the seven days from Monday, what is left of its hours, and how the last
        week went. None where the reader does not lead the organisation any more."""
        organisation = Organisation.objects.filter(
            pk=notification.payload["organisation"],
            memberships__user=notification.recipient_id,
            memberships__role=Role.MANAGER,
        ).first()
        if organisation is None:
            return None
        monday = date.fromisoformat(notification.payload["monday"])
        coming = _of_the_week(organisation, monday).holding().select_related("equipment", "booking__booker")
        ahead = list(coming.order_by("period", "equipment__code"))
        lines = [
            Line(period_in_words(start, end), tuple(r.equipment.code for r in those), note=_title_and_booker(booking))
            for (start, end, _pk, booking), those in _together(ahead)
        ]
        opening = ngettext(
            "%(organisation)s has %(count)d reservation this week.",
            "%(organisation)s has %(count)d reservations this week.",
            len(ahead),
        )
        if not ahead:
            opening = _("%(organisation)s has booked nothing this week.")
        more = [_hours_left(organisation, now), _last_week(organisation, monday - timedelta(days=7))]
        return Letter(
            subject=_("Weekly overview %(organisation)s, week %(week)d")
            % {"week": monday.isocalendar().week, "organisation": organisation},
            opening=opening % {"count": len(ahead), "organisation": organisation},
            address=address_of("organisation", organisation.slug),
            action=_("See organisation"),
            lines=tuple(lines[:MOST_LINES]),
            more=tuple(text for text in more if text),
            left_out=len(lines[MOST_LINES:]),
        )


def _of_the_week(organisation: Organisation, monday: date) -> ReservationQuerySet:
    """What begins in it."""
    days = midnight(monday), midnight(monday + timedelta(days=7))
    return Reservation.objects.filter(
        booking__organisation=organisation, period__startswith__gte=days[0], period__startswith__lt=days[1]
    )


def _together(reservations: Iterable[Reservation]):
    """Those of one booking at one time, as a class on four machines."""

    def time_and_booking(r: Reservation) -> tuple[datetime, datetime, int, Booking]:
        return r.start, r.end, r.booking_id, r.booking

    ordered = sorted(reservations, key=lambda r: time_and_booking(r)[:3])
    return groupby(ordered, key=time_and_booking)


def _title_and_booker(booking: Booking) -> str:
    return ", ".join(part for part in (booking.title, str(booking.booker)) if part)


def _hours_left(organisation: Organisation, now: datetime) -> str:
    said = [
        _("%(quota)s: %(left)s left") % {"quota": one.quota, "left": hours_in_words(one.current.left)}
        for one in load_balances([organisation], now=now)
    ]
    return _("Quota: %(quotas)s.") % {"quotas": _some(said)} if said else ""


def _last_week(organisation: Organisation, monday: date) -> str:
    """Only what is worth a word: what nobody turned up for, and what was cancelled late."""
    last = _of_the_week(organisation, monday)
    missed = last.filter(state=ReservationState.NO_SHOW).count()
    late = last.filter(state=ReservationState.CANCELLED, cancelled_late=True).count()
    said = [
        ngettext("%(count)d no-show", "%(count)d no-shows", missed) % {"count": missed} if missed else "",
        ngettext("%(count)d late cancellation", "%(count)d late cancellations", late) % {"count": late} if late else "",
    ]
    said = [text for text in said if text]
    return _("Last week: %(what)s.") % {"what": "; ".join(said)} if said else ""


def _line(reservation: Reservation, day: date) -> Line:
    booking = reservation.booking
    said = booking.title, "" if reservation.state == ReservationState.CONFIRMED else reservation.get_state_display()
    return Line(
        when=f"{_clock(reservation.start, day)}–{_clock(reservation.end, day)}",
        codes=(reservation.equipment.code,),
        name=str(booking.organisation),
        note=", ".join(part for part in said if part),
    )


def _clock(moment: datetime, day: date) -> str:
    """`09:00`, and of another day `Fri 09:00`."""
    local = wall(moment)
    return date_format(local, "H:i" if local.date() == day else "D H:i")


def _requests_waiting(now: datetime) -> str:
    waiting = Reservation.objects.filter(state=ReservationState.REQUESTED).going_on_or_ahead(now).count()
    text = ngettext("%(count)d request awaits a decision.", "%(count)d requests await a decision.", waiting)
    return text % {"count": waiting} if waiting else ""


def _issues_open() -> str:
    count = Issue.objects.open().count()
    text = ngettext("%(count)d reservation needs attention.", "%(count)d reservations need attention.", count)
    return text % {"count": count} if count else ""


def _out_today(start: datetime, end: datetime) -> str:
    """Machines in service that have an outage in `[start, end)`, with its end where that is today."""
    machines = list(Equipment.objects.in_service().order_by("code").values_list("pk", "code"))
    times = machine_times([(pk, start, end) for pk, _code in machines])
    out = [
        f"{code} ({', '.join(_out_in_words(period, start, end) for period in time.out)})"
        for (_pk, code), time in zip(machines, times, strict=True)
        if time.out
    ]
    return _("Out of service: %(machines)s.") % {"machines": _some(out)} if out else ""


def _out_in_words(period: Period, start: datetime, end: datetime) -> str:
    began, ends = f"{wall(period.start):%H:%M}", f"{wall(period.end):%H:%M}"
    if period.start > start and period.end < end:
        return f"{began}–{ends}"
    if period.start > start:
        return _("from %(time)s") % {"time": began}
    return _("until %(time)s") % {"time": ends} if period.end < end else _("all day")


def _certificates_ending(day: date) -> str:
    """Those of people who may sign in that end within thirty days, and were not renewed."""
    renewed = Certificate.objects.filter(
        user=OuterRef("user"), kind=OuterRef("kind"), withdrawn_at=None, valid_until__gt=OuterRef("valid_until")
    )
    ending = (
        Certificate.objects.valid_on(day)
        .filter(~Exists(renewed), valid_until__lte=day + ENDS_SOON, user__is_active=True)
        .select_related("user", "kind")
        .order_by("valid_until", "user__name")
    )
    said = [f"{c.user}, {c.kind} ({day_in_words(c.last_valid_day)})" for c in ending]
    return _("Certificates that end soon: %(people)s.") % {"people": _some(said)} if said else ""


def _given_up_since_the_last(notification: Notification) -> str:
    """Mails that failed for good since this reader's overview before, at least a day. What came too late to be of use
    did not fail."""
    before = Notification.objects.filter(
        recipient=notification.recipient_id, kind=Morning.code, due_at__lt=notification.due_at
    ).order_by("-due_at")
    since = before.values_list("due_at", flat=True).first() or notification.due_at - timedelta(days=1)
    count = Notification.objects.filter(given_up_at__gte=since).exclude(last_error="").count()
    text = ngettext("%(count)d email could not be delivered.", "%(count)d emails could not be delivered.", count)
    return text % {"count": count} if count else ""


def _some(names: Iterable[str]) -> str:
    names = list(names)
    said = "; ".join(names[:MOST_NAMES])
    more = len(names[MOST_NAMES:])
    return _("%(codes)s and %(count)d more") % {"codes": said, "count": more} if more else said
