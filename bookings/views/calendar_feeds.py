"""Calendars to follow: the file at its secret address, and the page where one makes and revokes them."""

from datetime import UTC

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import decorator_from_middleware
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bookings.calendar_feeds import read_feed
from bookings.models import CalendarFeed, FeedOf
from equipment.models import Equipment
from organisations.models import Organisation, User

MOST_FEEDS = 20


class FeedForm(forms.Form):
    """`of` names what is followed: mine, floor, organisation:SLUG or machine:CODE."""

    of = forms.ChoiceField(label=gettext_lazy("What do you want to follow?"))

    def __init__(self, data=None, *, person: User, initial=None):
        super().__init__(data, initial=initial)
        organisations = Organisation.objects.filter(memberships__user=person).order_by("name")
        machines = Equipment.objects.in_service().order_by("code")
        self.fields["of"] = forms.ChoiceField(
            label=self.fields["of"].label,
            choices=[
                (FeedOf.MINE, FeedOf.MINE.label),
                *((f"organisation:{o.slug}", o.name) for o in organisations),
                (FeedOf.FLOOR, FeedOf.FLOOR.label),
                *((f"machine:{m.code}", f"{m.code} {m.name}") for m in machines),
            ],
        )

    def chosen(self) -> dict:
        """The columns of the feed that is asked for."""
        of, _colon, name = self.cleaned_data["of"].partition(":")
        if of == FeedOf.ORGANISATION:
            return {"of": of, "organisation": Organisation.objects.get(slug=name)}
        if of == FeedOf.MACHINE:
            return {"of": of, "equipment": Equipment.objects.get(code=name)}
        return {"of": of}


@require_safe
@decorator_from_middleware(ConditionalGetMiddleware)
def calendar_file(request: HttpRequest, secret: str) -> HttpResponse:
    """For calendar programs, which do not sign in: the address is the key. A revoked one is not found."""
    now = timezone.now()
    feed = CalendarFeed.objects.matching(secret).first()
    if feed is None:
        text = "This calendar address does not exist, or was revoked.\n"
        return HttpResponse(text, status=404, content_type="text/plain; charset=utf-8")
    with translation.override(feed.owner.language):
        content, changed = read_feed(feed, now=now)
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Last-Modified"] = http_date(changed.astimezone(UTC).timestamp())
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@login_required
@never_cache
def calendar_feeds(request):
    """GET lists them; POST makes one and shows its address, this once."""
    person = request.user
    feeds = person.calendar_feeds.filter(revoked_at=None).select_related("organisation", "equipment")
    form = FeedForm(request.POST or None, person=person, initial={"of": request.GET.get("of", FeedOf.MINE)})
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        if feeds.count() >= MOST_FEEDS:
            form.add_error(
                "of", _("You have %(most)d already. Revoke one that you no longer use.") % {"most": MOST_FEEDS}
            )
        else:
            made, secret = CalendarFeed.issue(owner=person, now=timezone.now(), **form.chosen())
    address = request.build_absolute_uri(reverse("calendar_file", args=[secret])) if made else ""
    context = {"form": form, "feeds": feeds.order_by("-created_at"), "made": made, "address": address}
    return render(request, "bookings/calendar_feeds.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request, pk: int):
    feed = get_object_or_404(request.user.calendar_feeds, pk=pk)
    request.user.calendar_feeds.filter(pk=pk, revoked_at=None).update(revoked_at=timezone.now())
    messages.success(request, _("Revoked: %(name)s. Its address no longer works.") % {"name": feed})
    return redirect("calendar_feeds")
