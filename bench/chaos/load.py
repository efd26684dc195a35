"""What is there when things begin to break: a full outbox, and machines that people book meanwhile."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from celery import current_app
from django.db.models import Count
from django.utils import timezone

from bookings.models import (
    Booking,
    Economic,
    Purpose,
    Reservation,
    ReservationState,
)
from bookings.notifications.topics import topic_of
from bookings.notifications.types import Confirmation
from equipment.models import Equipment, EquipmentType, Fieldlab, Process
from notifications.announcing import DELIVER
from notifications.models import Notification, NotificationPreference
from notifications.outbox import BATCH
from notifications.types import codes
from organisations.models import ApiToken, Membership, Organisation, User

MACHINES = ("FDM-01", "FDM-02")


def put_in_the_outbox(count: int) -> list[str]:
    """So many confirmations of one booking, each to somebody else, due now; their ids."""
    now = timezone.now()
    booking = _booking(now)
    people = User.objects.bulk_create(
        (User(email=f"reader{n}@example.org", name=f"Reader {n}", language="nl") for n in range(count)), batch_size=2000
    )
    notifications = Notification.objects.bulk_create(
        (
            Notification(
                kind=Confirmation.code,
                recipient=person,
                topic=topic_of(booking.pk),
                topic_name=booking.reference,
                key=f"booking/{booking.pk}/confirmation",
                written_at=now,
                due_at=now,
                next_try_at=now,
            )
            for person in people
        ),
        batch_size=2000,
    )
    return [str(notification.pk) for notification in notifications]


def wake_for(ids: list[str]) -> None:
    for first in range(0, len(ids), BATCH):
        current_app.send_task(DELIVER, args=[ids[first : first + BATCH]])


def ended() -> dict[str, int]:
    """Of what was put in the outbox: how many were sent, given up and withdrawn."""
    return Notification.objects.filter(recipient__email__startswith="reader").aggregate(
        sent=Count("sent_at"), given_up=Count("given_up_at"), withdrawn=Count("withdrawn_at")
    )


def token_of_the_booker() -> str:
    """For the people who book meanwhile; they read of it in the system, and want no mail."""
    booker = User.objects.get(email="booker@example.org")
    NotificationPreference.objects.create(person=booker, unmailed=codes())
    return ApiToken.issue(user=booker, name="chaos")[1]


def lost_or_doubled(booked: Mapping[str, str]) -> list[str]:
    """Titles that were answered as booked and are not there under that reference, and those that are there and were
    never answered so, or are there more than once."""
    there = list(Booking.objects.filter(title__startswith="person").values_list("title", "reference"))
    twice = [title for title, times in Counter(title for title, _reference in there).items() if times > 1]
    return sorted({title for title, _reference in set(booked.items()) ^ set(there)} | set(twice))


def _booking(now) -> Booking:
    organisation = Organisation.objects.create(name="Chaos", slug="chaos", organisation_class="micro")
    booker = User.objects.create_user("booker@example.org", name="Booker")
    Membership.objects.create(user=booker, organisation=organisation)
    lab = Fieldlab.objects.create(name="Lab", slug="lab")
    kind = EquipmentType.objects.create(name="Printer", slug="printer", process=Process.FDM)
    machine, _other = (Equipment.objects.create(code=c, name="Printer", type=kind, fieldlab=lab) for c in MACHINES)
    purpose = Purpose.objects.get(code="trial-production")
    booking = Booking.objects.create(organisation=organisation, booker=booker, purpose=purpose, created_at=now)
    period = (now + timedelta(days=30), now + timedelta(days=30, hours=1))
    Reservation.objects.create(
        booking=booking,
        equipment=machine,
        period=period,
        occupied=period,
        state=ReservationState.CONFIRMED,
        economic=Economic.ECONOMIC,
        organisation_class="micro",
    )
    return booking
