"""What is evaluated, by what, and what comes of it: candidates, the context, and allocations. Only data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from bookings.models import Purpose, Quota
from bookings.scheduling.placement import MachineTime
from core.periods import Period
from equipment.models import CertificateKind, Equipment
from equipment.policy import Policy
from organisations.models import Organisation, Role


@dataclass(frozen=True, slots=True)
class Candidate:
    """One machine for `[start, end)`, as it would be reserved.

    `number` says which of the asked reservations it is for. `occupied` is the period with set-up and clean-up; None
    where that cannot be said: the end is not after the start, the dates are beyond every calendar, or an unattended
    run would never be taken out. `moves_from` is the period it had, when an existing reservation is moved,
    and `changes_type` that it was on a machine of another type.
    `beyond_calendars`: so far ahead or back that no calendar says anything of it; the rules about time refuse it.
    `staffed_as_booked`: of a reservation that is rechecked, when people must be there by the set-up and clean-up that
    it was booked with.
    """

    number: int
    equipment: Equipment
    policy: Policy
    start: datetime
    end: datetime
    occupied: Period | None
    time: MachineTime
    moves_from: Period | None = None
    changes_type: bool = False
    beyond_calendars: bool = False
    staffed_as_booked: tuple[Period, ...] = ()

    @property
    def duration(self) -> timedelta:
        """Elapsed time, also across a change of the clocks: the moments are compared in UTC."""
        return self.end - self.start

    @property
    def starts_as_before(self) -> bool:
        return self.moves_from is not None and self.moves_from.start == self.start


@dataclass(frozen=True, slots=True)
class OperatorTime:
    """When an operator works and where they are taken, in order, in the window that is evaluated."""

    operator_id: int
    open: Sequence[Period]
    taken: Sequence[Period]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A certificate that a type needs, and when the booker or the supervisor holds it: `[from, until)` in days."""

    kind: CertificateKind
    held: Sequence[tuple[date, date]]


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """A quota of the organisation, and the reservations that already count for it: (equipment id, period)."""

    quota: Quota
    counted: Sequence[Period]

    def used_in(self, window: Period) -> Decimal:
        return sum((self.quota.hours_of(period, window) for period in self.counted), Decimal(0))


@dataclass(frozen=True, slots=True)
class Allocation:
    """A candidate that was accepted: the codes set aside for it, and the operator who will run it."""

    candidate: Candidate
    set_aside: tuple[str, ...] = ()
    operator_id: int | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a booking as a whole. `organisation` is None where there is none such for the booker.

    Per id of an equipment type: `requirements`, `operators`, and `open_reservations`, how many the organisation has
    ahead. `allocated` are the reservations of the same booking that were accepted before the one that is evaluated.
    """

    now: datetime
    organisation: Organisation | None
    role: Role | None = None
    purpose: Purpose | None = None
    moving: bool = False
    requirements: Mapping[int, Sequence[Requirement]] = field(default_factory=dict)
    operators: Mapping[int, Sequence[OperatorTime]] = field(default_factory=dict)
    quotas: Sequence[QuotaUse] = ()
    open_reservations: Mapping[int, int] = field(default_factory=dict)
    allocated: tuple[Allocation, ...] = ()
