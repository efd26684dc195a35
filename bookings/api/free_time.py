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

from bookings import services
from bookings.api.bodies import AbilityIn
from bookings.api.naming import organisation_for_search, supervisor_for_search
from bookings.api.schemas import AvailabilityOut, EquipmentWithNextFreeOut, NextFreeOut, PurposeOut, SlotOut
from bookings.models import Economic, Purpose
from bookings.scheduling.free_time import Slot, timelines
from core.api.errors import not_right, unknown_code
from core.api.texts import Code, Email
from core.api.times import TimeInAddress
from equipment.api import equipment_details_out
from equipment.models import Equipment, EquipmentQuerySet, EquipmentType, Fieldlab
from organisations.models import Organisation

LONGEST_WINDOW = timedelta(days=366)
USUAL_WINDOW = timedelta(days=7)
USUAL_SEARCH = timedelta(days=14)

router = Router(tags=["free time"])


class SearchIn(AbilityIn):
    """Without `nights` an unattended run stays in opening hours like any other."""

    equipment: Code | None = None
    type: Code | None = None
    fieldlab: Code | None = None
    organisation: Code | None = None
    supervisor: Email | None = None
    units: int = Field(1, ge=1, le=100)
    minutes: int = Field(240, ge=1, le=LONGEST_WINDOW // timedelta(minutes=1))
    since: TimeInAddress | None = Field(None, alias="from")
    until: TimeInAddress | None = None
    limit: int = Field(10, ge=1, le=100)
    nights: bool = True


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
def get_equipment(request: HttpRequest, code: str, organisation: Code = None):
    """What it can do, its booking policy, the certificates it takes, and when the caller can book it next.

    `organisation` is for whom; left out, the only one the caller belongs to.
    """
    machine = get_object_or_404(Equipment.objects.with_type().select_related("type__finished_on"), code=code)
    asked_for = organisation_for_search(request.auth, organisation)
    slot = services.next_free(machine, person=request.auth, organisation=asked_for, now=timezone.now())
    next_free = NextFreeOut(start=slot.start, end=slot.end) if slot else None
    return equipment_details_out(machine, person=request.auth, on=timezone.localdate()) | {"next_free": next_free}


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
def find_free_slots(request: HttpRequest, asked: Query[SearchIn]):
    """Times at which `units` machines can be booked together for so many minutes: one machine, machines of a type, or
    any that are able; those of one fieldlab where asked.

    The caller can book each of them at once, for the organisation; left out, that is the only one the caller belongs
    to. Earliest first, from `from` (now, when left out) until `until` (two weeks later); at most 366 days.
    """
    if wrongly_named := asked.wrongly_named(equipment=asked.equipment, type=asked.type):
        field, message = wrongly_named
        raise not_right("query", field, message=message)
    start, end = _window(asked.since, asked.until, usual=USUAL_SEARCH)
    organisation = organisation_for_search(request.auth, asked.organisation)
    supervisor = supervisor_for_search(organisation, asked.supervisor)
    now = timezone.now()
    earliest, latest = max(start, now), min(end, now + settings.CALENDARS_EXPANDED_AHEAD)
    slots = earliest < latest and services.find_slots(
        person=request.auth,
        organisation=organisation,
        supervisor=supervisor,
        equipment=_machines(asked),
        duration=timedelta(minutes=asked.minutes),
        earliest=earliest,
        latest=latest,
        now=now,
        units=asked.units,
        limit=asked.limit,
        nights=asked.nights,
    )
    if not slots:
        _check_that_all_is_known(asked)
    return [_slot_out(slot) for slot in slots or ()]


def _machines(asked: SearchIn) -> EquipmentQuerySet:
    if asked.equipment:
        machines = Equipment.objects.filter(code=asked.equipment)
    elif asked.type:
        machines = Equipment.objects.filter(type__slug=asked.type)
    else:
        machines = Equipment.objects.filter(type__in=EquipmentType.objects.able_to(**asked.ability()))
    return machines.filter(fieldlab__slug=asked.fieldlab) if asked.fieldlab else machines


def _check_that_all_is_known(asked: SearchIn) -> None:
    """Nothing found is no error; asking for what does not exist is a 422."""
    for name, known in {
        "equipment": Equipment.objects.filter(code=asked.equipment),
        "type": EquipmentType.objects.filter(slug=asked.type),
        "fieldlab": Fieldlab.objects.filter(slug=asked.fieldlab),
    }.items():
        code = getattr(asked, name)
        if code is not None and not known.exists():
            raise unknown_code("query", name, code=code)


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
