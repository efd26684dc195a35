"""When people are reminded of what they booked, by type of machine."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from equipment.models import EquipmentType
from notifications.models import ReminderTimes


class TypeReminders(ReminderTimes):
    """When people who chose nothing themselves are reminded of machines of this type."""

    equipment_type = models.OneToOneField(
        EquipmentType, models.CASCADE, related_name="reminders", verbose_name=_("machine type"), primary_key=True
    )

    class Meta:
        verbose_name = _("reminders of a type")
        verbose_name_plural = _("reminders of types")

    def __str__(self) -> str:
        return str(self.equipment_type)
