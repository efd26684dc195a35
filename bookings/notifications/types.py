"""What is told of bookings: each kind by what holds when it is composed, not when it was written.

A letter is None where nothing is left to say: the reservation was cancelled meanwhile, the request was decided.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.ical.entries import invitation
from bookings.models import Booking, Issue, Reservation, ReservationState
from bookings.notifications.links import EmailAction, action_address
from bookings.notifications.topics import booking_of, load_bookings, reservations_of
from bookings.rules.book import issue_in_words
from core.clock import ZONE, wall
from core.formatting import moment_in_words, period_in_words
from notifications.letter import Letter, Line, address_of
from notifications.models import Notification
from notifications.types import ActionLink, Audience, CalendarPart, NotificationType, register

MOST_LINES = 40
MOST_CODES_IN_A_SUBJECT = 4
# More entries than these nobody opens one by one; the booking's page has them all in one file.
MOST_ENTRIES = 8
# Whoever occupies the machine so soon after is waiting for it.
NEXT_WITHIN = timedelta(minutes=30)


EMAIL_ACTIONS_IN_WORDS = {
    EmailAction.CANCEL: gettext_lazy("Cancel without signing in"),
    EmailAction.APPROVE: gettext_lazy("Approve without signing in"),
    EmailAction.CHECK_OUT: gettext_lazy("I’m done, release the machine"),
}


@dataclass(frozen=True, kw_only=True)
class BookingLetter(Letter):
    """`entries` are what the reader's calendar should hold from now on, or, where they do not hold their time any more,
    no longer hold. `offers_email_action` is False where there is nothing left to do by the mail itself."""

    entries: tuple[Reservation, ...] = ()
    offers_email_action: bool = False


class BookingType(NotificationType):
    """A kind that tells of a booking, which is its topic."""

    # What a mail of it lets its reader do without signing in.
    offers: ClassVar[EmailAction | None] = None

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        raise NotImplementedError

    def load(self, notifications: Sequence[Notification]) -> None:
        load_bookings(notifications)

    def compose(self, notification: Notification, *, now: datetime) -> BookingLetter | None:
        booking = booking_of(notification)
        return self.letter(notification, booking, now) if booking else None

    def email_action(self, notification: Notification, letter: Letter) -> ActionLink | None:
        """Who supervises a booking sees it, and changes nothing of it: nor by mail. One statement at most."""
        act, booking = self.offers, booking_of(notification)
        if act is None or booking is None or not isinstance(letter, BookingLetter) or not letter.offers_email_action:
            return None
        theirs = Reservation.objects.changeable_by(notification.recipient).filter(booking=booking)
        if act != EmailAction.APPROVE and not theirs.exists():
            return None
        return ActionLink(str(EMAIL_ACTIONS_IN_WORDS[act]), action_address(notification, act))

    def calendar_parts(self, notification: Notification, letter: Letter, *, now: datetime) -> Iterator[CalendarPart]:
        entries = letter.entries if isinstance(letter, BookingLetter) else ()
        for reservation in entries:
            method, content = invitation(reservation, reader=notification.recipient, now=now)
            name = "invite.ics"
            if len(entries) > 1:
                name = f"invite-{reservation.equipment.code}-{reservation.start.astimezone(ZONE):%Y%m%d-%H%M}.ics"
            yield CalendarPart(content, method, name, acts=len(entries) == 1)

    def page(self, notification: Notification) -> str:
        return reverse("booking", args=[notification.topic_name])


@register
class Confirmation(BookingType):
    code, label = "confirmation", gettext_lazy("confirmation of a booking")
    offers = EmailAction.CANCEL

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        held = [r for r in reservations_of(notification) if r.holds]
        if not held:
            return None
        requested = [r for r in held if r.state == ReservationState.REQUESTED]
        if not requested:
            subject, opening = _("Booked: %(what)s"), _("Your booking is confirmed.")
        elif len(requested) == len(held):
            subject = _("Requested: %(what)s")
            opening = _("Your request has arrived. You get an email once a facility manager has decided.")
        else:
            subject = _("Booked in part: %(what)s")
            opening = _("A part of your booking still awaits approval. It is marked as requested.")
        more = []
        if notification.recipient_id == booking.supervisor_id != booking.booker_id:
            more.append(_("%(person)s booked this with you as supervisor.") % {"person": booking.booker})
        return _about_booking(
            booking,
            subject,
            opening,
            _lines(held, note=_state if 0 < len(requested) < len(held) else _nothing),
            more,
            entries=held,
            offers_email_action=True,
        )


@register
class Request(BookingType):
    code, label = "request", gettext_lazy("request that awaits a decision")
    audience = Audience.FACILITY_MANAGERS
    offers = EmailAction.APPROVE

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        waiting = [r for r in reservations_of(notification) if r.state == ReservationState.REQUESTED]
        if not waiting:
            return None
        opening = _("%(person)s of %(organisation)s asks for your approval.") % {
            "person": booking.booker,
            "organisation": booking.organisation,
        }
        purpose = _("Purpose: %(purpose)s") % {"purpose": booking.purpose}
        return _about_booking(
            booking,
            _("Request awaiting your decision: %(what)s"),
            opening,
            _lines(waiting),
            [purpose],
            address=address_of("requests"),
            action=_("Review request"),
            offers_email_action=True,
        )


@register
class Decision(BookingType):
    code, label = "decision", gettext_lazy("decision about a request")
    offers = EmailAction.CANCEL

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        """All that was decided about the booking since it was written: who goes through many requests sends one
        mail."""
        decided = [r for r in reservations_of(notification) if r.decided_at and r.decided_at >= notification.written_at]
        approved = [r for r in decided if r.holds]
        declined = [r for r in decided if r.state == ReservationState.DECLINED]
        if not approved and not declined:
            return None
        if not declined:
            subject, opening = _("Approved: %(what)s"), _("Your request is approved.")
        elif not approved:
            subject, opening = _("Declined: %(what)s"), _("Your request is declined.")
        else:
            subject, opening = _("Decided: %(what)s"), _("A part of your request is approved, and a part is declined.")
        note = _state_and_reason if declined else _nothing
        return _about_booking(
            booking,
            subject,
            opening,
            _lines(approved + declined, note=note),
            entries=approved + declined,
            offers_email_action=bool(approved),
        )


@register
class Moved(BookingType):
    code, label = "moved", gettext_lazy("reservation moved")
    offers = EmailAction.CANCEL

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        opening = _done_by(notification, _("Your reservation was moved."), _("%(person)s moved your reservation."))
        before = _line_of(notification.payload["from"])
        more = [_("Before: %(when)s, %(machine)s") % {"when": before.when, "machine": before.codes[0]}]
        moved = reservations_of(notification)
        if any(reservation.state == ReservationState.REQUESTED for reservation in moved):
            more.append(_("The new time must be approved again. You get an email once a facility manager has decided."))
        standing = [r for r in moved if r.holds]
        lines = [_line_of(notification.payload["to"])]
        return _about_booking(
            booking, _("Moved: %(what)s"), opening, lines, more, entries=standing, offers_email_action=bool(standing)
        )


@register
class Cancelled(BookingType):
    code, label = "cancelled", gettext_lazy("reservation cancelled")

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        cancelled = notification.payload["cancelled"]
        opening = (
            _done_by(notification, _("Your reservation was cancelled."), _("%(person)s cancelled your reservation."))
            if len(cancelled) == 1
            else _done_by(
                notification, _("Your reservations were cancelled."), _("%(person)s cancelled your reservations.")
            )
        )
        late = sum(one["late"] for one in cancelled)
        more = []
        if late:
            text = ngettext(
                "%(count)d was cancelled after the term of free cancellation.",
                "%(count)d were cancelled after the term of free cancellation.",
                late,
            )
            more = [text % {"count": late}]
        told = {one.get("id") for one in cancelled}
        entries = [r for r in reservations_of(notification) if r.pk in told]
        return _about_booking(booking, _("Cancelled: %(what)s"), opening, _lines_of(cancelled), more, entries=entries)


@register
class Reminder(BookingType):
    code, label = "reminder", gettext_lazy("reminder before the start")
    offers = EmailAction.CANCEL

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        ahead = [r for r in reservations_of(notification) if r.state == ReservationState.CONFIRMED and r.start > now]
        if not ahead:
            return None
        today = wall(ahead[0].start).date() == wall(now).date()
        opening = _("This is waiting for you today.") if today else _("This is coming up.")
        return _about_booking(booking, _("Reminder: %(what)s"), opening, _lines(ahead), offers_email_action=True)


@register
class FreeUntil(BookingType):
    code, label = "free_until", gettext_lazy("free cancellation ends")
    offers = EmailAction.CANCEL

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        """By the term that holds now, which may have changed since the booking."""
        ahead = [r for r in reservations_of(notification) if r.state == ReservationState.CONFIRMED and r.start > now]
        terms = [(r.start, r.equipment.policy.free_cancellation_term) for r in ahead]
        until = min((start - term for start, term in terms if term), default=now)
        if until <= now:
            return None
        said = {"moment": moment_in_words(until)}
        opening = _("You can cancel this free of charge until %(moment)s.") % said
        more = [_("After that it counts as a late cancellation. If you come, you need not do anything.")]
        subject = _("Last chance to cancel for free (until %(moment)s): %(what)s")
        return _about_booking(booking, subject, opening, _lines(ahead), more, said=said, offers_email_action=True)


@register
class Ending(BookingType):
    code, label = "ending", gettext_lazy("the next one is waiting")
    offers = EmailAction.CHECK_OUT

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        until = datetime.fromisoformat(notification.payload["ends"])
        going_on = (ReservationState.CONFIRMED, ReservationState.IN_USE)
        ending = [r for r in reservations_of(notification) if r.state in going_on and _next_is_waiting(r)]
        if not ending:
            return None
        in_use = all(r.state == ReservationState.IN_USE for r in ending)
        said = {"time": f"{until.astimezone(ZONE):%H:%M}"}
        opening = _("Somebody else has the machine after you. Please have it free and clean in time.")
        return _about_booking(
            booking, _("Ends at %(time)s: %(what)s"), opening, _lines(ending), said=said, offers_email_action=in_use
        )


@register
class IssueOpened(BookingType):
    code, label = "issue", gettext_lazy("reservation that needs attention")
    offers = EmailAction.CANCEL

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        code = notification.payload["code"]
        open_still = set(
            Issue.objects.open()
            .filter(reservation__in=notification.payload["reservations"], code=code)
            .values_list("reservation_id", flat=True)
        )
        hit = [r for r in reservations_of(notification) if r.pk in open_still and r.holds and r.end > now]
        if not hit:
            return None
        opening = _("Your reservation needs attention: %(matter)s.") % {"matter": issue_in_words(code)}
        more = [
            _(
                "Your reservation stands, and a facility manager looks into it. If another time suits you, "
                "please move the reservation."
            )
        ]
        return _about_booking(
            booking, _("Needs attention: %(what)s"), opening, _lines(hit), more, offers_email_action=True
        )


@register
class IssueOver(BookingType):
    code, label = "issue_over", gettext_lazy("reservation resolved")

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        """Nothing where something else is the matter by now, or it was cancelled."""
        about = reservations_of(notification)
        unwell = set(Issue.objects.open().filter(reservation__in=about).values_list("reservation_id", flat=True))
        well = [r for r in about if r.pk not in unwell and r.holds and r.end > now]
        if not well:
            return None
        opening = _("Your reservation is in order again, at the time and on the machine you booked.")
        more = [_("The problem was: %(matter)s.") % {"matter": issue_in_words(notification.payload["code"])}]
        return _about_booking(booking, _("Resolved: %(what)s"), opening, _lines(well), more)


@register
class Operating(BookingType):
    code, label = "operating", gettext_lazy("machine to operate for others")
    audience = Audience.STAFF

    def page(self, notification: Notification) -> str:
        """The booking is not for everyone who operates."""
        return reverse("floor")

    def letter(self, notification: Notification, booking: Booking, now: datetime) -> BookingLetter | None:
        """What the reader operates of it by now, or that it no longer is anything."""
        about = [r for r in reservations_of(notification) if r.end > now]
        mine = [r for r in about if r.holds and r.operator_id and r.operator.user_id == notification.recipient_id]
        # The booking is not for everyone who operates.
        address, action = address_of("floor"), _("See the schedule")
        if mine:
            opening = _("You operate the machine for %(organisation)s.") % {"organisation": booking.organisation}
            more = []
            if "from" in notification.payload:
                before = _line_of(notification.payload["from"])
                more = [_("Before: %(when)s, %(machine)s") % {"when": before.when, "machine": before.codes[0]}]
            return _about_booking(
                booking, _("To operate: %(what)s"), opening, _lines(mine), more, address=address, action=action
            )
        if not about:
            return None
        lines = [_line_of(notification.payload["from"])] if "from" in notification.payload else _lines(about)
        opening = _("You no longer need to operate this machine: the reservation was moved or cancelled.")
        return _about_booking(booking, _("No longer needed: %(what)s"), opening, lines, address=address, action=action)


# ---- Of what letters are made ------------------------------------------------------------------------------------


def _next_is_waiting(reservation: Reservation) -> bool:
    """Whether another booking occupies the machine soon after this reservation leaves it. One statement."""
    free = reservation.occupied.upper
    after = Reservation.objects.holding().overlapping((free, free + NEXT_WITHIN))
    return after.filter(equipment=reservation.equipment_id).exclude(booking=reservation.booking_id).exists()


def _done_by(notification: Notification, by_oneself: str, by_another: str) -> str:
    return by_another % {"person": notification.payload["by"]} if "by" in notification.payload else by_oneself


def _about_booking(
    booking: Booking,
    subject: str,
    opening: str,
    lines: Sequence[Line],
    more: Iterable[str] = (),
    *,
    said: dict[str, str] | None = None,
    address: str = "",
    action: str = "",
    entries: Sequence[Reservation] = (),
    offers_email_action: bool = False,
) -> BookingLetter:
    about = (booking.reference, booking.title, str(booking.organisation))
    return BookingLetter(
        subject=subject % {"what": _what(lines, booking.title), **(said or {})},
        opening=opening,
        address=address or address_of("booking", booking.reference),
        action=action or _("See booking"),
        lines=tuple(lines[:MOST_LINES]),
        more=tuple(more),
        about=" · ".join(part for part in about if part),
        left_out=len(lines[MOST_LINES:]),
        entries=tuple(entries) if len(entries) <= MOST_ENTRIES else (),
        offers_email_action=offers_email_action,
    )


def _what(lines: Sequence[Line], title: str) -> str:
    """As a subject says it: the machines and the time, and of many times the first."""
    first = lines[0]
    codes = ", ".join(first.codes[:MOST_CODES_IN_A_SUBJECT])
    if more := len(first.codes[MOST_CODES_IN_A_SUBJECT:]):
        codes = _("%(codes)s and %(count)d more") % {"codes": codes, "count": more}
    if len(lines) == 1:
        return f"{codes}, {first.when}"
    return _("%(what)s (%(count)d reservations, first %(when)s)") % {
        "what": title or codes,
        "count": len(lines),
        "when": first.when,
    }


def _nothing(reservation: Reservation) -> str:
    return ""


def _state(reservation: Reservation) -> str:
    return reservation.get_state_display()


def _state_and_reason(reservation: Reservation) -> str:
    return ": ".join(part for part in (reservation.get_state_display(), reservation.decision_reason) if part)


def _lines(reservations: Sequence[Reservation], *, note: Callable[[Reservation], str] = _nothing) -> list[Line]:
    """One for each time and note, in order."""

    def time_and_note(reservation: Reservation) -> tuple[datetime, datetime, str]:
        return reservation.start, reservation.end, note(reservation)

    return [
        _line(start, end, [(r.equipment.code, r.equipment.name) for r in those], said)
        for (start, end, said), those in groupby(sorted(reservations, key=time_and_note), key=time_and_note)
    ]


def _lines_of(told: Iterable[dict]) -> list[Line]:
    """The same of what was written down."""

    def time(one: dict) -> tuple[datetime, datetime]:
        return datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])

    return [
        _line(start, end, [(one["equipment"], one["name"]) for one in those])
        for (start, end), those in groupby(sorted(told, key=time), key=time)
    ]


def _line_of(told: dict) -> Line:
    return _lines_of([told])[0]


def _line(start: datetime, end: datetime, machines: list[tuple[str, str]], note: str = "") -> Line:
    codes = tuple(sorted(code for code, _name in machines))
    return Line(period_in_words(start, end), codes, machines[0][1] if len(machines) == 1 else "", note)
