"""The models of supply. `supply`: fieldlabs, types, machines, expanded time. `people`: certificates and operators."""

from equipment.certificates.models import ONE_DAY, Certificate, CertificateKind, CertificateQuerySet, first_invalid_day
from equipment.models.people import Operator
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
    "ONE_DAY",
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
    "first_invalid_day",
]
