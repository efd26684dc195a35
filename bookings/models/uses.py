"""What really happened: from when until when a machine was used."""

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.bookings import Reservation
from organisations.models import User


@pghistory.track()
class Use(models.Model):
    """The use of a reservation, `[started_at, ended_at)`; `ended_at` is None while it lasts."""

    reservation = models.OneToOneField(Reservation, models.CASCADE, related_name="use", verbose_name=_("reservation"))
    started_at = models.DateTimeField(_("checked in"))
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("checked in by"))
    ended_at = models.DateTimeField(_("checked out"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked out by")
    )

    class Meta:
        verbose_name = _("use")
        verbose_name_plural = _("uses")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="use_starts_before_it_ends"
            ),
        ]

    def __str__(self) -> str:
        return str(self.reservation)
