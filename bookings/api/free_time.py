"""The API's calls that answer: what can I book, and when is it free?"""

from datetime import datetime, timedelta
from typing import Annotated

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from bookings.api.errors import not_right
from bookings.api.schemas import (
    AvailabilityOut,
    Code,
    EquipmentWithNextFreeOut,
    NextFreeOut,
    PurposeOut,
    SlotOut,
)
from bookings.api.times import TimeInAddress
from bookings.free_time import Slot, free_slots, timelines
from bookings.models import Economic, Purpose
from equipment.api import equipment_details_out
from equipment.models import Equipment, EquipmentState, EquipmentType
from organisations.models import Organisation

LONGEST_WINDOW = timedelta(days=366)
USUAL_WINDOW = timedelta(days=7)
USUAL_SEARCH = timedelta(days=14)

router = Router(tags=["free time"])


@router.get("purposes", response=list[PurposeOut], operation_id="list_purposes", summary="Purposes to choose from")
def list_purposes(request: HttpRequest, organisation: Code):
    """The purposes that this organisation (its short name) may choose today."""
    asked = get_object_or_404(Organisation.objects.visible_to(request.auth), slug=organisation)
    today = timezone.localdate()
    purposes = Purpose.objects.offered_to(asked, on=today).prefetch_related("rulings")
    return [
        PurposeOut(code=each.code, name=str(each), economic=each.counts_as(on=today) == Economic.ECONOMIC)
        for each in purposes
    ]


@router.get(
    "equipment/{slug:code}",
    response=EquipmentWithNextFreeOut,
    operation_id="get_equipment",
    summary="One machine",
)
def get_equipment(request: HttpRequest, code: str):
    """What it can do, its booking policy, and when it is free next."""
    machine = get_object_or_404(Equipment.objects.with_type(), code=code)
    return equipment_details_out(machine) | {"next_free": _next_free(machine, now=timezone.now())}


def _next_free(machine: Equipment, *, now: datetime) -> NextFreeOut | None:
    """The first slot of the shortest length; None where the machine is retired or full to its horizon."""
    if machine.state == EquipmentState.RETIRED:
        return None
    policy = machine.policy
    slots = free_slots(
        equipment=[machine],
        duration=policy.shortest,
        earliest=now,
        latest=now + policy.horizon,
        now=now,
        limit=1,
    )
    return NextFreeOut(start=slots[0].start, end=slots[0].end) if slots else None


@router.get(
    "equipment/{slug:code}/availability",
    response=AvailabilityOut,
    operation_id="get_availability",
    summary="When a machine is open, taken and free",
)
def get_availability(
    request: HttpRequest,
    code: str,
    since: Annotated[TimeInAddress, Query(None, alias="from")] = None,
    until: TimeInAddress = None,
):
    """From `from` (now, when left out) until `until` (a week later); at most 366 days. Nobody's names."""
    machine = get_object_or_404(Equipment.objects.with_type(), code=code)
    start, end = _window(since, until, usual=USUAL_WINDOW)
    timeline = timelines(equipment=[machine], start=start, end=end)[machine.pk]
    return {"open": timeline.open, "occupied": timeline.occupied, "free": timeline.free}


@router.get("free-slots", response=list[SlotOut], operation_id="find_free_slots", summary="First free times")
def find_free_slots(
    request: HttpRequest,
    type: Code = None,
    equipment: Code = None,
    units: Annotated[int, Field(ge=1, le=100)] = 1,
    minutes: Annotated[int, Field(ge=1, le=LONGEST_WINDOW // timedelta(minutes=1))] = 240,
    since: Annotated[TimeInAddress, Query(None, alias="from")] = None,
    until: TimeInAddress = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 10,
):
    """Times at which `units` machines of a type, or one machine, can be booked for so many minutes.

    Earliest first, from `from` (now, when left out) until `until` (two weeks later); at most 366 days.
    """
    start, end = _window(since, until, usual=USUAL_SEARCH)
    now = timezone.now()
    slots = free_slots(
        equipment=_machines(type=type, code=equipment),
        duration=timedelta(minutes=minutes),
        earliest=max(start, now),
        latest=min(end, now + settings.CALENDARS_EXPANDED_AHEAD),
        now=now,
        units=units,
        limit=limit,
    )
    return [_slot_out(slot) for slot in slots]


def _machines(*, type: str | None, code: str | None) -> list[Equipment]:
    """Those in service that are asked for; exactly one of the two, and known, or it is a 422."""
    if (type is None) == (code is None):
        raise not_right("query", "type", message=_("Give either “type” or “equipment”."))
    machines = list(
        Equipment.objects.in_service().with_type().filter(**{"type__slug": type} if type else {"code": code})
    )
    if not machines:
        known = EquipmentType.objects.filter(slug=type) if type else Equipment.objects.filter(code=code)
        if not known.exists():
            name = "type" if type else "equipment"
            raise not_right("query", name, message=_("“%(code)s” is not known here.") % {"code": type or code})
    return machines


def _slot_out(slot: Slot) -> SlotOut:
    return SlotOut(start=slot.start, end=slot.end, equipment=[machine.code for machine in slot.equipment])


def _window(since: datetime | None, until: datetime | None, *, usual: timedelta) -> tuple[datetime, datetime]:
    """`[start, end)` of what is asked; a window that is empty or too long is a 422."""
    start = since or timezone.now()
    try:
        end = until or start + usual
    except OverflowError:
        raise not_right("query", "from", message=_("The calendar does not reach that far.")) from None
    if end <= start:
        raise not_right("query", "until", message=_("“until” must be later than “from”."))
    if end - start > LONGEST_WINDOW:
        days = LONGEST_WINDOW.days
        raise not_right("query", "until", message=_("Ask for at most %(days)s days at a time.") % {"days": days})
    return start, end
