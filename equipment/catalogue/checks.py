"""What must hold between the entries of a catalogue: references, policies, hours that leave room to book."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from equipment.catalogue.content import ALWAYS, Catalogue
from equipment.catalogue.lines import KeyPath
from equipment.catalogue.problems import Problems, did_you_mean
from equipment.models import Equipment, EquipmentType
from equipment.policy import POLICY_FIELDS, Policy


def check_catalogue(catalogue: Catalogue, content: dict[str, Any], problems: Problems) -> None:
    """Adds what is wrong. `content` is the file as written: a faulty entry is no unknown name."""
    written = {kind: list(entries) if isinstance(entries, dict) else [] for kind, entries in content.items()}
    levels = {"fieldlabs": catalogue.fieldlabs, "types": catalogue.types, "equipment": catalogue.equipment}
    for kind, entries in levels.items():
        for name, values in entries.items():
            _check_references(values, (kind, name), written, problems)
    for slug, values in catalogue.types.items():
        type_ = EquipmentType(**_policy_fields(values))
        _tell(type_.clean, values, ("types", slug), problems)
        _check_finishing(catalogue, slug, content["types"][slug], problems)
    for code, values in catalogue.equipment.items():
        _check_machine(catalogue, code, values, problems)
    _check_closures(catalogue, problems)


def _check_references(values: dict[str, Any], path: KeyPath, written: dict[str, list[str]], problems: Problems) -> None:
    def must_be_known(name: str, kind: str, key: str, besides: Collection[str] = ()) -> None:
        known = [*written.get(kind, ()), *besides]
        if name not in known:
            message = _("“%(name)s” is not in %(kind)s.") % {"name": name, "kind": kind}
            problems.add((*path, key), message + did_you_mean(name, known))

    if "type" in values:
        must_be_known(values["type"], "types", "type")
    if "fieldlab" in values:
        must_be_known(values["fieldlab"], "fieldlabs", "fieldlab")
    if "opening_hours" in values:
        must_be_known(values["opening_hours"], "opening_hours", "opening_hours", besides=[ALWAYS])
    for name in values.get("closures", ()):
        must_be_known(name, "closures", "closures")
    for name in values.get("certificates", ()):
        must_be_known(name, "certificates", "certificates")
    if "finished_on" in values:
        must_be_known(values["finished_on"], "types", "finished_on")


def _check_machine(catalogue: Catalogue, code: str, values: dict[str, Any], problems: Problems) -> None:
    path = ("equipment", code)
    if "contact" in values:
        try:
            validate_email(values["contact"])
        except ValidationError:
            problems.add((*path, "contact"), _("%(value)r is not an email address.") % {"value": values["contact"]})
    type_values = catalogue.types.get(values.get("type", ""))
    if type_values is None or values.get("fieldlab") not in catalogue.fieldlabs:
        return  # told already
    type_ = EquipmentType(**_policy_fields(type_values))
    type_policy, machine = type_.type_policy, Equipment(**_policy_fields(values))
    if _policy_fields(values) and _is_right(type_):  # else it is told at the type
        _tell(lambda: machine.check_policy_on(type_policy), values, path, problems)
    policy = machine.policy_on(type_policy)
    hours = catalogue.opening_hours_of(code)
    if hours is None:
        problems.add(
            path,
            _("No opening hours are named here, at its type or its fieldlab; “always” is day and night."),
        )
    elif hours in catalogue.opening_hours:
        stretch = catalogue.opening_hours[hours].longest_stretch
        if (needed := _longest_attended(policy)) > stretch:
            problems.add(
                path,
                _("Nobody could book this: it needs people for %(needed)s, and “%(hours)s” last at most %(stretch)s.")
                % {"needed": needed, "hours": hours, "stretch": stretch},
            )


def _longest_attended(policy: Policy) -> timedelta:
    """What must at least lie in one stretch of open time."""
    if policy.unattended:
        return max(policy.set_up, policy.clean_up)
    return policy.set_up + policy.shortest + policy.clean_up


def _is_right(type_: EquipmentType) -> bool:
    try:
        type_.clean()
    except ValidationError:
        return False
    return True


def _tell(check: Callable[[], None], values: dict[str, Any], path: KeyPath, problems: Problems) -> None:
    """What the model's own check raises, at the key it is about if the file has that key."""
    try:
        check()
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            problems.add((*path, name) if name in values else path, " ".join(messages))


def _check_finishing(catalogue: Catalogue, slug: str, entry: dict[str, Any], problems: Problems) -> None:
    """A station and how long it is needed go together, and the station must take a reservation of that length."""
    path, values = ("types", slug), catalogue.types[slug]
    given = [key for key in ("finished_on", "finishing_time") if key in entry]
    if len(given) == 1:
        problems.add((*path, given[0]), _("“finished_on” and “finishing_time” go together."))
    if values.get("finished_on") == slug:
        problems.add((*path, "finished_on"), _("A type cannot finish its own results."))
        return
    station = catalogue.types.get(values.get("finished_on", ""))
    if station is None or "finishing_time" not in values:
        return
    policy = EquipmentType(**_policy_fields(station)).type_policy
    if not policy.allows(values["finishing_time"]):
        problems.add(
            (*path, "finishing_time"),
            _("“%(name)s” takes no reservation of that length.") % {"name": values["finished_on"]},
        )


def _check_closures(catalogue: Catalogue, problems: Problems) -> None:
    """A name comes once a year: by name and year closed days are known when the file is read again."""
    for slug, closures in catalogue.closures.items():
        seen: set[tuple[str, int]] = set()
        yearly = {name for name, _days in closures.every_year} | set(closures.public_holidays)
        if len(yearly) < len(closures.every_year) + len(closures.public_holidays):
            problems.add(("closures", slug), _("A name is used twice."))
        for days in closures.days:
            if days.name in yearly or (days.name, days.first.year) in seen:
                problems.add(("closures", slug, "days"), _("“%(name)s” is there twice.") % {"name": days.name})
            seen.add((days.name, days.first.year))


def _policy_fields(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in POLICY_FIELDS}
