"""The API's list of machines, and how a machine is told. What needs reservations is in `bookings.api`."""

from datetime import date, time, timedelta
from typing import Annotated, Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Router, Schema
from pydantic import StringConstraints, create_model

from equipment.models import Certificate, Equipment, EquipmentType
from equipment.policy import POLICY_POINTS, Point, Policy, Unit
from organisations.models import User

router = Router(tags=["equipment"])

# PostgreSQL's text cannot hold the sign NUL.
Text = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]


class EquipmentOut(Schema):
    code: str
    name: str
    type: str
    type_name: str
    process: str
    fieldlab: str
    fieldlab_name: str
    place: str
    state: str


def name_in_api(name: str, point: Point) -> str:
    """With its unit: `shortest_minutes`, `horizon_days`."""
    return f"{point.api or name}_{point.unit}" if point.unit in (Unit.MINUTES, Unit.DAYS) else name


def value_in_api(value: Any, point: Point) -> int | str | bool | None:
    match point.unit, value:
        case _, None:
            return None
        case Unit.MINUTES, timedelta():
            return _minutes(value)
        case Unit.DAYS, timedelta():
            return value.days
        case Unit.CLOCK, time():
            return f"{value:%H:%M}"
        case Unit.CHOICE, _:
            return str(value)
    return value


def _type_in_api(name: str, point: Point) -> Any:
    types = {Unit.CLOCK: str, Unit.CHOICE: str, Unit.SWITCH: bool}
    plain: Any = types.get(point.unit, int)
    return plain | None if getattr(Policy(), name) is None else plain


PolicyOut = create_model(
    "PolicyOut",
    __base__=Schema,
    __doc__="Minutes and days are elapsed time; null is no limit. `last_start` is wall-clock time in the Atrium.",
    **{name_in_api(name, point): (_type_in_api(name, point), ...) for name, point in POLICY_POINTS.items()},
)


class AbilitiesOut(Schema):
    process: str
    width_mm: int | None
    depth_mm: int | None
    height_mm: int | None
    reach_mm: int | None
    payload_kg: float | None
    seats: int | None
    materials: list[str]


class CertificateOut(Schema):
    """A kind of certificate that is needed. `held`: the caller has one that is valid today."""

    slug: str
    name: str
    held: bool


class FinishingOut(Schema):
    """The type on which results are finished, and how long that takes."""

    type: str
    type_name: str
    minutes: int


class EquipmentDetailsOut(EquipmentOut):
    description: str
    contact: str
    abilities: AbilitiesOut
    policy: PolicyOut  # type: ignore[valid-type]  # made from the points of the policy
    certificates: list[CertificateOut]
    finished_on: FinishingOut | None


def equipment_out(equipment: Equipment) -> dict:
    """The fields of EquipmentOut."""
    return {
        "code": equipment.code,
        "name": equipment.name,
        "type": equipment.type.slug,
        "type_name": str(equipment.type),
        "process": equipment.type.process,
        "fieldlab": equipment.fieldlab.slug,
        "fieldlab_name": str(equipment.fieldlab),
        "place": equipment.place,
        "state": equipment.state,
    }


def equipment_details_out(equipment: Equipment, *, person: User, on: date) -> dict:
    """The fields of EquipmentDetailsOut, as they are for this person on that day. One statement."""
    return equipment_out(equipment) | {
        "description": _description(equipment.type),
        "contact": equipment.contact,
        "abilities": abilities_out(equipment.type),
        "policy": policy_out(equipment.policy),
        "certificates": certificates_out(equipment.type, person=person, on=on),
        "finished_on": finished_on_out(equipment.type),
    }


def certificates_out(type_: EquipmentType, *, person: User, on: date) -> list[CertificateOut]:
    held = Certificate.objects.valid_on(on).filter(kind=OuterRef("pk"), user=person)
    kinds = type_.required_certificates.annotate(held=Exists(held))
    return [CertificateOut(slug=kind.slug, name=str(kind), held=kind.held) for kind in kinds]


def finished_on_out(type_: EquipmentType) -> FinishingOut | None:
    """Of a type with the one it is finished on at hand."""
    station, takes = type_.finished_on, type_.finishing_time
    if station is None or not takes:
        return None
    return FinishingOut(type=station.slug, type_name=str(station), minutes=_minutes(takes))


def _description(type_: EquipmentType) -> str:
    """In the reader's language where it was written in that."""
    return (get_language() == "en" and type_.description_en) or type_.description


def abilities_out(type_: EquipmentType) -> AbilitiesOut:
    return AbilitiesOut(**{name: getattr(type_, name) for name in AbilitiesOut.model_fields})


def policy_out(policy: Policy) -> Schema:
    values = {
        name_in_api(name, point): value_in_api(getattr(policy, name), point) for name, point in POLICY_POINTS.items()
    }
    return PolicyOut(**values)


def _minutes(duration: timedelta) -> int:
    return int(duration / timedelta(minutes=1))


@router.get("equipment", response=list[EquipmentOut], operation_id="list_equipment", summary="Machines")
def list_equipment(request: HttpRequest, fieldlab: Text = "", type: Text = "", q: Text = ""):
    """The machines in service, of one fieldlab or one type where asked (their short names).

    Every word of `q` is looked for in code, name, place, type, fieldlab, process and materials.
    """
    machines = Equipment.objects.in_service().with_type()
    if fieldlab:
        machines = machines.filter(fieldlab__slug=fieldlab)
    if type:
        machines = machines.filter(type__slug=type)
    return [equipment_out(machine) for machine in machines.mentioning(q)]
