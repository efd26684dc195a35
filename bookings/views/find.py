"""The first page: what do you want to do, for how long, from when? And the first times that can be had."""

from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.forms.find import FindForm
from bookings.services import Found, find_times
from bookings.timeline.scale import day_bounds
from core.clock import ZONE
from equipment.models import Equipment, EquipmentState, EquipmentType, Process
from equipment.policy import Approval
from equipment.views.photos import photo_of
from organisations.models import Organisation, User

USED_LAST = 4


@login_required
@require_safe
def find(request):
    """Without a question: what can be done here, and the machines one used last; of an empty facility, how to begin."""
    now = timezone.now()
    today = now.astimezone(ZONE).date()
    types = list(EquipmentType.objects.filter(equipment__state=EquipmentState.IN_SERVICE).distinct())
    if not types:
        return render(request, "bookings/begin.html")
    organisations = Organisation.objects.filter(memberships__user=request.user).order_by("name")
    form = FindForm(
        request.GET if request.GET.get("process") else None, types=types, organisations=organisations, today=today
    )
    context = {"form": form, "now": now, "organisations": organisations}
    if not form.is_bound:
        context |= {"processes": _processes(types), "used_last": _used_last(request.user)}
    elif form.is_valid():
        organisation = form.cleaned_data["organisation"] or organisations.first()
        context |= {"organisation": organisation, "found": _found(form, request.user, organisation, now)}
    return render(request, "bookings/find.html", context)


def _found(form: FindForm, person: User, organisation: Organisation | None, now: datetime) -> list[dict]:
    """Each type that can do it, with its machines and its first times."""
    asked = form.cleaned_data
    found = find_times(
        person=person,
        organisation=organisation,
        types=form.able_types().filter(equipment__state=EquipmentState.IN_SERVICE).distinct(),
        duration=asked["duration"],
        earliest=_earliest(asked["since"], now),
        now=now,
    )
    machines: dict[int, list[Equipment]] = {}
    for machine in Equipment.objects.in_service().with_type().filter(type__in=[each.type for each in found]):
        machines.setdefault(machine.type_id, []).append(machine)
    return [_card(each, machines[each.type.pk]) for each in found]


def _card(found: Found, machines: list[Equipment]) -> dict:
    """Machines of a type may stand in different places, and have rules of their own: those of the first are shown, and
    it is said where others differ."""
    places: dict[tuple[str, str], list[Equipment]] = {}
    for machine in machines:
        place = str(machine.fieldlab), machine.place or machine.fieldlab.place
        places.setdefault(place, []).append(machine)
    return {
        "found": found,
        "machines": machines,
        "places": [{"where": where, "machines": there} for where, there in places.items()],
        "photo": next((machine for machine in machines if photo_of(machine)), None),
        "approves": any(machine.policy.approval == Approval.MANAGER for machine in machines),
        "differ": len({machine.policy for machine in machines}) > 1,
    }


def _earliest(since: date, now: datetime) -> datetime:
    return max(day_bounds(since)[0], now)


def _processes(types: list[EquipmentType]) -> list[tuple[Process, list[EquipmentType]]]:
    """What is done here, each with the types that do it, in the order of the list of processes."""
    kinds = [(process, [kind for kind in types if kind.process == process]) for process in Process]
    return [(process, doing) for process, doing in kinds if doing]


def _used_last(person: User) -> list[Equipment]:
    """The machines this person booked last, the latest first."""
    booked = Equipment.objects.in_service().with_type().filter(reservations__booking__booker=person)
    return list(booked.annotate(last=Max("reservations__booking__created_at")).order_by("-last", "code")[:USED_LAST])
