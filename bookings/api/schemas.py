"""What the API's calls about bookings give."""

from typing import Annotated

from ninja import Schema
from pydantic import Field

from bookings.models import Booking, Reservation
from core.api.problems import RefusalOut
from core.api.times import TimeOut
from equipment.api import EquipmentDetailsOut


class PurposeOut(Schema):
    """`economic`: whether use for it counts as economic today; what is not known does."""

    code: str
    name: str
    economic: bool


class NextFreeOut(Schema):
    start: TimeOut
    end: TimeOut


class EquipmentWithNextFreeOut(EquipmentDetailsOut):
    """`next_free`: the first time at which the caller can book it for the shortest length; null where there is none."""

    next_free: NextFreeOut | None


Pair = Annotated[list[TimeOut], Field(min_length=2, max_length=2)]


class AvailabilityOut(Schema):
    """Pairs of start and end within the window: when people may work, what is taken, and what is left."""

    open: list[Pair]
    occupied: list[Pair]
    free: list[Pair]


class BalanceOut(Schema):
    """Start and end of a week, month or quarter; the weighted hours that count in it, and those that are left."""

    window: Pair
    used: float
    left: float


class QuotaOut(BalanceOut):
    """`hours` in each window, on a fieldlab, a type, or (both null) all equipment; now, and in the `next` window."""

    quota: str
    per: str
    scope: str
    fieldlab: str | None
    type: str | None
    hours: float
    next: BalanceOut


class SlotOut(Schema):
    start: TimeOut
    end: TimeOut
    equipment: list[str]


class ReservationOut(Schema):
    """`id` is null where a dry run tells of a new one. `occupied_…`: with set-up and clean-up, what nobody else can
    have. `decision_reason`: why a request was declined."""

    id: int | None
    equipment: str
    start: TimeOut
    end: TimeOut
    occupied_start: TimeOut
    occupied_end: TimeOut
    state: str
    decision_reason: str

    @classmethod
    def of(cls, reservation: Reservation) -> "ReservationOut":
        """Of a reservation with its equipment at hand."""
        return cls(
            id=reservation.pk,
            equipment=reservation.equipment.code,
            start=reservation.period.lower,
            end=reservation.period.upper,
            occupied_start=reservation.occupied.lower,
            occupied_end=reservation.occupied.upper,
            state=reservation.state,
            decision_reason=reservation.decision_reason,
        )


class BookedOut(Schema):
    """`reference` is null on a dry run."""

    reference: str | None
    reservations: list[ReservationOut]
    skipped: list[RefusalOut]


class BookingOut(Schema):
    reference: str
    organisation: str
    organisation_name: str
    purpose: str
    title: str
    people: int | None
    supervisor: str | None
    booked_by: str
    created_at: TimeOut
    reservations: list[ReservationOut]

    @classmethod
    def of(cls, booking: Booking) -> "BookingOut":
        """Of a booking with organisation, purpose, booker, supervisor and its reservations at hand."""
        return cls(
            reference=booking.reference,
            organisation=booking.organisation.slug,
            organisation_name=booking.organisation.name,
            purpose=booking.purpose.code,
            title=booking.title,
            people=booking.people,
            supervisor=booking.supervisor.name if booking.supervisor else None,
            booked_by=booking.booker.name,
            created_at=booking.created_at,
            reservations=[ReservationOut.of(each) for each in booking.reservations.all()],
        )
