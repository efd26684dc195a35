"""What a person fills in: to find a machine, and to book one."""

import secrets
from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Override, Purpose
from bookings.scheduling.placement import RequestedSlot
from bookings.services import Overriding
from core.clock import ZONE
from core.day_field import DayField, day_in_words
from core.refusals import Refusal
from core.wall_clock_field import WallClockField
from equipment.models import Equipment, EquipmentQuerySet, Fieldlab, Process
from equipment.policy import Policy
from organisations.models import Organisation, User
from organisations.permissions import may_set_rules_aside

SUMMER, WINTER = "0", "1"


class MachineFilter(forms.Form):
    """All of it in the address, so that a view can be shared. `mine` is for who draws the lanes: only machines on
    which one has something in what is shown."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    process = forms.ChoiceField(label=_("What do you want to do?"), required=False)
    fieldlab = forms.ModelChoiceField(
        Fieldlab.objects.order_by("position", "name"),
        label=_("Fieldlab"),
        required=False,
        to_field_name="slug",
        empty_label=_("All fieldlabs"),
    )
    mine = forms.BooleanField(label=_("Only machines I have reserved"), required=False)
    date = DayField(label=_("Day"), required=False)

    def __init__(self, data, *, processes: list[str]):
        super().__init__(data)
        self.fields["process"].choices = [
            ("", _("Everything")),
            *((p.value, p.label) for p in Process if p in processes),
        ]

    def found(self, machines: EquipmentQuerySet) -> EquipmentQuerySet:
        """`machines` narrowed to what is asked; a process nobody has, or an unknown fieldlab, asks nothing."""
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("process"):
            machines = machines.filter(type__process=asked["process"])
        if asked.get("fieldlab"):
            machines = machines.filter(fieldlab=asked["fieldlab"])
        return machines.mentioning(asked.get("q", ""))

    @property
    def asks(self) -> bool:
        """Whether anything is asked of the machines."""
        return any(asked for name, asked in getattr(self, "cleaned_data", {}).items() if name != "date")


class TwiceField(forms.ChoiceField):
    """Which of the two, where the clock shows a time twice; not asked otherwise."""

    def __init__(self, **kwargs):
        choices = [(SUMMER, _("the first time, summer time")), (WINTER, _("the second time, winter time"))]
        super().__init__(choices=choices, required=False, widget=forms.RadioSelect, **kwargs)


def moments(on: date, clock: tuple[int, int]) -> list[datetime]:
    """The moments, in UTC, at which the clock in Amsterdam shows this on that day: once as a rule, never or twice
    when it changes. Python compares and subtracts moments of one zone by what the clock shows, hence UTC."""
    hour, minute = clock
    wall = datetime.combine(on + timedelta(days=hour // 24), time(hour % 24, minute), ZONE)
    both = {wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)}
    return sorted(m for m in both if m.astimezone(ZONE).replace(tzinfo=None) == wall.replace(tzinfo=None))


def may_cross_midnight(policy: Policy) -> bool:
    return policy.unattended or policy.longest is None or policy.longest > timedelta(hours=24)


class PeriodForm(forms.Form):
    """A period in Amsterdam's wall-clock time.

    After `is_valid()`, `period` is the (start, end) that is asked for, in UTC. A time the clock does not show that
    night is refused with the reason; one it shows twice is asked back through `start_twice` or `end_twice`, which are
    shown then only. `end_day` is asked for where a run may cross midnight.
    """

    day = DayField(label=_("Date"))
    start = WallClockField(label=_("From"))
    end = WallClockField(label=_("Until"))
    end_day = DayField(label=_("End date (if not the same day)"), required=False)
    start_twice = TwiceField(label=_("The clocks go back that night, so this start occurs twice. Which one?"))
    end_twice = TwiceField(label=_("The clocks go back that night, so this end occurs twice. Which one?"))

    # Of a facility manager who sets aside what was refused: why, and what was shown.
    override_reason = forms.CharField(
        label=_("Reason for the exception (kept with the reservation)"),
        required=False,
        max_length=Override._meta.get_field("reason").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    override_codes = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(self, data=None, *, machines: list[Equipment], initial=None):
        super().__init__(data, initial=initial)
        self.may_override = False
        self.period: tuple[datetime, datetime] | None = None
        self.refusals: tuple[Refusal, ...] = ()
        self.may_cross_midnight = any(may_cross_midnight(machine.policy) for machine in machines)
        if not self.may_cross_midnight:
            self.fields["end_day"].widget = forms.HiddenInput()

    def clean(self) -> dict:
        cleaned = super().clean()
        on, until = cleaned.get("day"), cleaned.get("end_day") or cleaned.get("day")
        start = self._moment("start", on)
        end = self._moment("end", until)
        if start and end and not self.errors:
            if end <= start:
                self.add_error("end", _("The end must come after the start."))
            else:
                self.period = start, end
        return cleaned

    def _moment(self, name: str, on: date | None) -> datetime | None:
        """The aware moment of field `name` on that day, or None after saying on the field what is wrong."""
        shown = self.cleaned_data.get(name)
        if on is None or shown is None:
            return None
        which = self.cleaned_data.get(f"{name}_twice")
        try:
            found = moments(on, shown)
        except OverflowError:
            self.add_error(name, _("That date is too far in the future."))
            return None
        if not found:
            self.add_error(name, _("This time does not exist. The clocks go forward from 02:00 to 03:00 that night."))
        elif len(found) == 2 and not which:
            self.add_error(name, _("The clocks go back that night, so this time occurs twice. Choose which one below."))
            self.fields[f"{name}_twice"].asked = True
        else:
            if len(found) == 2:
                self.fields[f"{name}_twice"].asked = True
            return found[int(which) if len(found) == 2 else 0]
        return None

    def choose_usual_purpose(self, user: User) -> None:
        """What this person booked for last on behalf of the organisation, where it is still offered."""
        offered = self.fields["purpose"].queryset
        last = Booking.objects.filter(
            booker=user, organisation__slug=self.initial.get("organisation", ""), purpose__in=offered
        ).order_by("-created_at")
        usual = last.values_list("purpose__code", flat=True).first()
        if usual:
            self.initial.setdefault("purpose", usual)

    def show_refusals(self, refusals: tuple[Refusal, ...]) -> None:
        """Each beside the field it issues; the alternatives stay together in `refusals`."""
        self.refusals = refusals
        for refusal in refusals:
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)

    def offer_override(self, user: User) -> None:
        """To a facility manager, where every refusal may be set aside: those that are shown now, and no others."""
        self.may_override = may_set_rules_aside(user) and all(refusal.overridable for refusal in self.refusals)
        if self.may_override:
            self.data = self.data.copy()
            self.data["override_codes"] = ",".join(sorted({refusal.code for refusal in self.refusals}))

    def overriding(self, user: User) -> Overriding | None:
        """What the manager sets aside with the reason given. None, with the error on the field, without a reason."""
        codes = frozenset(self.cleaned_data["override_codes"].split(",")) - {""}
        if not self.cleaned_data["override_reason"].strip():
            self.may_override = True
            self.add_error("override_reason", _("Give a reason for the exception. It is kept with the reservation."))
            return None
        return Overriding(by=user, reason=self.cleaned_data["override_reason"].strip(), codes=codes)

    @property
    def alternatives(self) -> list:
        """Other times or machines that the refusals offer, each once."""
        return list(dict.fromkeys(a for refusal in self.refusals for a in refusal.alternatives))


class BookingForm(PeriodForm):
    """One reservation of one machine; after `is_valid()`, `requested_slot` is what is asked for."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("On behalf of"), to_field_name="slug", empty_label=None
    )
    purpose = forms.ModelChoiceField(
        Purpose.objects.none(),
        label=_("Purpose"),
        to_field_name="code",
        empty_label=_("Choose a purpose"),
        error_messages={"invalid_choice": _("Choose a purpose that fits this organisation.")},
    )
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=Booking._meta.get_field("title").max_length,
        help_text=_("Visible only to you, your organisation and the facility."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    people = forms.IntegerField(
        label=_("Number of people"),
        required=False,
        min_value=1,
        max_value=500,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    supervisor = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Supervisor"),
        required=False,
        empty_label=_("None, I work myself"),
        help_text=_("Somebody from your organisation who stays with you and holds the certificates."),
    )
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self, data=None, *, equipment: Equipment, organisations: list[Organisation], today: date, initial=None
    ):
        initial = {"day": today, "token": secrets.token_urlsafe(16), **(initial or {})}
        super().__init__(data, machines=[equipment], initial=initial)
        self.equipment = equipment
        self.fields["organisation"].queryset = Organisation.objects.filter(pk__in=[o.pk for o in organisations])
        asked = (data or initial).get("organisation")
        self.chosen = next((o for o in organisations if o.slug == asked), organisations[0] if organisations else None)
        if self.chosen:
            self.initial.setdefault("organisation", self.chosen.slug)
            self.fields["purpose"].queryset = Purpose.objects.offered_to(self.chosen, on=today)
            colleagues = User.objects.filter(memberships__organisation=self.chosen, is_active=True)
            self.fields["supervisor"].queryset = colleagues.order_by("name")
        if len(organisations) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()

    @property
    def says_more(self) -> bool:
        """Whether there is something in what is not asked of everyone."""
        return any(self[name].value() or self[name].errors for name in ("people", "supervisor"))

    @property
    def requested_slot(self) -> RequestedSlot | None:
        return RequestedSlot(*self.period, self.equipment) if self.period else None


def as_initial(start: datetime, end: datetime) -> dict:
    """The form's own fields for a period, so that it can be filled in for somebody."""
    first, last = start.astimezone(ZONE), end.astimezone(ZONE)
    return {
        "day": day_in_words(first),
        "start": f"{first:%H:%M}",
        "end": f"{last:%H:%M}",
        "end_day": day_in_words(last) if last.date() != first.date() else None,
        "start_twice": _which(first),
        "end_twice": _which(last),
    }


def _which(moment: datetime) -> str:
    both = moments(moment.date(), (moment.hour, moment.minute))
    return (WINTER if moment.fold else SUMMER) if len(both) == 2 else ""
