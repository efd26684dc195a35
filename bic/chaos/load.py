"""What is in the outbox when things begin to break."""

from datetime import timedelta

from celery import current_app
from django.db.models import Count
from django.utils import timezone

from bookings.models import Booking, Economic, Notice, NoticeKind, Purpose, Reservation, ReservationState
from bookings.notices.announcing import DELIVER
from bookings.notices.outbox import BATCH
from equipment.models import Equipment, EquipmentType, Fieldlab, Process
from organisations.models import Organisation, User


def put_in_the_outbox(count: int) -> list[str]:
    """So many confirmations of one booking, each to somebody else, due now; their ids."""
    now = timezone.now()
    booking = _booking(now)
    people = User.objects.bulk_create(
        (User(email=f"reader{n}@example.org", name=f"Reader {n}", language="nl") for n in range(count)), batch_size=2000
    )
    notices = Notice.objects.bulk_create(
        (
            Notice(
                kind=NoticeKind.CONFIRMATION,
                recipient=person,
                booking=booking,
                key=f"booking/{booking.pk}/confirmation",
                written_at=now,
                due_at=now,
                next_try_at=now,
            )
            for person in people
        ),
        batch_size=2000,
    )
    return [str(notice.pk) for notice in notices]


def wake_for(ids: list[str]) -> None:
    for first in range(0, len(ids), BATCH):
        current_app.send_task(DELIVER, args=[ids[first : first + BATCH]])


def ended() -> dict[str, int]:
    """How many were sent, given up and withdrawn."""
    return Notice.objects.aggregate(
        sent=Count("sent_at"), given_up=Count("given_up_at"), withdrawn=Count("withdrawn_at")
    )


def _booking(now) -> Booking:
    organisation = Organisation.objects.create(name="Chaos", slug="chaos", organisation_class="micro")
    booker = User.objects.create_user("booker@example.org", name="Booker")
    lab = Fieldlab.objects.create(name="Lab", slug="lab")
    kind = EquipmentType.objects.create(name="Printer", slug="printer", process=Process.FDM)
    machine = Equipment.objects.create(code="FDM-01", name="Printer", type=kind, fieldlab=lab)
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
