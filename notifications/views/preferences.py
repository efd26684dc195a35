"""When and how a person is told."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications.forms import PreferenceForm
from notifications.models import NotificationPreference
from notifications.preferences import choose
from notifications.types import Audience, types_to_choose
from organisations.models import Role, User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request):
    """Who chose nothing sees the defaults, which go by the type of machine."""
    user = request.user
    chosen = NotificationPreference.objects.filter(person=user).first()
    kinds = types_to_choose(audiences_of(user))
    form = PreferenceForm(request.POST or None, instance=chosen or NotificationPreference(person=user), kinds=kinds)
    if request.method == "POST" and "defaults" in request.POST:
        choose(person=user, keep=NotificationPreference.objects.filter(person=user).delete, now=timezone.now())
        messages.success(request, _("The default settings apply again."))
        return redirect("notification_preferences")
    if request.method == "POST" and form.is_valid():
        choose(person=user, keep=form.save, now=timezone.now())
        messages.success(request, _("Saved. This also applies to what you have already booked."))
        return redirect("notification_preferences")
    context = {"form": form, "chosen": chosen is not None}
    return render(request, "notifications/preferences.html", context, status=422 if form.errors else 200)


def audiences_of(user: User) -> set[Audience]:
    audiences = {Audience.EVERYONE}
    if user.is_technician:
        audiences.add(Audience.STAFF)
    if user.is_facility_manager:
        audiences.add(Audience.FACILITY_MANAGERS)
    if user.memberships.filter(role=Role.MANAGER).exists() or user.reads_every_report:
        audiences.add(Audience.LEADERS)
    return audiences
