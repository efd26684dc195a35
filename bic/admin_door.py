"""The set-up pages have no door of their own: they are entered as the site is, with its limits and its second step."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def sign_in(request):
    """In place of the page of Django's admin, to which it sends whoever it does not let in."""
    there = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure()):
        there = reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(there, settings.LOGIN_URL)
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect(there)
