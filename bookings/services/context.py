"""Loading what the rules read about people and shares. Each loader is one statement (quotas two) for any number of
reservations, and asks nothing where no machine or organisation concerned needs it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, FilteredRelation, Q

from bookings.models import HOLDING_STATES, Quota, Reservation
from bookings.models.bookings import COUNTED_STATES
from bookings.rules.candidates import OperatorTime, QuotaUse, Requirement
from core.periods import Period, periods_of
from equipment.models import CertificateKind, Equipment, Operator
from organisations.models import Organisation

OPERATOR_TIMES = """
    SELECT runs.equipmenttype_id, operator.id,
           CASE WHEN operator.hours_id IS NULL THEN tstzmultirange(asked.period)
                ELSE (SELECT range_agg(span.period) FROM equipment_calendarspan span
                       WHERE span.calendar_id = operator.hours_id AND span.period && asked.period)
           END,
           (SELECT range_agg(reservation.operated) FROM bookings_reservation reservation
             WHERE reservation.operator_id = operator.id AND reservation.operated && asked.period
               AND reservation.state = ANY (%s) AND reservation.id <> ALL (%s))
      FROM (SELECT tstzrange(%s, %s) AS period) asked, equipment_operator operator
      JOIN equipment_operator_types runs ON runs.operator_id = operator.id
     WHERE operator.active AND runs.equipmenttype_id = ANY (%s)
     ORDER BY operator.id
"""


def load_requirements(type_ids: Collection[int], user_ids: Iterable[int]) -> Mapping[int, list[Requirement]]:
    """Per type the certificates it needs, each with the days on which one of these people holds it."""
    if not type_ids:
        return {}
    rows = (
        CertificateKind.required_for.through.objects.filter(equipmenttype__in=type_ids)
        .annotate(
            held=FilteredRelation(
                "certificatekind__certificates",
                condition=Q(
                    certificatekind__certificates__user__in=list(user_ids),
                    certificatekind__certificates__withdrawn_at=None,
                ),
            )
        )
        .values_list(
            "equipmenttype_id",
            "certificatekind_id",
            "certificatekind__name",
            "certificatekind__name_en",
            "held__granted_on",
            "held__valid_until",
        )
        .order_by("certificatekind_id")
    )
    found: dict[int, dict[int, Requirement]] = defaultdict(dict)
    for type_id, kind_id, name, name_en, since, until in rows:
        kind = CertificateKind(pk=kind_id, name=name, name_en=name_en)
        requirement = found[type_id].setdefault(kind_id, Requirement(kind, []))
        if since is not None:
            found[type_id][kind_id] = Requirement(kind, [*requirement.held, (since, until)])
    return {type_id: list(kinds.values()) for type_id, kinds in found.items()}


def lock_operators(type_ids: Collection[int]) -> None:
    """Hold those who run these types until the transaction ends, in id order, before any machine is locked."""
    if type_ids:
        running = Operator.objects.filter(pk__in=Operator.types.through.objects.filter(
            equipmenttype__in=type_ids
        ).values("operator_id"))  # fmt: skip
        list(running.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))


def load_operators(
    type_ids: Collection[int], window: Period, *, exclude: Sequence[int] = ()
) -> Mapping[int, list[OperatorTime]]:
    """Per type the operators who run it, with when they work and where they are taken around `window`."""
    if not type_ids:
        return {}
    found: dict[int, list[OperatorTime]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            OPERATOR_TIMES,
            [[str(s) for s in HOLDING_STATES], list(exclude), window.start, window.end, list(type_ids)],
        )
        for type_id, operator_id, works, taken in cursor.fetchall():
            found[type_id].append(OperatorTime(operator_id, periods_of(works or ()), periods_of(taken or ())))
    return found


def count_open_reservations(
    organisation: Organisation, type_ids: Collection[int], now: datetime, *, exclude: Sequence[int] = ()
) -> Mapping[int, int]:
    """Per type how many reservations the organisation has ahead or under way."""
    if not type_ids:
        return {}
    ahead = (
        Reservation.objects.holding()
        .going_on_or_ahead(now)
        .filter(booking__organisation=organisation, equipment__type__in=type_ids)
        .exclude(pk__in=exclude)
    )
    return dict(ahead.values_list("equipment__type").annotate(count=Count("pk")).order_by())


def load_quotas(
    organisation: Organisation, machines: Iterable[Equipment], window: Period, *, exclude: Sequence[int] = ()
) -> list[QuotaUse]:
    """The organisation's quotas that cover one of these machines, with what counts in every window around `window`."""
    quotas = Quota.objects.filter(organisation=organisation).select_related("fieldlab", "equipment_type").order_by("pk")
    covering = [q for q in quotas if any(q.covers(machine) for machine in machines)]
    if not covering:
        return []
    windows = [span for quota in covering for span in quota.windows_of(window)]
    around = DateTimeTZRange(min(w.start for w in windows), max(w.end for w in windows))
    rows = list(
        Reservation.objects.filter(COUNTED_STATES, booking__organisation=organisation, period__overlap=around)
        .exclude(pk__in=exclude)
        .select_related("equipment")
        .only("period", "equipment__type", "equipment__fieldlab")
    )
    return [QuotaUse(q, [Period(r.start, r.end) for r in rows if q.covers(r.equipment)]) for q in covering]
