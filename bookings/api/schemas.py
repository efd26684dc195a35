"""What the API's calls about bookings take and give."""

from typing import Annotated, Literal

from django.conf import settings
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bookings.api.times import TimeIn, TimeOut
from bookings.models import Booking, Reservation
from bookings.rules import Alternative, Refusal
from equipment.api import EquipmentDetailsOut

# PostgreSQL's text cannot hold the sign NUL.
NO_NUL = r"^[^\x00]*$"
Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]
Title = Annotated[str, StringConstraints(max_length=120, pattern=NO_NUL, strip_whitespace=True)]


class WishIn(Schema):
    """One machine by its code, or any `units` machines of a type, for one period."""

    model_config = ConfigDict(extra="forbid")

    equipment: Code | None = None
    type: Code | None = None
    units: int = Field(1, ge=1, le=settings.MOST_RESERVATIONS_PER_BOOKING)
    start: TimeIn
    end: TimeIn

    @model_validator(mode="after")
    def names_one_machine_or_one_type(self):
        if (self.equipment is None) == (self.type is None):
            raise _wrong("machine_or_type", _("Give either “equipment”, a code, or “type”."))
        if self.equipment is not None and self.units != 1:
            raise _wrong("units_of_a_type", _("“units” goes with “type”: there is one machine of a code."))
        return self


class BookingIn(Schema):
    model_config = ConfigDict(extra="forbid")

    organisation: Code
    purpose: Code | None = None
    title: Title = ""
    people: int | None = Field(None, ge=1, le=32767)
    reservations: list[WishIn] = Field(min_length=1)
    on_refusal: Literal["refuse", "skip"] = "refuse"

    @field_validator("reservations", mode="before")
    @classmethod
    def asks_for_a_number_that_can_be_meant(cls, wishes):
        if isinstance(wishes, list):
            _check_number(len(wishes))
        return wishes

    @field_validator("reservations")
    @classmethod
    def asks_for_a_number_of_machines_that_can_be_meant(cls, wishes):
        _check_number(sum(wish.units for wish in wishes))
        return wishes


class PurposeOut(Schema):
    """`economic`: whether use for it counts as economic today; what is not known does."""

    code: str
    name: str
    economic: bool


class NextFreeOut(Schema):
    start: TimeOut
    end: TimeOut


class EquipmentWithNextFreeOut(EquipmentDetailsOut):
    """`next_free` is the first time for a reservation of the shortest length; null where there is none."""

    next_free: NextFreeOut | None


Pair = Annotated[list[TimeOut], Field(min_length=2, max_length=2)]


class AvailabilityOut(Schema):
    """Pairs of start and end within the window: when people may work, what is taken, and what is left."""

    open: list[Pair]
    occupied: list[Pair]
    free: list[Pair]


class SlotOut(Schema):
    start: TimeOut
    end: TimeOut
    equipment: list[str]


class MoveIn(Schema):
    """What changes; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    start: TimeIn | None = None
    end: TimeIn | None = None
    equipment: Code | None = None

    @model_validator(mode="after")
    def changes_something(self):
        if (self.start, self.end, self.equipment) == (None, None, None):
            raise _wrong("nothing_to_change", _("Give “start”, “end” or “equipment”."))
        return self


def _check_number(asked: int) -> None:
    most = settings.MOST_RESERVATIONS_PER_BOOKING
    if asked > most:
        message = _("A booking holds at most %(most)s reservations; this one asks for %(asked)s.")
        raise _wrong("too_many_reservations", message % {"most": most, "asked": asked})


def _wrong(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})


class AlternativeOut(Schema):
    start: TimeOut
    end: TimeOut
    equipment: list[str]

    @classmethod
    def of(cls, alternative: Alternative) -> "AlternativeOut":
        return cls(start=alternative.start, end=alternative.end, equipment=list(alternative.equipment))


class RefusalOut(Schema):
    """Why not, and of which reservation: `equipment`, `start` and `end` as they were asked for."""

    code: str
    message: str
    equipment: str
    start: TimeOut | None
    end: TimeOut | None
    overridable: bool
    alternatives: list[AlternativeOut]

    @classmethod
    def of(cls, refusal: Refusal) -> "RefusalOut":
        return cls(
            code=refusal.code,
            message=str(refusal.message),
            equipment=refusal.equipment,
            start=refusal.start,
            end=refusal.end,
            overridable=refusal.overridable,
            alternatives=[AlternativeOut.of(each) for each in refusal.alternatives],
        )


class ReservationOut(Schema):
    """`id` is null on a dry run. `occupied_…`: with set-up and clean-up, what nobody else can have."""

    id: int | None
    equipment: str
    start: TimeOut
    end: TimeOut
    occupied_start: TimeOut
    occupied_end: TimeOut
    state: str

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
    booked_by: str
    created_at: TimeOut
    reservations: list[ReservationOut]

    @classmethod
    def of(cls, booking: Booking) -> "BookingOut":
        """Of a booking with organisation, purpose, booker and its reservations at hand."""
        return cls(
            reference=booking.reference,
            organisation=booking.organisation.slug,
            organisation_name=booking.organisation.name,
            purpose=booking.purpose.code,
            title=booking.title,
            people=booking.people,
            booked_by=booking.booker.name,
            created_at=booking.created_at,
            reservations=[ReservationOut.of(each) for each in booking.reservations.all()],
        )


class FieldErrorOut(Schema):
    """`in` is body, query, path or header; `field` the way to it, such as `reservations[0].start`."""

    source: str = Field(serialization_alias="in")
    field: str
    message: str


class ProblemOut(Schema):
    """A problem document (RFC 9457). `refusals` comes with 409, `errors` with 422."""

    type: str
    title: str
    status: int
    detail: str
    refusals: list[RefusalOut] = []
    errors: list[FieldErrorOut] = []
