"""Writing notifications, in the transaction of what they tell of: rolled back with it, there once it is committed.

Each function takes a constant number of statements, however many reservations it is about, and writes one message per
person, not one per machine. Delivery starts after the commit; what cannot be announced then is found by the sweep.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import BigIntegerField, F, Q, TimeField, Value

from bookings.models import Booking, IssueQuerySet, Reservation, ReservationState, TypeReminders
from bookings.notifications.reminders import PLANNED_KINDS, Habits, KnownHabits, people_of, reminders_of
from bookings.notifications.topics import topic_of
from bookings.notifications.types import (
    BookingType,
    Cancelled,
    Confirmation,
    Decision,
    IssueOpened,
    IssueOver,
    Moved,
    Operating,
    Request,
)
from equipment.models import Operator
from notifications.models import Notification, NotificationPreference
from notifications.writing import write_notifications
from organisations.models import FACILITY_MANAGERS, User

# Whoever changes hours twice in a row, or undoes it, alarms nobody.
ISSUES_GATHER = timedelta(minutes=5)
# Whoever goes through many requests of one booking sends one mail.
DECISIONS_GATHER = timedelta(minutes=2)
# Bookings are locked while they are planned: few at a time, so that nobody who changes one waits long.
PLANNED_TOGETHER = 100


def notify_of_booking(*, booking: Booking, reservations: Sequence[Reservation], now: datetime) -> None:
    """The confirmation, the reminders to come, and a word to the facility managers about what awaits approval and to
    who operates the machines. Two statements, one more with a request and with operators. Reads the machines and their
    types."""
    notifications = [
        _draft(
            Confirmation, booking, person_id, key=f"booking/{booking.pk}/confirmation", due_at=now, by=booking.booker_id
        )
        for person_id in people_of(booking)
    ]
    if any(reservation.state == ReservationState.REQUESTED for reservation in reservations):
        notifications += _requests(booking, f"booking/{booking.pk}/request", now)
    confirmed = [r for r in reservations if r.state == ReservationState.CONFIRMED]
    known = load_habits(people_of(booking), {r.equipment.type_id for r in confirmed})
    notifications += [reminder for reminder in reminders_of(booking, confirmed, known) if reminder.due_at > now]
    notifications += _to_operators(booking, f"booking/{booking.pk}", reservations, now)
    write_notifications(notifications, now)


def notify_of_move(*, before: Reservation, moved: Reservation, actor: User, now: datetime) -> None:
    """From where to where, and to the facility managers where it must be approved anew. Reminders are planned anew."""
    booking, number = moved.booking, f"reservation/{moved.pk}/{moved.revision}"
    places = {"from": _as_told(before), "to": _as_told(moved)}
    notifications = [
        _draft(
            Moved,
            booking,
            person_id,
            key=f"{number}/moved",
            payload=places | {"reservations": [moved.pk]} | _by(actor, person_id),
            due_at=now,
            by=actor.pk,
        )
        for person_id in people_of(booking)
    ]
    if moved.state == ReservationState.REQUESTED:
        notifications += _requests(booking, f"{number}/request", now, reservation=moved)
    notifications += _to_operators(booking, number, [before, moved], now, payload=places)
    write_notifications(notifications + replan([booking.pk], now=now), now)


def notify_of_cancellation(*, cancelled: Sequence[Reservation], actor: User, now: datetime) -> None:
    """What of one booking was cancelled, all in one message. Reminders are planned anew."""
    if not cancelled:
        return
    booking = cancelled[0].booking
    payload = {"cancelled": [_as_told(r) | {"late": r.cancelled_late} for r in cancelled]}
    notifications = [
        _draft(
            Cancelled,
            booking,
            person_id,
            key=f"reservation/{cancelled[0].pk}/cancelled",
            payload=payload | _by(actor, person_id),
            due_at=now,
            by=actor.pk,
        )
        for person_id in people_of(booking)
    ]
    notifications += _to_operators(booking, f"reservation/{cancelled[0].pk}/cancelled", cancelled, now)
    write_notifications(notifications + replan([booking.pk], now=now), now)


def notify_of_decision(*, reservation: Reservation, now: datetime) -> None:
    """That a request was approved or declined, after a while, so that all that is decided meanwhile about the booking
    is in the one message. What is approved is reminded of from now on."""
    booking = reservation.booking
    reminders = replan([booking.pk], now=now)
    # Locked, so that it is not read and sent before this decision is there to be read.
    gathering = Notification.objects.waiting().filter(
        topic=topic_of(booking.pk), kind=Decision.code, next_try_at=F("due_at"), due_at__gt=now
    )
    told_soon = set(gathering.select_for_update().values_list("recipient_id", flat=True))
    notifications = [
        _draft(
            Decision,
            booking,
            person_id,
            key=f"reservation/{reservation.pk}/{reservation.revision}/decision",
            due_at=now + DECISIONS_GATHER,
            by=reservation.decided_by_id,
        )
        for person_id in people_of(booking)
        if person_id not in told_soon
    ]
    write_notifications(notifications + reminders, now)


def notify_of_issues(affected: Iterable[tuple[Reservation, str]], *, now: datetime) -> None:
    """Reservations and the rule each no longer keeps: per booking and rule one message, after a while, and only if it
    is still so then. One statement; none where nothing is the matter. Reads the bookings."""
    by_booking = sorted(affected, key=lambda pair: (pair[0].booking_id, pair[1], pair[0].pk))
    notifications = []
    for (_pk, code), pairs in groupby(by_booking, key=lambda pair: (pair[0].booking_id, pair[1])):
        reservations = [reservation for reservation, _code in pairs]
        booking = reservations[0].booking
        notifications += [
            _draft(
                IssueOpened,
                booking,
                person_id,
                key=f"booking/{booking.pk}/issue/{code}/{now.timestamp():.6f}",
                payload={"code": code, "reservations": [reservation.pk for reservation in reservations]},
                due_at=now + ISSUES_GATHER,
                expires_at=max(now + 2 * ISSUES_GATHER, max(reservation.end for reservation in reservations)),
            )
            for person_id in people_of(booking)
        ]
    write_notifications(notifications, now)


def notify_of_issues_over(issues: IssueQuerySet, *, now: datetime) -> None:
    """These are about to be resolved without anybody's doing: who was told that something was the matter hears that it
    no longer is. Three statements; who was not told yet hears neither."""
    resolved = list(issues.values_list("reservation_id", "code", "reservation__booking_id"))
    told = Notification.objects.filter(
        kind=IssueOpened.code,
        withdrawn_at=None,
        sent_at__isnull=False,
        topic__in={topic_of(booking_id) for _pk, _code, booking_id in resolved},
    )
    over: dict[tuple[int, str, str, str], set[int]] = {}
    for notification in told if resolved else ():
        named, code = notification.payload["reservations"], notification.payload["code"]
        again = {pk for pk, resolved_code, _booking_id in resolved if resolved_code == code and pk in named}
        if again:
            about = notification.recipient_id, notification.topic, notification.topic_name, code
            over.setdefault(about, set()).update(again)
    notifications = [
        Notification(
            kind=IssueOver.code,
            recipient_id=person_id,
            topic=topic,
            topic_name=topic_name,
            key=f"{topic}/issue/{code}/{now.timestamp():.6f}/over",
            payload={"code": code, "reservations": sorted(reservations)},
            due_at=now + ISSUES_GATHER,
        )
        for (person_id, topic, topic_name, code), reservations in over.items()
    ]
    write_notifications(notifications, now)


def plan_anew(booking_ids: Collection[int], *, now: datetime) -> None:
    """The reminders of these bookings as they should be: where somebody chose other times, or a policy changed."""
    with transaction.atomic():
        write_notifications(replan(booking_ids, now=now), now)


def plan_the_week(*, now: datetime) -> int:
    """The same for every booking with something confirmed in the coming week; how many. So that what was booked before
    there were reminders, or before a policy changed, is told as well."""
    week = Reservation.objects.filter(state=ReservationState.CONFIRMED).overlapping((now, now + timedelta(days=8)))
    booking_ids = sorted(set(week.values_list("booking_id", flat=True)))
    for first in range(0, len(booking_ids), PLANNED_TOGETHER):
        plan_anew(booking_ids[first : first + PLANNED_TOGETHER], now=now)
    return len(booking_ids)


def replan(booking_ids: Collection[int], *, now: datetime) -> list[Notification]:
    """The reminders that these bookings still lack, unsaved; those that no longer fit are withdrawn. Five statements.

    The bookings are locked until the transaction ends: of two who change one booking at once, the second sees what
    the first left.
    """
    bookings = Booking.objects.select_for_update(no_key=True).filter(pk__in=booking_ids).order_by("pk").in_bulk()
    confirmed = list(
        Reservation.objects.filter(
            booking__in=bookings, state__in=(ReservationState.CONFIRMED, ReservationState.IN_USE)
        )
        .going_on_or_ahead(now)
        .select_related("equipment__type")
        .order_by("booking")
    )
    known = load_habits(
        {pk for booking in bookings.values() for pk in people_of(booking)}, {r.equipment.type_id for r in confirmed}
    )
    wanted = [
        reminder
        for pk, reservations in groupby(confirmed, key=lambda r: r.booking_id)
        for reminder in reminders_of(bookings[pk], reservations, known)
    ]
    fitting = {(reminder.recipient_id, reminder.key, reminder.due_at) for reminder in wanted}
    planned = (
        Notification.objects.waiting()
        .filter(topic__in=[topic_of(pk) for pk in bookings], kind__in=PLANNED_KINDS)
        .values_list("pk", "recipient_id", "key", "due_at")
    )
    kept = {tuple(rest): pk for pk, *rest in planned}
    Notification.objects.filter(pk__in=[pk for rest, pk in kept.items() if rest not in fitting]).withdraw(now)
    return [
        reminder
        for reminder in wanted
        if reminder.due_at > now and (reminder.recipient_id, reminder.key, reminder.due_at) not in kept
    ]


def load_habits(people: Collection[int], types: Collection[int]) -> KnownHabits:
    """What these people chose and what holds for these types. One statement."""
    times = ("leads", "day_before_at")
    of_people = NotificationPreference.objects.filter(person__in=people).values_list(
        "person_id", Value(None, BigIntegerField()), *times, "quiet_from", "quiet_until"
    )
    nobody, not_quiet = Value(None, BigIntegerField()), Value(None, TimeField())
    of_types = TypeReminders.objects.filter(equipment_type__in=types).values_list(
        nobody, "equipment_type_id", *times, not_quiet, not_quiet
    )
    known_people: dict[int, Habits] = {}
    known_types: dict[int, Habits] = {}
    for person_id, type_id, leads, day_before_at, quiet_from, quiet_until in of_people.union(of_types, all=True):
        if person_id is not None:
            quiet = (quiet_from, quiet_until) if quiet_from is not None else None
            known_people[person_id] = Habits(tuple(leads), day_before_at, quiet)
        else:
            known_types[type_id] = Habits(tuple(leads), day_before_at)
    return KnownHabits(known_people, known_types)


def _requests(
    booking: Booking, key: str, now: datetime, *, reservation: Reservation | None = None
) -> list[Notification]:
    """To every facility manager. One statement."""
    managers = User.objects.filter(Q(is_superuser=True) | Q(groups__name=FACILITY_MANAGERS), is_active=True)
    payload = {"reservations": [reservation.pk]} if reservation else {}
    return [
        _draft(Request, booking, person_id, key=key, payload=payload, due_at=now)
        for person_id in managers.order_by("pk").values_list("pk", flat=True).distinct()
    ]


def _to_operators(
    booking: Booking, key: str, reservations: Sequence[Reservation], now: datetime, *, payload: dict | None = None
) -> list[Notification]:
    """To who operates these, or did before: what it comes to is read when it is sent. One statement, none where nobody
    operates."""
    operators = {r.operator_id for r in reservations if r.operator_id}
    if not operators:
        return []
    people = Operator.objects.filter(pk__in=operators).order_by("pk").values_list("user_id", flat=True)
    about = {"reservations": sorted({r.pk for r in reservations}), **(payload or {})}
    return [
        _draft(Operating, booking, person_id, key=f"{key}/operating", payload=about, due_at=now) for person_id in people
    ]


def _draft(
    kind: type[BookingType],
    booking: Booking,
    person_id: int,
    *,
    key: str,
    due_at: datetime,
    expires_at: datetime | None = None,
    payload: dict | None = None,
    by: int | None = None,
) -> Notification:
    """Unsaved. `by` is whose doing it is: one's own deeds are no news, and make no unread message."""
    return Notification(
        kind=kind.code,
        recipient_id=person_id,
        topic=topic_of(booking.pk),
        topic_name=booking.reference,
        key=key,
        payload=payload or {},
        due_at=due_at,
        expires_at=expires_at,
        read_at=due_at if by == person_id else None,
    )


def _as_told(reservation: Reservation) -> dict[str, str | int]:
    """Of a reservation what is said of it now, and may be otherwise when it is read."""
    return {
        "id": reservation.pk,
        "start": reservation.start.isoformat(),
        "end": reservation.end.isoformat(),
        "equipment": reservation.equipment.code,
        "name": reservation.equipment.name,
    }


def _by(actor: User, reader_id: int) -> dict[str, str]:
    """Who did it, where the reader did not."""
    return {} if actor.pk == reader_id else {"by": str(actor)}
