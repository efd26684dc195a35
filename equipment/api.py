"""The API's list of machines, and how a machine is told. What needs reservations is in `bookings.api`."""

from datetime import date, timedelta
from typing import Annotated

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Router, Schema
from pydantic import StringConstraints

from equipment.models import Certificate, Equipment, EquipmentType
from equipment.policy import Policy
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


class PolicyOut(Schema):
    """Minutes and days are elapsed time; null is no limit. `last_start` is wall-clock time in the Atrium."""

    grid_minutes: int
    shortest_minutes: int
    longest_minutes: int | None
    notice_minutes: int
    horizon_days: int
    set_up_minutes: int
    clean_up_minutes: int
    last_start: str | None
    unattended: bool
    approval: str
    operator_needed: bool
    open_reservation_limit: int | None
    free_cancellation_minutes: int
    check_in_grace_minutes: int


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
    policy: PolicyOut
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


def policy_out(policy: Policy) -> PolicyOut:
    return PolicyOut(
        grid_minutes=policy.grid_minutes,
        shortest_minutes=_minutes(policy.shortest),
        longest_minutes=None if policy.longest is None else _minutes(policy.longest),
        notice_minutes=_minutes(policy.notice_period),
        horizon_days=policy.horizon.days,
        set_up_minutes=_minutes(policy.set_up),
        clean_up_minutes=_minutes(policy.clean_up),
        last_start=None if policy.last_start is None else f"{policy.last_start:%H:%M}",
        unattended=policy.unattended,
        approval=policy.approval,
        operator_needed=policy.operator_needed,
        open_reservation_limit=policy.open_reservation_limit,
        free_cancellation_minutes=_minutes(policy.free_cancellation_term),
        check_in_grace_minutes=_minutes(policy.check_in_grace),
    )


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
