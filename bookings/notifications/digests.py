"""Overviews that come on a fixed time of the wall clock, whatever happened: who gets one, and on which days.

The beat may ask twice or late: each is written once, on its own day, and what was missed on a day is not made up for on
the next. What an overview says is read when it is sent.
"""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from bookings.models import Reservation
from bookings.notifications.digest_types import Morning, Week
from bookings.scheduling.free_time import machine_times
from core.clock import instant, midnight, wall
from equipment.models import Equipment
from notifications.models import Notification
from notifications.writing import write_notifications
from organisations.models import FACILITY_MANAGERS, TECHNICIANS, Membership, Role, User

# Before the first of the staff walks on the floor, and as quiet hours end.
MORNING_AT = time(7)
WEEK = timedelta(days=7)


def notify_of_the_day(*, now: datetime) -> None:
    """The day's overview to facility managers and technicians, from seven o'clock on, on days on which the facility is
    open. Four statements at most."""
    day = wall(now).date()
    due = instant(datetime.combine(day, MORNING_AT))
    if now < due or not is_open_on(day):
        return
    staff = User.objects.filter(
        Q(is_superuser=True) | Q(groups__name__in=(FACILITY_MANAGERS, TECHNICIANS)), is_active=True
    )
    notifications = [
        Notification(
            kind=Morning.code,
            recipient_id=person_id,
            key=f"morning/{day}",
            payload={"day": day.isoformat()},
            due_at=due,
            expires_at=midnight(day + timedelta(days=1)),
        )
        for person_id in staff.order_by("pk").values_list("pk", flat=True).distinct()
    ]
    with transaction.atomic():
        write_notifications(notifications, now)


def notify_of_the_week(*, now: datetime) -> None:
    """The week's overview to the managers of organisations, on Mondays from seven o'clock on. Who has nothing booked,
    and had nothing last week, is left in peace. Two statements."""
    monday = wall(now).date()
    due = instant(datetime.combine(monday, MORNING_AT))
    if monday.weekday() != 0 or now < due:
        return
    two_weeks = midnight(monday - WEEK), midnight(monday + WEEK)
    busy = Reservation.objects.filter(booking__organisation=OuterRef("organisation"), period__overlap=two_weeks)
    managers = Membership.objects.filter(Exists(busy), role=Role.MANAGER, user__is_active=True).order_by("pk")
    notifications = [
        Notification(
            kind=Week.code,
            recipient_id=person_id,
            key=f"week/{monday}/{organisation_id}",
            payload={"monday": monday.isoformat(), "organisation": organisation_id},
            due_at=due,
            expires_at=midnight(monday + timedelta(days=2)),
        )
        for person_id, organisation_id in managers.values_list("user_id", "organisation_id")
    ]
    with transaction.atomic():
        write_notifications(notifications, now)


def is_open_on(day: date) -> bool:
    """Whether people are on the floor at some time of the day. A machine without opening hours says nothing about that,
    unless none has any. Two statements at most."""
    in_service = Equipment.objects.in_service()
    machines = in_service.filter(opening_hours__isnull=False).values_list("pk", flat=True) or in_service.values_list(
        "pk", flat=True
    )
    start, end = midnight(day), midnight(day + timedelta(days=1))
    return any(time.open for time in machine_times([(pk, start, end) for pk in machines]))
