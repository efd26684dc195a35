"""The bell: what one was told, newest first, and how much of it is unread."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications.letter import Letter
from notifications.models import Notification
from notifications.types import letter_for, load_all

PER_PAGE = 20
COUNTED = 99  # more than these are "99+"


@login_required
@require_safe
def inbox(request):
    """Each as its mail begins: as it was sent, or, while it is on its way, as it would be."""
    now = timezone.now()
    told = Notification.objects.told(request.user, now)
    page = Paginator(told, PER_PAGE).get_page(request.GET.get("page"))
    load_all([notification for notification in page if notification.told is None])
    rows = [_row(notification, now) for notification in page]
    context = {"page": page, "rows": rows, "unread": told.unread(now).exists(), "now": now}
    return render(request, "notifications/inbox.html", context)


def _row(notification: Notification, now: datetime) -> dict:
    """`over`: it is too late for it to be of use. Without a letter and not over, things have changed since."""
    over = notification.expires_at is not None and notification.expires_at <= now
    letter = _letter(notification, now)
    return {"notification": notification, "letter": letter, "over": over, "new": not (notification.read_at or over)}


def _letter(notification: Notification, now: datetime) -> Letter | None:
    """As it was sent; what was not sent says what holds now."""
    if notification.told is not None:
        return Letter.from_told(notification.told)
    return letter_for(notification, now=now)


@login_required
@require_safe
def message(request, pk: UUID):
    """One of them, with a link to how things are now. It counts as read."""
    now = timezone.now()
    notification = get_object_or_404(Notification.objects.told(request.user, now), pk=pk)
    Notification.objects.filter(pk=pk, read_at=None).update(read_at=now)
    letter = _letter(notification, now)
    page = notification.page or (letter.page if letter else "")
    context = {"notification": notification, "letter": letter, "now_at": page}
    return render(request, "notifications/message.html", context)


@login_required
@require_POST
def read_all(request):
    now = timezone.now()
    Notification.objects.told(request.user, now).filter(read_at=None).update(read_at=now)
    messages.success(request, _("All notifications are marked as read."))
    return redirect("notifications")


@require_safe
def unread(request: HttpRequest) -> JsonResponse:
    """How many, for the bell: at most one more than it counts; and what time it is. One statement."""
    if not request.user.is_authenticated:
        return JsonResponse({"unread": 0}, status=401)
    now = timezone.now()
    waiting = Notification.objects.told(request.user, now).unread(now)
    count = waiting.values("pk")[: COUNTED + 1].count()
    text = f"{COUNTED}+" if count > COUNTED else str(count)
    said = {"unread": count, "text": text, "now": now.isoformat()}
    return JsonResponse(said, headers={"Cache-Control": "private, no-store"})
