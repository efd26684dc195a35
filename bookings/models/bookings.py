"""Who has what, when and why: bookings and their reservations, and the guarantee that no two overlap."""

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from bookings.models.purposes import Economic, Purpose
from core.clock import ZONE
from core.fields import DateTimeMultiRangeField
from core.search import found_by
from equipment.models import Equipment, Operator
from organisations.models import Organisation, OrganisationClass, Role, User


class BookingReference(Func):
    """The next booking reference; the database function of migration 0001 makes it from a sequence, so no two
    are the same and none is drawn twice."""

    function = "next_booking_reference"
    template = "%(function)s()"
    output_field = models.CharField()


class BookingQuerySet(models.QuerySet["Booking"]):
    def visible_to(self, user: User) -> "BookingQuerySet":
        """One's own, those one supervises, those of organisations one plans for or manages, and everything for the
        facility's staff."""
        return self if user.sees_every_booking else self.filter(_led_by(user) | _of_members(user, supervisor=user))

    def led_by(self, user: User) -> "BookingQuerySet":
        """One's own while one belongs to the organisation, and those of organisations one plans for or manages."""
        return self.filter(_led_by(user))


def _led_by(user: User, booking: str = "") -> Q:
    """`booking` is the way to the booking, as "booking__" from a reservation. Said of the joined row and not as a list
    of bookings, which may be half a million long, so that a week costs what is in the week."""
    led = Organisation.objects.filter(memberships__user=user, memberships__role__in=[Role.PLANNER, Role.MANAGER])
    return Q(**{f"{booking}organisation__in": led}) | _of_members(user, booking, booker=user)


def _of_members(user: User, booking: str = "", **whose: User) -> Q:
    """Bookings that are `whose`, while that person belongs to the organisation."""
    member_of = Organisation.objects.filter(memberships__user=user)
    return Q(**{f"{booking}organisation__in": member_of, **{f"{booking}{who}": user for who in whose}})


