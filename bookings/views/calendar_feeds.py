"""Calendars to follow: the file at its secret address, and the page where one makes and revokes them."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.ical.feeds import read_feed
from bookings.models import CalendarFeed, FeedOf
from equipment.models import Equipment
from organisations.keys import A_YEAR, TooManyKeys, term_choices, term_of
from organisations.models import Organisation, User


class FeedForm(forms.Form):
    """`of` names what is followed: mine, floor, organisation:SLUG or machine:CODE."""

    of = forms.ChoiceField(label=gettext_lazy("What do you want to follow?"))
    days = forms.ChoiceField(
        label=gettext_lazy("How long"), choices=term_choices, initial=str(A_YEAR.days), required=False
    )
    form = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data=None, *, person: User, initial=None):
        super().__init__(data, initial={"form": secrets.token_urlsafe(16), **(initial or {})})
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

    @property
    def term(self) -> timedelta:
        return term_of(self.cleaned_data["days"])

    def chosen(self) -> dict:
        """The columns of the feed that is asked for."""
        of, _colon, name = self.cleaned_data["of"].partition(":")
        if of == FeedOf.ORGANISATION:
            return {"of": of, "organisation": Organisation.objects.get(slug=name)}
        if of == FeedOf.MACHINE:
            return {"of": of, "equipment": Equipment.objects.get(code=name)}
        return {"of": of}


@require_safe
@gzip_page
def calendar_file(request: HttpRequest, secret: str) -> HttpResponse:
    """For calendar programs, which do not sign in: the address is the key. One that is revoked or over is not found.
    HEAD is answered as GET is, with the headers by which a program knows whether it has this already."""
    now = timezone.now()
    feed = CalendarFeed.objects.matching(secret, now).first()
    if feed is None:
        text = "This calendar address does not exist, or has ended. See /me/feeds/ on this site.\n"
        return HttpResponse(text, status=404, content_type="text/plain; charset=utf-8")
    with translation.override(feed.owner.language):
        content, changed = read_feed(feed, now=now)
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    etag, last_modified = quote_etag(sha256(content).hexdigest()), int(changed.timestamp())
    answer["ETag"], answer["Last-Modified"] = etag, http_date(last_modified)
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, etag, last_modified, answer)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_feeds(request):
    """GET lists them; POST makes one and shows its address, this once."""
    person = request.user
    now = timezone.now()
    feeds = person.calendar_feeds.kept().select_related("organisation", "equipment")
    form = FeedForm(request.POST or None, person=person, initial={"of": request.GET.get("of", FeedOf.MINE)})
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = CalendarFeed.issue(
                owner=person, now=now, term=form.term, form=form.cleaned_data["form"], **form.chosen()
            )
        except TooManyKeys as refused:
            form.add_error("of", str(refused))
        else:
            form = FeedForm(person=person, initial=form.cleaned_data | {"form": secrets.token_urlsafe(16)})
    address = request.build_absolute_uri(reverse("calendar_file", args=[secret])) if made else ""
    context = {
        "form": form,
        "feeds": feeds.order_by("-created_at"),
        "made": made,
        "address": address,
        "today": timezone.localdate(now),
        # The scheme by which a browser hands the address to the calendar program of its machine.
        "subscribe": f"webcal:{address.partition(':')[2]}",
    }
    return render(request, "bookings/calendar_feeds.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request, pk: int):
    feed = get_object_or_404(request.user.calendar_feeds, pk=pk)
    request.user.calendar_feeds.filter(pk=pk).end(timezone.now())
    messages.success(request, _("Revoked: %(name)s. The link no longer works.") % {"name": feed})
    return redirect("calendar_feeds")


@login_required
@require_POST
def extend(request, pk: int):
    """From today on, for a year; the address stays the same."""
    feed = get_object_or_404(request.user.calendar_feeds.kept(), pk=pk)
    request.user.calendar_feeds.filter(pk=pk).extend(A_YEAR, timezone.now())
    messages.success(request, _("Extended by a year: %(name)s. Nothing has to be set up again.") % {"name": feed})
    return redirect("calendar_feeds")
