"""A machine said in plain words: what it can do, and what one has to keep to."""

from django import template
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core.formatting import duration_in_words
from equipment.materials import materials_in_words
from equipment.models import EquipmentType
from equipment.policy import Approval, Policy

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
    rules = [_length(policy)]
    if policy.notice_period:
        rules.append(_("Book at least %(time)s ahead.") % {"time": duration_in_words(policy.notice_period)})
    rules.append(_("Book at most %(time)s ahead.") % {"time": duration_in_words(policy.horizon)})
    if policy.last_start:
        rules.append(_("Start no later than %(time)s.") % {"time": f"{policy.last_start:%H:%M}"})
    if policy.set_up:
        rules.append(
            _("%(time)s before your time is kept free for setting up.") % {"time": duration_in_words(policy.set_up)}
        )
    if policy.clean_up:
        rules.append(
            _("%(time)s after your time is kept free for cleaning up.") % {"time": duration_in_words(policy.clean_up)}
        )
    if policy.unattended:
        rules.append(_("It may run on at night and at the weekend; you start and end it during opening hours."))
    if policy.operator_needed:
        rules.append(_("An operator works with you."))
    if policy.approval == Approval.MANAGER:
        rules.append(_("The facility manager approves each booking first."))
    if policy.open_reservation_limit:
        limit = policy.open_reservation_limit
        rules.append(
            ngettext(
                "Your organisation can have %(count)d reservation ahead.",
                "Your organisation can have %(count)d reservations ahead.",
                limit,
            )
            % {"count": limit}
        )
    if policy.free_cancellation_term:
        rules.append(
            _("Cancel for free until %(time)s before.") % {"time": duration_in_words(policy.free_cancellation_term)}
        )
    return rules


def _length(policy: Policy) -> str:
    lengths = {
        "shortest": duration_in_words(policy.shortest),
        "longest": duration_in_words(policy.longest or policy.shortest),
    }
    lengths["grid"] = policy.grid_minutes
    if policy.longest is None:
        return _("At least %(shortest)s, in steps of %(grid)d minutes.") % lengths
    return _("From %(shortest)s to %(longest)s, in steps of %(grid)d minutes.") % lengths


@register.filter
def description(kind: EquipmentType) -> str:
    """In the reader's language where it is written in it."""
    return kind.description_en if kind.description_en and get_language() == "en" else kind.description
