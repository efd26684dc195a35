"""What a request names: organisations, people, machines, types, abilities. What nothing goes by is told, all at once.

An organisation that is not known and one that is not the caller's are the same here, so that nobody finds out which
organisations exist; a person who is not of the organisation and one who does not exist likewise.
"""

from collections.abc import Iterable, Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import Value
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from bookings.api.bodies import BookingIn, OverrideIn, RequestedSlotIn
from bookings.models import Purpose, Reservation
from bookings.scheduling.placement import RequestedSlot
from bookings.services import Overriding
from core.api.errors import not_right, unknown_code, unknown_codes
from equipment.models import Equipment, EquipmentType
from organisations.models import Organisation, User

# An ability as a key: the arguments of `EquipmentType.objects.able_to`, in order.
Ability = tuple[tuple[str, object], ...]


def what_is_booked(body: BookingIn, *, user: User) -> dict:
    """The arguments of `services.book` that the body names. Raises ValidationError.

    The organisation is None where there is none such for the caller: the rules then refuse.
    """
    organisation = Organisation.objects.visible_to(user).filter(slug=body.organisation).first()
    purpose = Purpose.objects.filter(code=body.purpose).first() if body.purpose else None
    supervisor = person_of(organisation, body.supervisor)
    unknown = [(("purpose",), body.purpose)] if body.purpose and purpose is None else []
    unknown += [(("supervisor",), body.supervisor)] if body.supervisor and supervisor is None else []
    requested_slots = _requested_slots(body.reservations, unknown)
    if unknown:
        raise unknown_codes(unknown)
    return {
        "organisation": organisation,
        "purpose": purpose,
        "supervisor": supervisor,
        "requested_slots": requested_slots,
    }


def _requested_slots(asked: Sequence[RequestedSlotIn], unknown: list) -> list[RequestedSlot]:
    """The requested slots; what nothing goes by is added to `unknown`, with the way to it."""
    machines = _by_code(Equipment.objects.with_type(), "code", (requested_slot.equipment for requested_slot in asked))
    types = _by_code(EquipmentType.objects.all(), "slug", (requested_slot.type for requested_slot in asked))
    able = _types_by_ability(key for requested_slot in asked if (key := _key(requested_slot)))
    for index, requested_slot in enumerate(asked):
        if requested_slot.equipment is not None and requested_slot.equipment not in machines:
            unknown.append((("reservations", index, "equipment"), requested_slot.equipment))
        if requested_slot.type is not None and requested_slot.type not in types:
            unknown.append((("reservations", index, "type"), requested_slot.type))
    return [
        RequestedSlot(
            equipment=machines.get(requested_slot.equipment),
            equipment_type=types.get(requested_slot.type),
            able_types=able.get(_key(requested_slot), ()),
            units=requested_slot.units,
            start=requested_slot.start,
            end=requested_slot.end,
            finish=requested_slot.finish,
        )
        for requested_slot in asked
    ]


def _by_code(queryset, field: str, codes: Iterable[str | None]) -> dict:
    """Those with one of the codes, by code; None is no code."""
    asked = {code for code in codes if code is not None}
    if not asked:
        return {}
    return {getattr(each, field): each for each in queryset.filter(**{f"{field}__in": asked})}


def _key(requested_slot: RequestedSlotIn) -> Ability | None:
    ability = requested_slot.ability()
    return tuple(sorted(ability.items())) if ability else None


def _types_by_ability(keys: Iterable[Ability]) -> dict[Ability, tuple[EquipmentType, ...]]:
    """The types with each ability, by name; one statement for any number of abilities."""
    asked = list(dict.fromkeys(keys))
    if not asked:
        return {}
    found = [
        EquipmentType.objects.able_to(**dict(key)).annotate(asked=Value(number)).order_by()
        for number, key in enumerate(asked)
    ]
    types = list(found[0].union(*found[1:], all=True) if found[1:] else found[0])
    types.sort(key=lambda type_: type_.name)
    return {key: tuple(t for t in types if t.asked == number) for number, key in enumerate(asked)}


def person_of(organisation: Organisation | None, email: str | None) -> User | None:
    """The person with this address who belongs to the organisation."""
    if organisation is None or not email:
        return None
    return User.objects.filter(is_active=True, memberships__organisation=organisation, email__iexact=email).first()


def organisation_for_search(user: User, slug: str | None) -> Organisation | None:
    """The one that is named, else the only one the person belongs to, else None."""
    if slug is None:
        own = list(Organisation.objects.filter(memberships__user=user)[:2])
        return own[0] if len(own) == 1 else None
    found = Organisation.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise unknown_code("query", "organisation", code=slug)
    return found


def supervisor_for_search(organisation: Organisation | None, email: str | None) -> User | None:
    if email is None:
        return None
    if organisation is None:
        raise not_right("query", "supervisor", message=_("Say for which “organisation”."))
    found = person_of(organisation, email)
    if found is None:
        raise unknown_code("query", "supervisor", code=email)
    return found


def overriding(asked: OverrideIn | None, *, user: User) -> Overriding | None:
    """The rules that the caller sets aside. Raises PermissionDenied unless a facility manager asks."""
    if asked is None:
        return None
    if not user.is_facility_manager:
        raise PermissionDenied(_("Only a facility manager can make an exception."))
    return Overriding(by=user, reason=asked.reason, codes=None if asked.codes is None else frozenset(asked.codes))


def machine(code: str | None) -> Equipment | None:
    if code is None:
        return None
    found = Equipment.objects.with_type().filter(code=code).first()
    if found is None:
        raise unknown_codes([(("equipment",), code)])
    return found


def visible_reservation(id: int, *, user: User) -> Reservation:
    """Not seen: 404. Whether it is this person's to change, and in a state for it, the services say."""
    seen = Reservation.objects.visible_to(user)
    return get_object_or_404(seen.select_related("booking", "equipment__type", "equipment__fieldlab"), pk=id)
