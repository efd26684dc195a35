"""When and how a person is told."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings.forms.reminders import PreferenceForm, kinds_told_to
from bookings.models import NotificationPreference
from bookings.services import choose_for_person
from organisations.models import Role


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request):
    """Who chose nothing sees the defaults, which go by the type of machine."""
    user = request.user
    chosen = NotificationPreference.objects.filter(person=user).first()
    leads = user.memberships.filter(role=Role.MANAGER).exists() or user.reads_every_report
    kinds = kinds_told_to(staff=user.is_technician, facility_manager=user.is_facility_manager, leader=leads)
    form = PreferenceForm(request.POST or None, instance=chosen or NotificationPreference(person=user), kinds=kinds)
    if request.method == "POST" and "defaults" in request.POST:
        choose_for_person(
            person=user, keep=NotificationPreference.objects.filter(person=user).delete, now=timezone.now()
        )
        messages.success(request, _("The default settings apply again."))
        return redirect("notification_preferences")
    if request.method == "POST" and form.is_valid():
        choose_for_person(person=user, keep=form.save, now=timezone.now())
        messages.success(request, _("Saved. This also applies to what you have already booked."))
        return redirect("notification_preferences")
    context = {"form": form, "chosen": chosen is not None}
    return render(request, "bookings/preferences.html", context, status=422 if form.errors else 200)
