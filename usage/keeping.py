"""Keeping the usage report of a month that is over, and telling those it is for.

The facility's and one for each organisation that booked. Each is made once: who asks again, or two at once, changes
nothing.
"""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from notifications.models import Notification
from notifications.writing import write_notifications
from organisations.models import AUDITORS, FACILITY_MANAGERS, Organisation, Role, User
from usage.measures import hours, total
from usage.models import KeptReport
from usage.notifications import UsageReport
from usage.report import Report, month_before, month_of, report_of
from usage.workbook import workbook_of


def keep_reports(*, now: datetime, month: date | None = None) -> int:
    """Of `month`, else of the last that is over at `now`; how many were made. ValueError while the month lasts."""
    month = (month or month_before(month_of(now))).replace(day=1)
    whole = report_of(month)
    if whole.end > now:
        raise ValueError(f"{month:%Y-%m} is not over yet")
    kept = KeptReport.objects.filter(month=month)
    known = set(kept.values_list("organisation", flat=True))
    booked = {row.organisation for row in whole.rows}
    organisations = Organisation.objects.filter(name__in=booked).exclude(pk__in=known - {None})
    made = [] if None in known else [_keep(whole, now)]
    made += [_keep(report_of(month, organisation), now) for organisation in organisations]
    return sum(made)


def _keep(report: Report, now: datetime) -> bool:
    """Whether it was made; False where another worker was first."""
    economic = total(row for row in report.rows if row.economic == "economic")
    files = {}
    for language in ("nl", "en"):
        with translation.override(language):
            files[f"workbook_{language}"] = workbook_of(report, made_at=now)
    with transaction.atomic():
        kept, made = KeptReport.objects.get_or_create(
            month=report.month,
            organisation=report.organisation,
            defaults={
                "made_at": now,
                "reservations": len(report.rows),
                "booked": report.booked,
                "economic": economic,
                "bookable": report.bookable,
                **files,
            },
        )
        if made:
            write_notifications(_notifications(kept, now), now)
    return made


def _notifications(kept: KeptReport, now: datetime) -> list[Notification]:
    organisation = kept.organisation
    if organisation:
        readers = User.objects.filter(memberships__organisation=organisation, memberships__role=Role.MANAGER)
    else:
        readers = User.objects.filter(Q(is_superuser=True) | Q(groups__name__in=(FACILITY_MANAGERS, AUDITORS)))
    payload = {
        "month": kept.month.isoformat(),
        "organisation": organisation.slug if organisation else "",
        "whose": organisation.name if organisation else "BIC Atrium",
        "reservations": kept.reservations,
        "booked": hours(kept.booked),
        "economic": hours(kept.economic),
        # What the machines could have been had for says something about the facility, nothing about one of its users.
        "bookable": None if organisation else hours(kept.bookable),
    }
    return [
        Notification(
            kind=UsageReport.code,
            recipient_id=person_id,
            key=f"usage/{kept.month:%Y-%m}/{organisation.pk if organisation else 'all'}",
            topic=f"usage/{kept.month:%Y-%m}",
            payload=payload,
            due_at=now,
        )
        for person_id in readers.filter(is_active=True).order_by("pk").values_list("pk", flat=True).distinct()
    ]
