"""Which keys a catalogue file knows, and how the value of each is read.

A key reads what is written and gives fields of a model, or raises ValueError with what it expects.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from core.reach import check_reach
from equipment.catalogue import notation
from equipment.catalogue.content import ALWAYS, ClosedDays
from equipment.catalogue.notation import WeeklyHours, YearlyDays
from equipment.catalogue.problems import did_you_mean
from equipment.catalogue.public_holidays import names_of_public_holidays
from equipment.models import Equipment, EquipmentState, Process
from equipment.policy import POLICY_POINTS, Grid, Point, Unit


@dataclass(frozen=True)
class Key:
    read: Callable[[Any], dict[str, Any]]
    required: bool = False


def _key(field: str, read: Callable[[Any], Any], *, required: bool = False) -> Key:
    return Key(lambda written: {field: read(written)}, required)


# ---- Single values ----------------------------------------------------------------------------------------


def _text(longest: int | None) -> Callable[[Any], str]:
    def read(written: Any) -> str:
        if not isinstance(written, str) or not written.strip():
            raise ValueError(_("%(value)r is not text.") % {"value": written})
        if "\0" in written:
            raise ValueError(_("This text has characters that cannot be used here."))
        if longest and len(written) > longest:
            raise ValueError(_("This is longer than %(longest)d characters.") % {"longest": longest})
        return written.strip()

    return read


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(written: Any) -> int:
        if not isinstance(written, int) or isinstance(written, bool) or not least <= written <= most:
            raise ValueError(
                _("%(value)r is not a whole number from %(least)d to %(most)d.")
                % {"value": written, "least": least, "most": most}
            )
        return written

    return read


_millimetres = _whole(1, 1_000_000)


def _kilograms(written: Any) -> Decimal:
    number = Decimal(str(written)) if isinstance(written, int | float) and not isinstance(written, bool) else None
    if number is None or not number.is_finite() or not 0 < number < 100_000 or number != round(number, 2):
        raise ValueError(_("%(value)r is not a weight in kilograms, such as 12.5.") % {"value": written})
    return number


def _truth(written: Any) -> bool:
    if not isinstance(written, bool):
        raise ValueError(_("%(value)r is neither true nor false.") % {"value": written})
    return written


def _one_of(known: Iterable[str]) -> Callable[[Any], str]:
    words = [str(word) for word in known]

    def read(written: Any) -> str:
        if written not in words:
            raise ValueError(_("%(value)r is not known.") % {"value": written} + did_you_mean(written, words))
        return written

    return read


def _grid(written: Any) -> int:
    minutes = notation.duration(written) / timedelta(minutes=1)
    if minutes not in Grid.values:
        raise ValueError(_("The grid is 5m, 15m, 30m or 1h."))
    return int(minutes)


def _list_of(read: Callable[[Any], Any], *, may_be_empty: bool = False) -> Callable[[Any], tuple]:
    def read_all(written: Any) -> tuple:
        if not isinstance(written, list) or not (written or may_be_empty):
            raise ValueError(_("%(value)r is not a list. Write it between square brackets.") % {"value": written})
        return tuple(read(one) for one in written)

    return read_all


# ---- Values of several fields -----------------------------------------------------------------------------


def _envelope(written: Any) -> dict[str, int]:
    if not isinstance(written, list) or len(written) != 3:
        raise ValueError(_("Write the envelope as [width, depth, height] in mm."))
    return dict(zip(("width_mm", "depth_mm", "height_mm"), map(_millimetres, written), strict=True))


def _retired(written: Any) -> dict[str, str]:
    return {"state": EquipmentState.RETIRED if _truth(written) else EquipmentState.IN_SERVICE}


def _weekly(written: Any) -> dict[str, tuple[WeeklyHours, ...]]:
    weekly = _list_of(notation.weekly_hours)(written)
    if any(one.meets(other) for one, other in combinations(weekly, 2)):
        raise ValueError(_("Two of these hours overlap."))
    return {"weekly": weekly}


def _table_with(written: Any, *names: str) -> list[Any]:
    if not isinstance(written, dict) or written.keys() != set(names):
        raise ValueError(_("Write each as a table with the keys %(keys)s.") % {"keys": ", ".join(names)})
    return [written[name] for name in names]


def _day(written: Any) -> date:
    if not isinstance(written, date) or isinstance(written, datetime):
        raise ValueError(_("%(value)r is not a date. Write it as 2027-02-08, without quotes.") % {"value": written})
    try:
        check_reach(written)
    except ValidationError as error:
        raise ValueError(error.message) from error
    return written


def _closed_days(written: Any) -> ClosedDays:
    name, first, last = _table_with(written, "name", "first", "last")
    days = ClosedDays(_text(200)(name), _day(first), _day(last))
    if days.last < days.first:
        raise ValueError(_("“%(name)s” ends before it starts.") % {"name": days.name})
    return days


def _yearly_days(written: Any) -> tuple[str, YearlyDays]:
    name, first, last = _table_with(written, "name", "first", "last")
    return _text(200)(name), YearlyDays(notation.month_day(first), notation.month_day(last))


def _public_holiday(written: Any) -> str:
    return _one_of(names_of_public_holidays())(written)


# ---- The keys of each kind --------------------------------------------------------------------------------

_NAMES = {"name": _key("name", _text(100), required=True), "name_en": _key("name_en", _text(100))}

_HOURS_AND_CLOSURES = {
    "opening_hours": _key("opening_hours", _text(50)),
    "closures": _key("closures", _list_of(_text(50), may_be_empty=True)),
}


def _reader_of(name: str, point: Point) -> Callable[[Any], Any]:
    if name == "grid_minutes":
        return _grid
    match point.unit:
        case Unit.MINUTES | Unit.DAYS:
            return notation.duration
        case Unit.CLOCK:
            return notation.clock_time
        case Unit.SWITCH:
            return _truth
        case Unit.CHOICE:
            assert point.choices is not None
            return _one_of(point.choices.values)
        case Unit.COUNT:
            return _whole(1, 30_000)


POLICY_KEYS = {point.key or name: _key(name, _reader_of(name, point)) for name, point in POLICY_POINTS.items()}

FIELDLABS = {**_NAMES, "place": _key("place", _text(100)), **_HOURS_AND_CLOSURES}

CERTIFICATES = {**_NAMES, "valid_months": _key("valid_months", _whole(1, 600))}

TYPES = {
    **_NAMES,
    "description": _key("description", _text(None)),
    "description_en": _key("description_en", _text(None)),
    "process": _key("process", _one_of(Process.values), required=True),
    "envelope_mm": Key(_envelope),
    "reach_mm": _key("reach_mm", _millimetres),
    "payload_kg": _key("payload_kg", _kilograms),
    "seats": _key("seats", _whole(1, 30_000)),
    "materials": _key("materials", lambda written: list(_list_of(_text(40))(written))),
    "certificates": _key("certificates", _list_of(_text(50), may_be_empty=True)),
    "finished_on": _key("finished_on", _text(50)),
    "finishing_time": _key("finishing_time", notation.duration),
    **_HOURS_AND_CLOSURES,
    **POLICY_KEYS,
}

EQUIPMENT = {
    "name": _key("name", _text(100)),
    "type": _key("type", _text(50), required=True),
    "fieldlab": _key("fieldlab", _text(50), required=True),
    "place": _key("place", _text(100)),
    "contact": _key("contact", _text(254)),
    "retired": Key(_retired),
    **_HOURS_AND_CLOSURES,
    **POLICY_KEYS,
}

OPENING_HOURS = {"name": _key("name", _text(100), required=True), "weekly": Key(_weekly, required=True)}

CLOSURES = {
    "name": _key("name", _text(100), required=True),
    "days": _key("days", _list_of(_closed_days)),
    "every_year": _key("every_year", _list_of(_yearly_days)),
    "public_holidays": _key("public_holidays", _list_of(_public_holiday)),
}

KINDS = {
    "fieldlabs": FIELDLABS,
    "certificates": CERTIFICATES,
    "types": TYPES,
    "equipment": EQUIPMENT,
    "opening_hours": OPENING_HOURS,
    "closures": CLOSURES,
}


def check_name_of_entry(kind: str, name: str) -> str:
    """Why this cannot be the code of a machine or the short name of anything else, or "" where it can."""
    if (len(name) > 20 and kind == "equipment") or len(name) > 50:
        return _("This name is too long.")
    check = Equipment._meta.get_field("code").run_validators if kind == "equipment" else validate_slug
    try:
        check(name)
    except ValidationError as error:
        return " ".join(error.messages)
    if name == ALWAYS:
        return _("“%(name)s” means day and night; choose another name.") % {"name": name}
    return ""
