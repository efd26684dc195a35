"""The outbox, for the facility: what waits to be sent, what was, and what failed and why."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from core.moments import moment_in
from core.search import mentioning
from notifications.models import Notification
from notifications.outbox import send_again
from organisations.permissions import facility_managers_only

PER_PAGE = 50
SEARCHED = ("recipient__name", "recipient__email", "topic_name")
# By name: what it is called, and the moment by which its notifications are listed.
SHOWN = {
    "failed": (gettext_lazy("Failed"), "given_up_at"),
    "waiting": (gettext_lazy("Waiting"), "next_try_at"),
    "planned": (gettext_lazy("Planned"), "due_at"),
    "sent": (gettext_lazy("Sent"), "sent_at"),
}


@facility_managers_only
@require_safe
def outbox(request: HttpRequest):
    """One of four lists, in the address with what was searched; the newest first, but what waits and is planned by when
    it comes. Without a choice what failed, or else what waits."""
    now = timezone.now()
    counts = {name: _listed(name, now).count() for name in ("failed", "waiting", "planned")}
    shown = request.GET.get("show")
    if shown not in SHOWN:
        shown = "failed" if counts["failed"] else "waiting"
    moment = SHOWN[shown][1]
    found = mentioning(_listed(shown, now), request.GET.get("q", ""), SEARCHED)
    rows = list(_page(found, moment, shown, request.GET)[: PER_PAGE + 1])
    more = rows[PER_PAGE] if len(rows) > PER_PAGE else None
    context = {
        "shown": shown,
        "lists": [{"name": name, "label": label, "count": counts.get(name)} for name, (label, _by) in SHOWN.items()],
        "rows": [{"notification": n, "moment": getattr(n, moment)} for n in rows[:PER_PAGE]],
        "q": request.GET.get("q", "").strip(),
        "more": urlencode(
            {"show": shown, "q": request.GET.get("q", ""), "from": getattr(more, moment).isoformat(), "id": more.pk}
        )
        if more
        else "",
        "sent_today": Notification.objects.filter(sent_at__gte=now - timedelta(days=1)).count(),
        "now": now,
    }
    return render(request, "notifications/outbox.html", context)


@facility_managers_only
@require_POST
def again(request: HttpRequest):
    """One notification, or all that failed. `times` is how often the page says that it was sent again: a press whose
    answer was lost, and is made once more, sends nothing twice."""
    now, one = timezone.now(), request.POST.get("notification", "")
    found = Notification.objects.filter(given_up_at__isnull=False)
    if one != "all failed":
        found = Notification.objects.filter(pk=pk) if (pk := _id(one)) else Notification.objects.none()
        times = request.POST.get("times", "")
        found = found.filter(sent_again=int(times) if times.isdecimal() and len(times) < 10 else 0)
    count = send_again(found, now=now)
    if count:
        text = ngettext("%(count)d notification is sent again.", "%(count)d notifications are sent again.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.warning(request, _("Nothing to send again."))
    show = request.POST.get("show", "")
    return redirect(f"{reverse('outbox')}?{urlencode({'show': show})}" if show in SHOWN else "outbox")


def _listed(name: str, now: datetime) -> QuerySet[Notification]:
    waiting = Notification.objects.waiting()
    return {
        "failed": Notification.objects.filter(given_up_at__isnull=False),
        "waiting": waiting.filter(due_at__lte=now),
        "planned": waiting.filter(due_at__gt=now),
        "sent": Notification.objects.filter(sent_at__isnull=False),
    }[name]


def _page(notifications: QuerySet[Notification], moment: str, shown: str, query) -> QuerySet[Notification]:
    """From the moment `from` on, and of those of that one moment from `id` on: a sweep gives a whole class the same.
    By an index, however many there are."""
    forward = shown in ("waiting", "planned")
    since, first = moment_in(query.get("from", "")), _id(query.get("id", ""))
    if since:
        notifications = notifications.filter(**{f"{moment}__{'gte' if forward else 'lte'}": since})
    if since and first:
        notifications = notifications.exclude(**{moment: since, "pk__lt": first})
    return notifications.select_related("recipient").order_by(moment if forward else f"-{moment}", "pk")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