@pghistory.track()
class Booking(models.Model):
    """What one organisation asks for, once: one or many reservations under one reference."""

    reference = models.CharField(
        _("booking number"), max_length=12, unique=True, db_default=BookingReference(), editable=False
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="bookings", verbose_name=_("organisation")
    )
    booker = models.ForeignKey(User, models.PROTECT, related_name="bookings", verbose_name=_("booked by"))
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="bookings", verbose_name=_("purpose"))
    title = models.CharField(_("title"), max_length=120, blank=True)
    people = models.PositiveSmallIntegerField(_("number of people"), null=True, blank=True)
    supervisor = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="supervised_bookings",
        verbose_name=_("supervisor"),
        help_text=_("Is present. Their certificates also count for the others."),
    )
    pattern = models.OneToOneField(
        "schedule.Event", models.SET_NULL, null=True, blank=True, related_name="booking", verbose_name=_("repeats")
    )
    created_at = models.DateTimeField(_("created"))

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-created_at"]
        indexes = [
            found_by("title", name="bookings_found_by_title"),
            found_by("reference", name="bookings_found_by_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class ReservationState(models.TextChoices):
    REQUESTED = "requested", _("requested")
    OFFERED = "offered", _("offered")
    CONFIRMED = "confirmed", _("confirmed")
    IN_USE = "in_use", _("in use")
    COMPLETED = "completed", _("completed")
    DECLINED = "declined", _("declined")
    LAPSED = "lapsed", _("lapsed")
    CANCELLED = "cancelled", _("cancelled")
    NO_SHOW = "no_show", _("no-show")
    DISPLACED = "displaced", _("displaced by an outage")


HOLDING_STATES = [
    ReservationState.REQUESTED,
    ReservationState.OFFERED,
    ReservationState.CONFIRMED,
    ReservationState.IN_USE,
]


# What a picture of a week shows: those that hold their slot, and those that did.
SHOWN_STATES = [*HOLDING_STATES, ReservationState.COMPLETED]


def may_be_changed_by(user: User) -> Q:
    """The condition of `Reservation.objects.changeable_by`, for who asks it of each row."""
    return Q() if user.is_facility_manager else _led_by(user, "booking__")


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def holding(self) -> "ReservationQuerySet":
        """Those that keep others off the machine."""
        return self.filter(state__in=HOLDING_STATES)

    def overlapping(self, period) -> "ReservationQuerySet":
        """Those whose occupied time, set-up and clean-up included, meets `period`, `[start, end)`."""
        return self.filter(occupied__overlap=period)

    def visible_to(self, user: User) -> "ReservationQuerySet":
        if user.sees_every_booking:
            return self
        return self.filter(_led_by(user, "booking__") | _of_members(user, "booking__", supervisor=user))

    def changeable_by(self, user: User) -> "ReservationQuerySet":
        """Those this person may move or cancel: one's own, one's organisation's where one plans for or manages it, and
        all for a facility manager. Technicians and auditors see the rest, and leave it as it is."""
        return self.filter(may_be_changed_by(user))

    def going_on_or_ahead(self, now) -> "ReservationQuerySet":
        """Not over yet at `now`."""
        return self.filter(period__endswith__gt=now)


@pghistory.track()
class Reservation(models.Model):
    """One machine held for one period. `period` and `occupied` are half-open, UTC in the database."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="reservations", verbose_name=_("booking"))
    equipment = models.ForeignKey(Equipment, models.PROTECT, related_name="reservations", verbose_name=_("machine"))
    period = DateTimeRangeField(_("period"))
    occupied = DateTimeRangeField(
        _("occupied"), help_text=_("The period with preparation and clean-up, which nobody else may have.")
    )
    state = models.CharField(_("state"), max_length=10, choices=ReservationState.choices)
    # As they were when it was booked; reports read these, so that a later ruling does not rewrite the past.
    economic = models.CharField(_("counts as"), max_length=12, choices=Economic.choices)
    organisation_class = models.CharField(_("type of organisation"), max_length=20, choices=OrganisationClass.choices)
    revision = models.PositiveIntegerField(
        _("revision"), default=0, help_text=_("How often it was moved; the SEQUENCE of its calendar entry.")
    )
    operator = models.ForeignKey(
        Operator, models.PROTECT, null=True, blank=True, related_name="reservations", verbose_name=_("operator")
    )
    operated = DateTimeMultiRangeField(
        _("operated"), null=True, blank=True, help_text=_("When the operator must be there.")
    )
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_reason = models.CharField(_("reason of the decision"), max_length=250, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancelled_late = models.BooleanField(
        _("cancelled late"), default=False, help_text=_("After the term of free cancellation.")
    )

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["period"]
        indexes = [
            GistIndex(
                fields=["equipment", "occupied"],
                condition=Q(state__in=SHOWN_STATES),
                name="what_a_week_of_a_machine_shows",
            )
        ]
        constraints = [
            ExclusionConstraint(
                name="no_double_booking",
                expressions=[("equipment", RangeOperators.EQUAL), ("occupied", RangeOperators.OVERLAPS)],
                condition=Q(state__in=HOLDING_STATES),
                violation_error_message=_("Somebody else has the machine at that time."),
            ),
            ExclusionConstraint(
                name="no_operator_in_two_places",
                expressions=[("operator", RangeOperators.EQUAL), ("operated", RangeOperators.OVERLAPS)],
                condition=Q(state__in=HOLDING_STATES, operator__isnull=False),
                violation_error_message=_("The operator is with another machine at that time."),
            ),
            models.UniqueConstraint(
                fields=["equipment"], condition=Q(state=ReservationState.IN_USE), name="a_machine_is_in_use_once"
            ),
            models.CheckConstraint(
                condition=Q(operator__isnull=True) | Q(operated__isnull=False),
                name="an_operator_is_booked_for_a_time",
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="reservation_starts_before_it_ends",
                violation_error_message=_("A reservation must start before it ends."),
            ),
            models.CheckConstraint(
                condition=Q(occupied__contains=F("period")),
                name="occupied_time_contains_the_period",
                violation_error_message=_("The occupied time must contain the period."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.equipment.code} {self.start.astimezone(ZONE):%d-%m-%Y %H:%M}"

    @property
    def start(self):
        return self.period.lower

    @property
    def end(self):
        return self.period.upper

    @property
    def holds(self) -> bool:
        return self.state in HOLDING_STATES


class OverrideQuerySet(models.QuerySet["Override"]):
    def in_force(self, reservations) -> set[tuple[int, str]]:
        """(reservation id, rule) of what was set aside for these as they stand now, not before a move."""
        current = self.filter(reservation__in=reservations, revision=F("reservation__revision"))
        return set(current.values_list("reservation_id", "code"))


class Override(models.Model):
    """A rule that a facility manager set aside for one reservation, with the reason."""

    reservation = models.ForeignKey(Reservation, models.CASCADE, related_name="overrides")
    code = models.CharField(_("rule"), max_length=30)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    reason = models.CharField(_("reason"), max_length=250)
    at = models.DateTimeField(_("when"))
    revision = models.PositiveIntegerField(
        default=0, editable=False, help_text="The revision of the reservation that it is for; a move is judged anew."
    )

    objects = OverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class IssueQuerySet(models.QuerySet["Issue"]):
    def open(self) -> "IssueQuerySet":
        """Those that wait for a facility manager."""
        return self.filter(closed_at=None)

    def standing(self) -> "IssueQuerySet":
        """Those whose rule is still not kept, also where a manager lets it be."""
        return self.filter(resolved_at=None)

    def resolve(self, now) -> int:
        """The rule is kept again, or the reservation was moved or ended: nothing is left to settle."""
        return self.standing().update(resolved_at=now, closed_at=Coalesce("closed_at", now))


class Issue(models.Model):
    """A reservation that no longer keeps a rule, since something else changed. Open until it is mended or a facility
    manager lets it be; what a manager lets be is not raised again until it was mended."""

    reservation = models.ForeignKey(Reservation, models.CASCADE, related_name="issues", verbose_name=_("reservation"))
    code = models.CharField(_("rule"), max_length=30)
    opened_at = models.DateTimeField(_("raised"))
    closed_at = models.DateTimeField(_("handled"), null=True, blank=True)
    dismissed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("handled by")
    )
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ["opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["reservation", "code"],
                condition=Q(resolved_at=None),
                name="one_standing_issue_per_reservation_and_rule",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(closed_at__isnull=False), name="what_is_resolved_is_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reservation}: {self.code}"


# A late cancellation and a no-show cost what they would have; whatever else ended early gives its hours back.
COUNTED_STATES = Q(state__in=[*HOLDING_STATES, ReservationState.COMPLETED, ReservationState.NO_SHOW]) | Q(
    state=ReservationState.CANCELLED, cancelled_late=True
)
