"""What a person fills in to move a reservation."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.forms.booking import PeriodForm, as_initial
from bookings.models import Reservation
from equipment.models import Equipment


class MoveForm(PeriodForm):
    """Another time, another machine, or both. Offered are the equal machines, those of its type, and the one asked
    for by its code where that is another; after `is_valid()` there are `period` and `cleaned_data["equipment"]`.

    `revision` is what the form was filled in for, so that it does not undo somebody else's move unseen.
    """

    equipment = forms.ModelChoiceField(
        Equipment.objects.none(), label=_("Machine"), to_field_name="code", empty_label=None
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    field_order = ["equipment"]

    def __init__(self, data=None, *, reservation: Reservation, initial: dict | None = None):
        asked = {
            "equipment": reservation.equipment.code,
            "revision": reservation.revision,
            **as_initial(reservation.start, reservation.end),
            **(initial or {}),
        }
        choices = machines_for(reservation, asked=(data or asked).get("equipment", ""))
        super().__init__(data, machines=list(choices), initial=asked)
        self.auto_id = "move_%s"  # the page beneath a dialog may have the form that books as well
        self.reservation = reservation
        self.fields["equipment"].queryset = choices  # type: ignore[attr-defined]

    @property
    def conflicts(self) -> bool:
        """Somebody moved it since the form was filled in, and not to where this form would."""
        return self.cleaned_data["revision"] != self.reservation.revision and not self.asks_nothing

    @property
    def asks_nothing(self) -> bool:
        """It is there already."""
        here = self.reservation
        return (self.period, self.cleaned_data["equipment"]) == ((here.start, here.end), here.equipment)


def machines_for(reservation: Reservation, *, asked: str = ""):
    """Those in service of the same type, the one it is on, and the one `asked` for by its code, with their types."""
    in_service = Equipment.objects.in_service().values("pk")
    equal = Q(pk__in=in_service) & (Q(type=reservation.equipment.type_id) | Q(code=str(asked)[:20]))
    return Equipment.objects.filter(equal | Q(pk=reservation.equipment_id)).select_related("type").order_by("code")
