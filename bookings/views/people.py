"""A person's own page, and an organisation's."""

import secrets
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.models import Reservation
from bookings.quotas.balances import load_balances
from bookings.views.bookings import rows_of, still_ahead, with_all_that_is_said
from bookings.views.shares import certificate_lines
from core.clock import ZONE
from organisations import permissions
from organisations.keys import MOST_KEYS, term_choices
from organisations.models import Organisation, Role, User

SHOWN_AHEAD = 10


@login_required
@never_cache
@require_safe
def account(request):
    """Organisations and roles, hours left, certificates, language, signing in, tokens."""
    now, user = timezone.now(), request.user
    memberships = list(user.memberships.select_related("organisation").order_by("organisation__name"))
    own = user.certificates.select_related("kind").prefetch_related("kind__required_for")
    context = {
        "memberships": memberships,
        "balances": load_balances([m.organisation for m in memberships], now=now),
        "certificates": certificate_lines(own, today=now.astimezone(ZONE).date()),
        "form_token": secrets.token_urlsafe(16),
        "tokens": user.api_tokens.kept().order_by("-created_at"),
        "most_tokens": MOST_KEYS,
        "terms": term_choices(),
        "today": now.astimezone(ZONE).date(),
    }
    return render(request, "organisations/account.html", context)


@login_required
@require_safe
def organisation(request, slug: str):
    """Who leads it and what is left of its hours; for who leads it and for the facility also its people and what is
    booked. Others find nothing."""
    now, user = timezone.now(), request.user
    found = get_object_or_404(Organisation.objects.visible_to(user), slug=slug)
    members = list(found.memberships.select_related("user").order_by("user__name"))
    role = next((m.role for m in members if m.user_id == user.pk), None)
    leads = permissions.may_see_every_booking(user) or permissions.leads(role)
    context = {
        "organisation": found,
        "role": Role(role).label if role else "",
        "leads": leads,
        "reads_usage": permissions.may_read_every_report(user) or role == Role.MANAGER,
        "managers": [m for m in members if m.role == Role.MANAGER],
        "members": members,
        "balances": load_balances([found], now=now),
        **(_ahead(found, user, now) if leads else {}),
        "now": now,
    }
    return render(request, "organisations/organisation.html", context)


def _ahead(organisation: Organisation, user: User, now: datetime) -> dict:
    """The first reservations ahead, and how many there are."""
    seen = Reservation.objects.visible_to(user).filter(booking__organisation=organisation)
    ahead = still_ahead(seen, now)
    first = with_all_that_is_said(ahead.order_by("period", "pk"))[:SHOWN_AHEAD]
    return {"rows": rows_of(first, user, now), "ahead": ahead.count()}
