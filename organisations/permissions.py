"""Who may open a page."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied


def technicians_only(view):
    """Technicians and facility managers; others who signed in get a 403."""

    @login_required
    @wraps(view)
    def checked(request, *args, **kwargs):
        if not request.user.is_technician:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def facility_managers_only(view):
    """Others who signed in get a 403."""

    @login_required
    @wraps(view)
    def checked(request, *args, **kwargs):
        if not request.user.is_facility_manager:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked
