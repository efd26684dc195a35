"""A machine said in plain words: what it can do, and what one has to keep to."""

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from equipment.materials import materials_in_words
from equipment.models import EquipmentType
from equipment.policy import Policy

register = template.Library()


@register.filter
def abilities(kind: EquipmentType) -> list[tuple[str, str]]:
    """(label, value) of what is known about the type."""
    sizes = [f"{size}" for size in (kind.width_mm, kind.depth_mm, kind.height_mm) if size]
    known = [
        (_("Process"), kind.get_process_display()),
        (_("Work area"), f"{' × '.join(sizes)} mm" if sizes else ""),
        (_("Materials"), ", ".join(name for _material, name in materials_in_words(kind.materials))),
        (_("Reach"), f"{kind.reach_mm} mm" if kind.reach_mm else ""),
        (_("Payload"), f"{kind.payload_kg.normalize():f} kg" if kind.payload_kg else ""),
        (_("Places"), f"{kind.seats}" if kind.seats else ""),
    ]
    return [(label, value) for label, value in known if value]


@register.filter
def house_rules(policy: Policy) -> list[str]:
    """The policy as sentences, those that ask nothing left out."""
    return policy.in_sentences()


@register.filter
def description(kind: EquipmentType) -> str:
    """In the reader's language where it is written in it."""
    return kind.description_en if kind.description_en and get_language() == "en" else kind.description
