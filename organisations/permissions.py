"""Who may do what at the facility, as far as it depends on the person alone: each predicate once, for pages, the API
and services. What depends on a reservation as well is in `bookings/permissions.py`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.refusals import NotAllowed
from organisations.models import Organisation, Role, User


class Permission:
    """A predicate that can say what is missing. Called with what the predicate takes it answers yes or no; `require`
    raises `NotAllowed` instead of answering no."""

    def __init__(self, allows: Callable[..., bool], missing: str, words: Any):
        self.allows = allows
        self.missing = missing
        self.words = words
        self.__name__ = allows.__name__
        self.__doc__ = allows.__doc__

    def __call__(self, *about: Any) -> bool:
        return self.allows(*about)

    def require(self, *about: Any) -> None:
        if not self.allows(*about):
            raise NotAllowed(str(self.words), missing=self.missing)


def permission(missing: str, words: Any) -> Callable[[Callable[..., bool]], Permission]:
    """Makes a predicate a `Permission`. `missing` is what the API names, `words` what people read."""
    return lambda allows: Permission(allows, missing, words)


# Who plans for an organisation or manages it sees and changes all that it has.
LEADING_ROLES = (Role.PLANNER, Role.MANAGER)


def leads(role: str | None) -> bool:
    """Whether who has this role in an organisation sees and changes all that it has; None is no member."""
    return role in LEADING_ROLES


def organisations_led_by(user: User) -> QuerySet[Organisation]:
    """By name."""
    led = Organisation.objects.filter(memberships__user=user, memberships__role__in=LEADING_ROLES)
    return led.order_by("name").distinct()


@permission("facility_staff", "")
def may_see_every_booking(user: User) -> bool:
    """Who booked and why: facility staff and auditors. Companies see only their own."""
    return user.sees_every_booking


@permission("technician", _("A technician or facility manager does this."))
def may_run_the_floor(user: User) -> bool:
    """The desk, and everybody's check-in and check-out."""
    return user.is_technician


@permission("technician", _("Only technicians and facility managers can do this."))
def may_mark_no_shows(user: User) -> bool:
    return user.is_technician


@permission("technician", _("A technician or facility manager does this."))
def may_grant_certificates(user: User) -> bool:
    """To grant, renew and withdraw them."""
    return user.is_technician


@permission("facility_manager", "")
def may_run_the_facility(user: User) -> bool:
    """The pages with requests, issues and outgoing messages, and everybody's reservations."""
    return user.is_facility_manager


@permission("facility_manager", _("A facility manager decides about requests."))
def may_decide_requests(user: User) -> bool:
    """Whoever may decide about requests makes none: what they book or move is confirmed at once."""
    return user.is_facility_manager


@permission("facility_manager", _("Only a facility manager handles issues."))
def may_settle_issues(user: User) -> bool:
    return user.is_facility_manager


@permission("facility_manager", _("Only a facility manager can make an exception."))
def may_set_rules_aside(user: User) -> bool:
    return user.is_facility_manager


@permission("report_reader", _("Only your organisation manager sees this usage report."))
def may_read_every_report(user: User) -> bool:
    """The usage of every organisation; a manager of an organisation reads that of the own one."""
    return user.reads_every_report


def _page_for(may_open: Permission) -> Callable[[Callable], Callable]:
    """A page for who may: others who signed in get a 403."""

    def decorate(view: Callable) -> Callable:
        @login_required
        @wraps(view)
        def checked(request, *args, **kwargs):
            if not may_open(request.user):
                raise NotAllowed("", missing=may_open.missing)  # the page of a 403 says it in general
            return view(request, *args, **kwargs)

        return checked

    return decorate


technicians_only = _page_for(may_run_the_floor)
facility_managers_only = _page_for(may_run_the_facility)
