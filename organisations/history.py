"""What happened to rows and who did it, in words, from the events that triggers keep of every change.

`read` tells the events of any models; here are those of people and organisations, bookings tells its own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisations.models import (
    AUDITORS,
    FACILITY_MANAGERS,
    TECHNICIANS,
    ApiToken,
    Membership,
    Organisation,
    RoleAtTheFacility,
    User,
)

ROLES = {
    TECHNICIANS: gettext_lazy("technician"),
    FACILITY_MANAGERS: gettext_lazy("facility manager"),
    AUDITORS: gettext_lazy("auditor"),
}

Names = Mapping[Any, Mapping[Any, Any]]  # per model, by id: what the events refer to


@dataclass(frozen=True, slots=True)
class Entry:
    """`who` is "" where nobody who signed in did it: a command, an import, the database itself."""

    at: datetime
    who: str
    about: str
    changes: tuple[str, ...]


def history_of_person(person: User) -> list[Entry]:
    """Of a person: the account, the roles at the facility, the memberships, the tokens; the latest first."""
    theirs = [event for kind in (Membership, RoleAtTheFacility, ApiToken) for event in events_of(kind, user=person)]
    named = {User: (), Organisation: (), Group: ()}
    return read([*events_of(User, pgh_obj=person), *theirs], about=_about, named=named)


def history_of_organisation(organisation: Organisation) -> list[Entry]:
    """Of an organisation and of who belongs to it; the latest first."""
    memberships = events_of(Membership, organisation=organisation)
    events = [*events_of(Organisation, pgh_obj=organisation), *memberships]
    return read(events, about=_about, named={User: (), Organisation: ()})


def events_of(model: Any, **columns) -> list:
    """The events of a model whose history is kept, with who was signed in; one statement."""
    return list(model.pgh_event_model.objects.filter(**columns).select_related("pgh_context"))


def _about(event, names: Names) -> str:
    """Of memberships the person and the organisation; of what is a person's alone, whatever it is."""
    kind = event.pgh_tracked_model
    if kind is Membership:
        return _("%(person)s at %(organisation)s") % {
            "person": names[User].get(event.user_id, "–"),
            "organisation": names[Organisation].get(event.organisation_id, "–"),
        }
    if kind is RoleAtTheFacility:
        name = str(names[Group].get(event.group_id, "–"))
        return _("role “%(role)s” at the facility") % {"role": ROLES.get(name, name)}
    if kind is ApiToken:
        return _("API token “%(name)s”") % {"name": event.name}
    return str(names[kind].get(event.pgh_obj_id) or event.name)


# ---- Events of any model ---------------------------------------------------------------------------------------


def value_in_words(value: Any) -> str:
    """Moments on the clock of the Atrium, dates and yes or no in the reader's language."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "D j F Y H:i")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return str(value)


def read(
    events: Iterable,
    *,
    about: Callable[[Any, Names], str],
    named: Mapping[type[models.Model], tuple[str, ...]],
    not_told: Collection[str] = (),
    in_words: Callable[[Any], str] = value_in_words,
) -> list[Entry]:
    """The events as entries, the latest first; one statement for each model in `named`, which are those that events
    refer to, each with what its name needs. Columns in `not_told` say nothing that another does not say."""
    events = sorted(events, key=lambda event: (event.pgh_created_at, event.pgh_id))
    names = _names(events, named)
    words = _Words(names, not_told, in_words)
    before: dict[tuple, models.Model] = {}
    entries = []
    for event in events:
        # Rows that tell of no object, as those of who is in which group, each stand for themselves.
        key = (type(event), getattr(event, "pgh_obj_id", None) or event.pgh_id)
        changes = words.changes(before.get(key), event)
        before[key] = event
        if changes:
            entries.append(Entry(event.pgh_created_at, _who(event, names), about(event, names), tuple(changes)))
    return entries[::-1]


def _names(events: Iterable, named: Mapping[type[models.Model], tuple[str, ...]]) -> Names:
    """All that the events refer to, per model and key, one statement for each model."""
    wanted: dict[type[models.Model], set] = {model: set() for model in {User: (), **named}}
    for event in events:
        wanted[User].add(_user_id(event))
        for field in event._meta.fields:
            if field.is_relation and field.related_model in wanted:
                wanted[field.related_model].add(getattr(event, field.attname))
    return {
        model: model._default_manager.select_related(*named.get(model, ())).in_bulk(pks - {None})
        for model, pks in wanted.items()
    }


def _user_id(event) -> int | None:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None


def _who(event, names: Names) -> str:
    return str(names[User].get(_user_id(event), ""))


@dataclass(frozen=True, slots=True)
class _Words:
    names: Names
    not_told: Collection[str]
    in_words: Callable[[Any], str]

    def changes(self, before, event) -> list[str]:
        """Each told column that differs, as "state: requested → confirmed"."""
        if event.pgh_label == "delete":
            return [_("taken away")]
        if event.pgh_label == "found":
            return [_("was there when this history began"), *self._role(event)]
        if before is None:
            return [_("created") if hasattr(event, "pgh_obj_id") else _("given"), *self._role(event)]
        return [
            f"{field.verbose_name}: {self._told(before, field)} → {self._told(event, field)}"
            for field in self._fields(event)
            if getattr(before, field.attname) != getattr(event, field.attname)
        ]

    def _role(self, event) -> list[str]:
        """What somebody was made is told from the first entry on."""
        return [f"{f.verbose_name}: {self._told(event, f)}" for f in self._fields(event) if f.name == "role"]

    def _fields(self, event) -> list[models.Field]:
        tracked = {field.name for field in event.pgh_tracked_model._meta.concrete_fields} - set(self.not_told)
        return [f for f in event._meta.fields if f.name in tracked and not f.name.startswith("pgh_")]

    def _told(self, event, field: models.Field) -> str:
        value = getattr(event, field.attname)
        if value in (None, ""):
            return "–"
        if field.is_relation:
            return str(self.names.get(field.related_model, {}).get(value, value))
        return str(dict(field.flatchoices).get(value) or self.in_words(value))
