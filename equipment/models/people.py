"""Who may use a machine by themselves, and who runs the machines that nobody may use alone."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from equipment.models.supply import EquipmentType
from organisations.models import User


class Operator(models.Model):
    """A person who runs machines for others. Booked with the machine, and never in two places at once."""

    user = models.OneToOneField(User, models.PROTECT, related_name="operator", verbose_name=_("person"))
    types = models.ManyToManyField(EquipmentType, related_name="operators", verbose_name=_("runs"))
    hours = models.ForeignKey(
        "schedule.Calendar",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="operators",
        verbose_name=_("working hours"),
        help_text=_("Empty: whenever the machine is open."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.user)
