"""What the API's calls about bookings take."""

from decimal import Decimal
from typing import Annotated, Literal

from django.conf import settings
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bookings.rules.book import BOOKING_RULES, RESERVATION_RULES
from core.api.texts import NO_NUL, Code, Email, Reason, Title
from core.api.times import TimeIn
from equipment.models import Process

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)]
Millimetres = Annotated[int, Field(ge=1, le=1_000_000)]

OverridableCode = Literal[tuple(rule.code for rule in (*BOOKING_RULES, *RESERVATION_RULES) if rule.override)]


class AbilityIn(Schema):
    """What a machine must be able to do: a process and, where that matters, the size of the part as it stands, its
    material and the payload."""

    process: Process | None = None
    width_mm: Millimetres | None = None
    depth_mm: Millimetres | None = None
    height_mm: Millimetres | None = None
    material: Code | None = None
    payload_kg: Annotated[float, Field(gt=0, le=100_000)] | None = None

    def ability(self) -> dict | None:
        """The arguments of `EquipmentType.objects.able_to`; None where no ability is asked for."""
        given = {name: getattr(self, name) for name in AbilityIn.model_fields}
        asked = {name: value for name, value in given.items() if value is not None}
        if "payload_kg" in asked:
            asked["payload_kg"] = Decimal(str(asked["payload_kg"]))
        return asked or None

    def wrongly_named(self, **others: str | None) -> tuple[str, str] | None:
        """What is wanted is a machine, a type or an ability, which has a process: the field where that is not so, and
        what to do."""
        ability = self.ability()
        if [ability, *others.values()].count(None) != len(others):
            return "type", _("Give “equipment” (a code), “type” or “process”.")
        if ability and self.process is None:
            return "process", _("Say which “process” the machine is for.")
        return None


class RequestedSlotIn(AbilityIn):
    """One machine by its code, or any `units` machines of a type, or any that are able; for one period.

    With `finish` each comes with the station that finishes its results, at the first time after it.
    """

    model_config = ConfigDict(extra="forbid")

    equipment: Code | None = None
    type: Code | None = None
    units: int = Field(1, ge=1, le=settings.MOST_RESERVATIONS_PER_BOOKING)
    start: TimeIn
    end: TimeIn
    finish: bool = False

    @model_validator(mode="after")
    def names_a_machine_a_type_or_an_ability(self):
        if wrongly_named := self.wrongly_named(equipment=self.equipment, type=self.type):
            raise wrong("machine_type_or_ability", wrongly_named[1])
        if self.equipment is not None and self.units != 1:
            raise wrong("units_of_a_type", _("“units” goes with “type” or “process”: there is one machine of a code."))
        return self


class RepeatIn(Schema):
    """`rrule` as in RFC 5545: `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=14`. Daily or weekly, with an end.

    With `skip_closures` dates on which the machines are closed, or that are holidays of the organisation, are left
    out and told under `skipped`.
    """

    model_config = ConfigDict(extra="forbid")

    rrule: Pattern
    skip_closures: bool = False


class OverrideIn(Schema):
    """For facility managers: set these rules aside, or all that can be where `codes` is left out."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    codes: list[OverridableCode] | None = Field(None, min_length=1, max_length=50)


class BookingIn(Schema):
    """`supervisor`: the e-mail address of somebody of the organisation who is present, whose certificates count too."""

    model_config = ConfigDict(extra="forbid")

    organisation: Code
    purpose: Code | None = None
    title: Title = ""
    people: int | None = Field(None, ge=1, le=32767)
    supervisor: Email | None = None
    reservations: list[RequestedSlotIn] = Field(min_length=1)
    repeat: RepeatIn | None = None
    on_refusal: Literal["refuse", "skip"] = "refuse"
    override: OverrideIn | None = None

    @field_validator("reservations", mode="before")
    @classmethod
    def asks_for_a_number_that_can_be_meant(cls, requested_slots):
        if isinstance(requested_slots, list):
            _check_number(len(requested_slots))
        return requested_slots

    @field_validator("reservations")
    @classmethod
    def asks_for_a_number_of_machines_that_can_be_meant(cls, requested_slots):
        _check_number(
            sum(requested_slot.units * (2 if requested_slot.finish else 1) for requested_slot in requested_slots)
        )
        return requested_slots


class MoveIn(Schema):
    """What changes; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    start: TimeIn | None = None
    end: TimeIn | None = None
    equipment: Code | None = None
    override: OverrideIn | None = None

    @model_validator(mode="after")
    def changes_something(self):
        if (self.start, self.end, self.equipment) == (None, None, None):
            raise wrong("nothing_to_change", _("Give “start”, “end” or “equipment”."))
        return self


def _check_number(asked: int) -> None:
    most = settings.MOST_RESERVATIONS_PER_BOOKING
    if asked > most:
        message = _("A booking has at most %(most)s reservations. This one asks for %(asked)s.")
        raise wrong("too_many_reservations", message % {"most": most, "asked": asked})


def wrong(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})
