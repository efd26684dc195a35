"""A month of usage: on a page, and as a file to add up again."""

from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.clock import ZONE
from organisations.models import Organisation, Role, User
from usage.models import KeptReport
from usage.report import Report, month_after, month_before, month_of, report_of
from usage.workbook import definitions, groupings, title_of, workbook_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EARLIEST, LATEST = date(2018, 1, 1), date(2100, 1, 1)


def organisations_reported_to(user: User):
    """Whose reports this person may read: all, or those of organisations one manages."""
    if user.reads_every_report:
        return Organisation.objects.order_by("name")
    managed = Organisation.objects.filter(memberships__user=user, memberships__role=Role.MANAGER)
    return managed.order_by("name")


@login_required
@require_safe
def usage(request):
    report = _report(request)
    context = {
        "report": report,
        "title": title_of(report),
        "tables": groupings(report),
        "definitions": definitions(),
        "organisations": organisations_reported_to(request.user),
        "reads_all": request.user.reads_every_report,
        "previous": month_before(report.month),
        "next": month_after(report.month) if month_after(report.month) < LATEST else None,
        "kept": KeptReport.objects.filter(month=report.month, organisation=report.organisation)
        .defer("workbook_nl", "workbook_en")
        .first(),
        "under_way": report.end > timezone.now(),
    }
    return render(request, "usage/report.html", context)


@login_required
@require_safe
def workbook(request):
    report = _report(request)
    return _file(report.month, report.organisation, workbook_of(report, made_at=timezone.now()))


@login_required
@require_safe
def kept_workbook(request, pk: int):
    """The file as it was made when its month was over."""
    kept = get_object_or_404(KeptReport.objects.filter(_readable(request.user)).select_related("organisation"), pk=pk)
    return _file(kept.month, kept.organisation, kept.workbook(translation.get_language()), "-kept")


def _readable(user: User) -> Q:
    """The facility's are for who reads every report."""
    own = Q(organisation__in=organisations_reported_to(user))
    return own | Q(organisation=None) if user.reads_every_report else own


def _file(month: date, organisation: Organisation | None, content: bytes, which: str = "") -> HttpResponse:
    name = f"usage-{month:%Y-%m}-{organisation.slug if organisation else 'bic-atrium'}{which}"
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{translation.get_language()}.xlsx"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _report(request) -> Report:
    """The one that is asked for, as far as this person may read it. `PermissionDenied` says what is missing."""
    may_read = organisations_reported_to(request.user)
    asked = request.GET.get("organisation")
    if asked:
        organisation = get_object_or_404(may_read, slug=asked)
    elif request.user.reads_every_report:
        organisation = None
    else:
        organisation = may_read.first()
        if organisation is None:
            raise PermissionDenied(_("Only your organisation manager sees this usage report."))
    return report_of(_month(request.GET.get("month", "")), organisation)


def _month(text: str) -> date:
    """The month written as 2026-11; this one where it is something else."""
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=ZONE).date()
    except ValueError:
        return month_of(timezone.now())
    return min(max(month, EARLIEST), LATEST)
