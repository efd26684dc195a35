"""What organisations have left of the hours their people share: of each quota, this window and the next."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.models import Quota, Reservation
from bookings.models.bookings import COUNTED_STATES
from bookings.rules.candidates import QuotaUse
from core.clock import ZONE
from core.periods import Period
from organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Balance:
    """Of one quota in one week, month or quarter: weighted hours, those still ahead included."""

    window: Period
    hours: Decimal
    used: Decimal

    @property
    def left(self) -> Decimal:
        return max(self.hours - self.used, Decimal(0))

    @property
    def over(self) -> Decimal:
        """What was used beyond the quota: where a facility manager set it aside, or made it smaller later."""
        return max(self.used - self.hours, Decimal(0))

    @property
    def percent_used(self) -> int:
        """Of the quota, 100 at most; a quota of no hours is used up."""
        return min(100, round(100 * self.used / self.hours)) if self.hours else 100


@dataclass(frozen=True, slots=True)
class QuotaBalance:
    quota: Quota
    current: Balance
    coming: Balance


def load_balances(organisations: Collection[Organisation], *, now: datetime) -> list[QuotaBalance]:
    """Every quota of these organisations with what counts in the window of `now` and the one after, by name of the
    organisation. Two statements at most, however many there are."""
    quotas = list(
        Quota.objects.filter(organisation__in=organisations)
        .select_related("organisation", "fieldlab", "equipment_type")
        .order_by("organisation__name", "pk")
    )
    if not quotas:
        return []
    windows = [window for quota in quotas for window in two_windows(quota, now)]
    around = DateTimeTZRange(min(w.start for w in windows), max(w.end for w in windows))
    rows = (
        Reservation.objects.filter(COUNTED_STATES, period__overlap=around)
        .filter(booking__organisation__in={quota.organisation_id for quota in quotas})
        .select_related("booking", "equipment")
        .only("period", "booking__organisation", "equipment__type", "equipment__fieldlab")
    )
    counted = defaultdict(list)
    for row in rows:
        counted[row.booking.organisation_id].append(row)
    return [balance_of(use_of(quota, counted[quota.organisation_id]), now=now) for quota in quotas]


def use_of(quota: Quota, reservations: Iterable[Reservation]) -> QuotaUse:
    return QuotaUse(quota, [Period(r.start, r.end) for r in reservations if quota.covers(r.equipment)])


def balance_of(use: QuotaUse, *, now: datetime) -> QuotaBalance:
    """Reads what is counted, nothing else."""
    current, coming = (Balance(w, use.quota.hours, use.used_in(w)) for w in two_windows(use.quota, now))
    return QuotaBalance(use.quota, current, coming)


def two_windows(quota: Quota, now: datetime) -> tuple[Period, Period]:
    """The week, month or quarter of `now`, and the one after."""
    current = quota.window_of(now.astimezone(ZONE).date())
    return current, quota.window_of(current.end.astimezone(ZONE).date())
