"""What happened to a booking and its reservations, and who did it, from the events that the database itself keeps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from bookings.models import Booking, Purpose, Reservation
from bookings.wording import moment_in_words, period_in_words
from equipment.models import Equipment, Operator
from organisations.models import Organisation, User

# What follows from another column, or says the same as one.
NOT_TOLD = {"occupied", "operated", "revision", "decided_by", "decided_at", "cancelled_at", "pattern"}
NAMED = {Equipment: (), Operator: ("user",), User: (), Purpose: (), Organisation: ()}

Names = Mapping[Any, Mapping[Any, Any]]  # per model, by id: what the events refer to


@dataclass(frozen=True, slots=True)
class Entry:
    """`who` is "" where nobody who signed in did it: a command, an import, the database itself."""

    at: datetime
    who: str
    about: str
    changes: tuple[str, ...]


def history_of(booking: Booking, reservations: Sequence[Reservation]) -> list[Entry]:
    """Of a booking and these of its reservations, the latest first. A constant number of statements."""
    events = [*_events(Booking, [booking.pk]), *_events(Reservation, [r.pk for r in reservations])]
    names = _names(events)
    before: dict[tuple, models.Model] = {}
    entries = []
    for event in sorted(events, key=lambda event: (event.pgh_created_at, event.pgh_id)):
        key = (type(event), event.pgh_obj_id)
        changes = _changes(before[key], event, names) if key in before else [_("made")]
        before[key] = event
        if changes:
            entries.append(Entry(event.pgh_created_at, _who(event, names), _about(event, names), tuple(changes)))
    return entries[::-1]


def _events(model: Any, pks: Iterable[int]) -> list:
    return list(model.pgh_event_model.objects.filter(pgh_obj__in=list(pks)).select_related("pgh_context"))


def _names(events: Iterable) -> Names:
    """All that the events refer to, per model and key, one statement for each model."""
    wanted: dict[type[models.Model], set] = {model: set() for model in NAMED}
    for event in events:
        wanted[User].add(_user_id(event))
        for field in event._meta.fields:
            if field.is_relation and field.related_model in wanted:
                wanted[field.related_model].add(getattr(event, field.attname))
    return {
        model: model._default_manager.select_related(*NAMED[model]).in_bulk(pks - {None})
        for model, pks in wanted.items()
    }


def _user_id(event) -> int | None:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None


def _who(event, names: Names) -> str:
    return str(names[User].get(_user_id(event), ""))


def _about(event, names: Names) -> str:
    """The reference of a booking; of a reservation the machine and the time, as they were after it."""
    if event.pgh_tracked_model is Booking:
        return event.reference
    code = names[Equipment][event.equipment_id].code
    return f"{code}, {period_in_words(event.period.lower, event.period.upper)}"


def _changes(before, event, names: Names) -> list[str]:
    """Each told column that differs, as "state: requested → confirmed"."""
    told = (f for f in event.pgh_tracked_model._meta.concrete_fields if f.name not in NOT_TOLD)
    return [
        f"{field.verbose_name}: {_told(before, field, names)} → {_told(event, field, names)}"
        for field in told
        if getattr(before, field.attname) != getattr(event, field.attname)
    ]


def _told(event, field: models.Field, names: Names) -> str:
    value = getattr(event, field.attname)
    if value in (None, ""):
        return "–"
    if field.is_relation:
        return str(names.get(field.related_model, {}).get(value, value))
    if field.name == "period":
        return period_in_words(value.lower, value.upper)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment_in_words(value)
    return str(dict(field.flatchoices).get(value, value))
