"""Who may do what with a reservation: each predicate once, for pages, the API, mails and services."""

from collections.abc import Iterable
from functools import cached_property

from django.db.models import Case, Value, When
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Reservation, may_be_changed_by
from organisations import permissions
from organisations.models import User
from organisations.permissions import permission


class Asking:
    """A person who asks what they may do with these reservations. What they are to them is read in one statement for
    all, and only once it matters."""

    def __init__(self, user: User, reservations: Iterable[Reservation]):
        self.user = user
        self._ids = [reservation.pk for reservation in reservations]

    def sees(self, reservation: Reservation) -> bool:
        return permissions.may_see_every_booking(self.user) or reservation.pk in self._seen

    def may_change(self, reservation: Reservation) -> bool:
        """As `Reservation.objects.changeable_by` says it."""
        return permissions.may_run_the_facility(self.user) or self._seen.get(reservation.pk, False)

    @cached_property
    def _seen(self) -> dict[int, bool]:
        """Those this person sees, and whether they may change each."""
        changeable = Case(When(may_be_changed_by(self.user), then=Value(True)), default=Value(False))
        seen = Reservation.objects.visible_to(self.user).filter(pk__in=self._ids)
        return dict(seen.annotate(changeable=changeable).values_list("pk", "changeable"))


@permission("booker", _("You may see this reservation, but not change it."))
def may_change(asking: Asking, reservation: Reservation) -> bool:
    """Who booked it, who plans for or manages its organisation, and facility managers."""
    return asking.may_change(reservation)


@permission("booker", _("Only the person who booked, a technician or a facility manager can check in and out."))
def may_use(asking: Asking, reservation: Reservation) -> bool:
    """People of the facility; else who may change it, or who supervises it and still sees it."""
    if permissions.may_run_the_floor(asking.user):
        return True
    supervises = reservation.booking.supervisor_id == asking.user.pk
    return (supervises and asking.sees(reservation)) or asking.may_change(reservation)


@permission(permissions.may_decide_requests.missing, permissions.may_decide_requests.words)
def may_decide(asking: Asking, reservation: Reservation) -> bool:
    return permissions.may_decide_requests(asking.user)


@permission(permissions.may_mark_no_shows.missing, permissions.may_mark_no_shows.words)
def may_mark_no_show(asking: Asking, reservation: Reservation) -> bool:
    return permissions.may_mark_no_shows(asking.user)


@permission("booker", _("You may see this booking, but not change it."))
def may_change_booking(user: User, booking: Booking) -> bool:
    return Reservation.objects.changeable_by(user).filter(booking=booking).exists()
