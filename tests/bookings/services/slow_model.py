"""A slow and obvious model of the house rules: reads the rows of the database and walks the clock in steps of a
quarter, asking of each step who is there and who has what. Shares no code with the rules or the search.

Everything it is asked about must lie on whole quarters.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bookings.models import Quota, Reservation
from equipment.models import CalendarSpan, Certificate, CertificateKind, Equipment, Operator

CLOCK = ZoneInfo("Europe/Amsterdam")
STEP = timedelta(minutes=15)
LONGEST_WAIT = 24 * 24 * 4  # steps
HOLDING = {"requested", "offered", "confirmed", "in_use"}


def steps(duration: timedelta) -> int:
    whole, rest = divmod(duration, STEP)
    assert not rest
    return whole


class SlowModel:
    """The Atrium as its rows say, in steps counted from `origin`, `length` of them known."""

    def __init__(self, origin: datetime, days: int, now: datetime):
        self.origin, self.now = origin.astimezone(UTC), now.astimezone(UTC)
        self.length = days * 96
        self.spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for span in CalendarSpan.objects.all():
            self.spans[span.calendar_id].append((self.step_of(span.period.lower), self.step_of(span.period.upper)))
        self.machines = {m.code: m for m in Equipment.objects.select_related("type", "fieldlab")}
        self.out = {code: self._steps_of_calendar(m.outages_id) for code, m in self.machines.items()}
        self.staffed = {code: self._staffed(m) - self.out[code] for code, m in self.machines.items()}
        self.reservations = list(Reservation.objects.select_related("booking", "equipment").order_by("pk"))
        self.certificates = list(Certificate.objects.filter(withdrawn_at=None))
        self.kinds = [(kind.pk, {t.pk for t in kind.required_for.all()}) for kind in CertificateKind.objects.all()]
        self.operators = [
            (o.pk, {t.pk for t in o.types.all()}, self._steps_of_calendar(o.hours_id) if o.hours_id else None)
            for o in Operator.objects.filter(active=True)
        ]
        self.quotas = list(Quota.objects.all())

    # ---- The clock

    def step_of(self, moment: datetime) -> int:
        return steps(moment.astimezone(UTC) - self.origin)

    def moment(self, step: int) -> datetime:
        return self.origin + step * STEP

    def local(self, step: int) -> datetime:
        return self.moment(step).astimezone(CLOCK)

    def _steps_of_calendar(self, calendar_id: int | None) -> set[int]:
        spans = self.spans.get(calendar_id, ())
        return {step for first, end in spans for step in range(max(first, 0), min(end, self.length))}

    def _staffed(self, machine: Equipment) -> set[int]:
        hours = machine.opening_hours_id
        found = self._steps_of_calendar(hours) if hours else set(range(self.length))
        for closure in machine.closures.all():
            found -= self._steps_of_calendar(closure.pk)
        return found

    # ---- One machine for `[start, end)`

    def occupied(self, machine: Equipment, start: int, end: int) -> range | None:
        policy = machine.policy
        before, after = steps(policy.set_up), steps(policy.clean_up)
        if not policy.unattended:
            return range(start - before, end + after)
        staffed = self.staffed[machine.code]
        for removal in range(end, min(end + LONGEST_WAIT + 1, self.length)):
            if all(step in staffed for step in range(removal, removal + max(after, 1))):
                return range(start - before, removal + after)
        return None

    def with_people(self, machine: Equipment, start: int, end: int, occupied: range) -> set[int]:
        """The steps at which somebody is at work on it: an operator, where it takes one."""
        if not machine.policy.unattended:
            return set(occupied)
        after = steps(machine.policy.clean_up)
        return {*range(occupied.start, start), *range(occupied.stop - after, occupied.stop)}

    def broken(
        self, machine: Equipment, start: int, end: int, *, people: set[int], organisation: int, apart: int | None = None
    ) -> set[str]:
        """The codes of the rules that it breaks; `apart` is the reservation that it is itself, if it is one."""
        policy, codes = machine.policy, set()
        occupied = self.occupied(machine, start, end)
        local = self.local(start)
        if self.moment(start) < self.now:
            codes.add("in_the_past")
        if any(self.local(step).minute % policy.grid_minutes for step in (start, end)):
            codes.add("off_grid")
        if (end - start) * STEP < policy.shortest:
            codes.add("too_short")
        if policy.longest is not None and (end - start) * STEP > policy.longest:
            codes.add("too_long")
        if self.now <= self.moment(start) < self.now + policy.notice_period:
            codes.add("notice_too_short")
        if self.moment(start) > self.now + policy.horizon:
            codes.add("beyond_horizon")
        if policy.last_start and local.time() > policy.last_start:
            codes.add("outside_opening_hours")
        if occupied is None:
            return codes | {"outside_opening_hours"}
        codes |= self._broken_about_place(machine, start, occupied, apart)
        codes |= self._broken_about_people(machine, start, end, occupied, people, apart)
        return codes | self._broken_about_shares(machine, start, end, organisation, apart)

    def _broken_about_place(self, machine, start, occupied, apart) -> set[str]:
        codes = set()
        needed = set(occupied)
        if machine.policy.unattended:
            needed = set(range(occupied.start, start)) or {start}
        if not needed <= self.staffed[machine.code] | self.out[machine.code]:
            codes.add("outside_opening_hours")
        if self.out[machine.code] & set(occupied):
            codes.add("during_outage")
        for other in self.holding(apart):
            taken = range(self.step_of(other.occupied.lower), self.step_of(other.occupied.upper))
            if other.equipment_id == machine.pk and max(taken.start, occupied.start) < min(taken.stop, occupied.stop):
                codes.add("clash")
        return codes

    def _broken_about_people(self, machine, start, end, occupied, people, apart) -> set[str]:
        codes = set()
        days = {self.local(step).date() for step in range(start, end)}
        for kind, types in self.kinds:
            held = [c for c in self.certificates if c.kind_id == kind and c.user_id in people]
            covers = (all(c.granted_on <= day < c.valid_until for day in days) for c in held)
            if machine.type_id in types and not any(covers):
                codes.add("not_certified")
        needed = self.with_people(machine, start, end, occupied)
        if machine.policy.operator_needed and not any(
            machine.type_id in types and (hours is None or needed <= hours) and not needed & self.operating(pk, apart)
            for pk, types, hours in self.operators
        ):
            codes.add("no_operator")
        return codes

    def _broken_about_shares(self, machine, start, end, organisation, apart) -> set[str]:
        codes = set()
        own = [r for r in self.reservations if r.booking.organisation_id == organisation and r.pk != apart]
        limit = machine.policy.open_reservation_limit
        ahead = [r for r in own if r.state in HOLDING and r.end > self.now and r.equipment.type_id == machine.type_id]
        if limit is not None and len(ahead) + 1 > limit:
            codes.add("too_many_open")
        counted = [(machine, start, end)]
        for r in own:
            if r.state in HOLDING | {"completed", "no_show"} or (r.state == "cancelled" and r.cancelled_late):
                counted.append((r.equipment, self.step_of(r.start), self.step_of(r.end)))
        for quota in self.quotas:
            if quota.organisation_id == organisation and self._in_scope(quota, machine):
                spent = self._spent(quota, [c for c in counted if self._in_scope(quota, c[0])])
                touched = {self._window(quota, step) for step in range(start, end)}
                if any(spent[window] > quota.hours for window in touched):
                    codes.add("over_quota")
        return codes

    # ---- Others, and shares

    def holding(self, apart: int | None = None):
        return (r for r in self.reservations if r.state in HOLDING and r.pk != apart)

    def operating(self, operator: int, apart: int | None = None) -> set[int]:
        """The steps at which this operator is with a machine."""
        return {
            step
            for r in self.holding(apart)
            if r.operator_id == operator
            for first, last in r.operated
            for step in range(self.step_of(first), self.step_of(last))
        }

    def _in_scope(self, quota: Quota, machine: Equipment) -> bool:
        if quota.fieldlab_id:
            return machine.fieldlab_id == quota.fieldlab_id
        return quota.equipment_type_id is None or machine.type_id == quota.equipment_type_id

    def _window(self, quota: Quota, step: int):
        day = self.local(step).date()
        if quota.span == "week":
            return day.isocalendar()[:2]
        return (day.year, day.month if quota.span == "month" else (day.month + 2) // 3)

    def _spent(self, quota: Quota, counted) -> dict:
        spent: dict = defaultdict(Decimal)
        for _machine, start, end in counted:
            for step in range(start, end):
                local = self.local(step)
                peak = local.weekday() < 5 and quota.peak_from <= local.time() < quota.peak_until
                weight = quota.peak_weight if peak else quota.off_peak_weight
                spent[self._window(quota, step)] += weight / 4
        return spent

    # ---- What was written

    def broken_by(self, reservation: Reservation) -> set[str]:
        """What a written reservation breaks as it stands among all the others, its own columns among it."""
        machine = self.machines[reservation.equipment.code]
        start, end = self.step_of(reservation.start), self.step_of(reservation.end)
        booking = reservation.booking
        people = {booking.booker_id, booking.supervisor_id}
        codes = self.broken(
            machine, start, end, people=people, organisation=booking.organisation_id, apart=reservation.pk
        )
        occupied = self.occupied(machine, start, end)
        written = range(self.step_of(reservation.occupied.lower), self.step_of(reservation.occupied.upper))
        if written != occupied:
            codes.add("occupied is not what it should be")
        if machine.policy.operator_needed and occupied and not self._operated_rightly(machine, reservation, occupied):
            codes.add("no_operator")
        return codes

    def _operated_rightly(self, machine: Equipment, reservation: Reservation, occupied: range) -> bool:
        start, end = self.step_of(reservation.start), self.step_of(reservation.end)
        needed = self.with_people(machine, start, end, occupied)
        written = {
            s for first, last in reservation.operated or () for s in range(self.step_of(first), self.step_of(last))
        }
        return written == needed and any(
            pk == reservation.operator_id
            and machine.type_id in types
            and (hours is None or needed <= hours)
            and not needed & self.operating(pk, reservation.pk)
            for pk, types, hours in self.operators
        )
