"""The models of supply. `supply`: fieldlabs, types, machines, expanded time. `people`: certificates and operators."""

from equipment.models.people import Certificate, CertificateKind, CertificateQuerySet, Operator
from equipment.models.supply import (
    Bilingual,
    CalendarSpan,
    Equipment,
    EquipmentQuerySet,
    EquipmentState,
    EquipmentType,
    EquipmentTypeQuerySet,
    Fieldlab,
    Process,
)

__all__ = [
    "Bilingual",
    "CalendarSpan",
    "Certificate",
    "CertificateKind",
    "CertificateQuerySet",
    "Equipment",
    "EquipmentQuerySet",
    "EquipmentState",
    "EquipmentType",
    "EquipmentTypeQuerySet",
    "Fieldlab",
    "Operator",
    "Process",
]
