"""The house rules: made from the rules that bookings must keep, and from the policies that the rules read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bookings.models import Economic, Purpose
from bookings.rules.book import BOOKING_RULES, RESERVATION_RULES
from core.clock import ZONE
from equipment.models import Equipment, EquipmentType
from equipment.policy import Policy
from organisations.models import OrganisationClass


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A type and the machines that keep to its policy, or one machine that differs from its type. `points` are pairs
    of a label and a value in words, "" where nothing is asked; each line has the same labels."""

    type: EquipmentType
    machines: list[Equipment]
    differs: bool
    points: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PurposeLine:
    purpose: Purpose
    counts_as: Economic
    offered_to: list[str]  # classes of organisation; empty: everybody


@require_safe
def house_rules(request):
    """For everybody, also before signing in."""
    today = timezone.now().astimezone(ZONE).date()
    machines = (
        Equipment.objects.in_service()
        .with_type()
        .order_by("fieldlab__position", "code")
        .prefetch_related("type__required_certificates")
    )
    context = {
        "rules": [*BOOKING_RULES, *RESERVATION_RULES],
        "policies": policy_lines(machines),
        "purposes": purpose_lines(today),
        "today": today,
    }
    return render(request, "bookings/house_rules.html", context)


def policy_lines(machines: Iterable[Equipment]) -> list[PolicyLine]:
    """By type, in the order of the machines; after each type its machines that differ from it."""
    by_type: dict[int, list[Equipment]] = {}
    for machine in machines:
        by_type.setdefault(machine.type_id, []).append(machine)
    lines = []
    for together in by_type.values():
        kind = together[0].type
        usual = [m for m in together if m.policy == kind.type_policy]
        if usual:
            lines.append(PolicyLine(kind, usual, False, points_of(kind.type_policy, kind)))
        lines += [PolicyLine(kind, [m], True, points_of(m.policy, kind)) for m in together if m not in usual]
    return lines


def points_of(policy: Policy, kind: EquipmentType) -> list[tuple[str, str]]:
    """The policy as (label, value in words), with the certificates that the type asks for."""
    points = []
    for name, label, value in policy.in_table():
        points.append((label, value))
        if name == "approval":
            certificates = ", ".join(str(certificate) for certificate in kind.required_certificates.all())
            points.append((_("Certificates"), certificates))
    return points


def purpose_lines(today: date) -> list[PurposeLine]:
    """The purposes offered today, with what they count as today."""
    offered = Purpose.objects.filter(
        Q(offered_from=None) | Q(offered_from__lte=today), Q(offered_until=None) | Q(offered_until__gt=today)
    ).prefetch_related("rulings")
    return [
        PurposeLine(
            purpose,
            purpose.counts_as(on=today),
            [str(OrganisationClass(c).label) for c in purpose.organisation_classes],
        )
        for purpose in offered
    ]
