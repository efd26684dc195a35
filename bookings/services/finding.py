"""What could do it, and when it could be had: the first times of each type, or the reason why there are none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.models import Purpose
from bookings.scheduling.free_time import Slot
from bookings.scheduling.placement import RequestedSlot, next_on_grid
from bookings.services.book import book
from bookings.services.search import find_slots
from core.clock import ZONE
from core.refusals import Cure, Refused
from equipment.models import Equipment, EquipmentType
from organisations.models import Organisation, User

LOOKS_AHEAD = timedelta(days=14)
TIMES_SHOWN = 3
# These say nothing of why no moment does.
OF_THE_MOMENT = (Cure.TIME, Cure.CHOICE)


@dataclass(frozen=True, slots=True)
class Found:
    """Of one type the first times, earliest first, each bookable as it stands; where there are none, `reasons` of the
    rules that no moment changes, which may be none too: then all of it is taken."""

    type: EquipmentType
    slots: list[Slot]
    reasons: list[str]


def find_times(
    *,
    person: User,
    organisation: Organisation | None,
    types: Iterable[EquipmentType],
    duration: timedelta,
    earliest: datetime,
    now: datetime,
) -> list[Found]:
    """The first free times of every type within two weeks of `earliest`: what is free first comes first, what cannot
    be had last. Some statements for each type."""
    found = []
    for kind in types:
        slots = find_slots(
            person=person,
            organisation=organisation,
            equipment=Equipment.objects.filter(type=kind),
            duration=duration,
            earliest=earliest,
            latest=earliest + LOOKS_AHEAD,
            now=now,
            limit=TIMES_SHOWN,
        )
        reasons = [] if slots else _reasons(person, organisation, kind, duration, earliest, now)
        found.append(Found(kind, slots, reasons))
    return sorted(found, key=lambda each: (not each.slots, each.slots[0].start if each.slots else earliest))


def _reasons(
    person: User,
    organisation: Organisation | None,
    kind: EquipmentType,
    duration: timedelta,
    earliest: datetime,
    now: datetime,
) -> list[str]:
    """What booking it at the first moment would be refused for, at any other moment too."""
    start = next_on_grid(earliest, kind.type_policy.grid)
    requested_slot = RequestedSlot(start, start + duration, equipment_type=kind)
    today = now.astimezone(ZONE).date()
    purpose = organisation and Purpose.objects.offered_to(organisation, on=today).first()
    try:
        book(
            booker=person,
            organisation=organisation,
            purpose=purpose or None,
            requested_slots=[requested_slot],
            now=now,
            dry_run=True,
        )
    except Refused as refused:
        messages = (refusal.message for refusal in refused.refusals if refusal.cure not in OF_THE_MOMENT)
        return list(dict.fromkeys(messages))
    return []
