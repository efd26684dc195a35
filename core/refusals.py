"""Why something is not possible, and what is possible instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.exceptions import PermissionDenied


class Cure(StrEnum):
    """What could help against a refusal."""

    TIME = "time"  # another time, or an equal machine
    CHOICE = "choice"  # a choice that the form still asks for
    REQUEST = "request"  # asking for something else: shorter, sooner, with somebody who is certified
    NOTHING = "nothing"  # whoever cannot book at all is not helped by another request


@dataclass(frozen=True, slots=True)
class Alternative:
    """A time, and the codes of machines, that can be booked instead."""

    start: datetime
    end: datetime
    equipment: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not. `equipment` is a code, empty where the refusal is about the booking as a whole or a type; start and
    end are None there as well. `overridable`: a facility manager may set it aside, with a reason. `field`: the field
    of the booking form that it is about, empty for the whole of it."""

    code: str
    message: str
    equipment: str = ""
    start: datetime | None = None
    end: datetime | None = None
    overridable: bool = False
    alternatives: tuple[Alternative, ...] = ()
    number: int | None = None
    cure: Cure = Cure.REQUEST
    field: str = ""


class Refused(Exception):
    """Carries every refusal at once, in the order asked."""

    def __init__(self, refusals: Iterable[Refusal]):
        self.refusals = tuple(refusals)
        super().__init__("; ".join(refusal.code for refusal in self.refusals))


class NotAllowed(PermissionDenied):
    """Somebody else may do this. `missing` names what this person lacks: `booker`, `technician`, `facility_manager`."""

    def __init__(self, message: str, *, missing: str):
        self.missing = missing
        super().__init__(message)
