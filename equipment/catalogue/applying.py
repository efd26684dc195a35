"""Bringing the database in line with a catalogue: what differs is written, what is right is not touched."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import prefetch_related_objects

from equipment.availability import Calendar, Hit, change_unless_hit, equipment_changed, rebuilding_once, what_if
from equipment.catalogue.calendars import bring_closures_in_line, bring_hours_in_line
from equipment.catalogue.content import ALWAYS, Catalogue
from equipment.catalogue.notation import written
from equipment.catalogue.report import KindReport, Report
from equipment.models import CertificateKind, Equipment, EquipmentType, Fieldlab
from equipment.policy import POLICY_FIELDS

FIELDLAB_FIELDS = ("name", "name_en", "place", "position")
CERTIFICATE_FIELDS = ("name", "name_en", "valid_months")
TYPE_FIELDS = (
    "name",
    "name_en",
    "description",
    "description_en",
    "process",
    "width_mm",
    "depth_mm",
    "height_mm",
    "reach_mm",
    "payload_kg",
    "seats",
    "materials",
    "finishing_time",
    *POLICY_FIELDS,
)
EQUIPMENT_FIELDS = ("name", "type", "fieldlab", "place", "contact", "state", "opening_hours", *POLICY_FIELDS)


def preview_catalogue(catalogue: Catalogue, *, now: datetime) -> tuple[Report, list[Hit]]:
    """What `apply_catalogue` would do, and what that would leave outside open time. Writes nothing."""
    reports: list[Report] = []
    hits = what_if(lambda: reports.append(_apply(catalogue, now=now)), now=now)
    return reports[0], hits


def apply_catalogue_unless_hit(catalogue: Catalogue, *, now: datetime) -> tuple[Report, list[Hit]]:
    """As `apply_catalogue`, but nothing is kept where it would leave something outside open time."""
    return change_unless_hit(lambda: _apply(catalogue, now=now), now=now)


def apply_catalogue(catalogue: Catalogue, *, now: datetime) -> Report:
    """Make fieldlabs, certificates, types, machines and calendars what the file says, all in one transaction.

    The file wins over what was changed elsewhere, on every point it can name; a point it leaves out takes its
    default. What is not in the file is left alone.
    """
    with rebuilding_once(now=now):
        return _apply(catalogue, now=now)


def _apply(catalogue: Catalogue, *, now: datetime) -> Report:
    list(Equipment.objects.locked().values_list("pk"))  # in id order, before any of them is written in the file's
    report = Report()
    hours = bring_hours_in_line(catalogue.opening_hours, now=now, report=report["opening_hours"])
    closures = bring_closures_in_line(catalogue.closures, now=now, report=report["closures"])
    fieldlabs = {
        slug: {**values, "position": position} for position, (slug, values) in enumerate(catalogue.fieldlabs.items(), 1)
    }
    labs = _bring_in_line(Fieldlab, "slug", FIELDLAB_FIELDS, fieldlabs, report["fieldlabs"])
    kinds = _bring_in_line(CertificateKind, "slug", CERTIFICATE_FIELDS, catalogue.certificates, report["certificates"])
    types = _bring_in_line(EquipmentType, "slug", TYPE_FIELDS, catalogue.types, report["types"])
    _bring_stations_in_line(catalogue, types, report["types"])
    needed = {slug: list(values.get("certificates", ())) for slug, values in catalogue.types.items()}
    _bring_links_in_line(types, "required_certificates", kinds, needed, report["types"], told_as="certificates")
    machines = {
        code: {
            "name": types[values["type"]].name,
            **values,
            "type": types[values["type"]],
            "fieldlab": labs[values["fieldlab"]],
            "opening_hours": _calendar(catalogue.opening_hours_of(code), hours),
        }
        for code, values in catalogue.equipment.items()
    }
    before = dict(Equipment.objects.values_list("code", "opening_hours"))
    equipment = _bring_in_line(Equipment, "code", EQUIPMENT_FIELDS, machines, report["equipment"])
    moved = {
        machine.pk for code, machine in equipment.items() if code in before and before[code] != machine.opening_hours_id
    }
    closing = {code: catalogue.closures_of(code) for code in equipment}
    moved |= _bring_links_in_line(equipment, "closures", closures, closing, report["equipment"], told_as="closures")
    equipment_changed(moved, now=now)
    return report


def _calendar(slug: str | None, hours: dict[str, Calendar]) -> Calendar | None:
    return None if slug is None or slug == ALWAYS else hours[slug]


def _bring_in_line(
    model: type[models.Model],
    key: str,
    names: tuple[str, ...],
    wanted: dict[str, dict[str, Any]],
    report: KindReport,
) -> dict[str, Any]:
    """The rows by key. A field that is not wanted otherwise takes the model's default."""
    fields = {name: model._meta.get_field(name) for name in names}
    related = [name for name, field in fields.items() if field.is_relation]
    existing = {getattr(row, key): row for row in model._default_manager.select_related(*related).order_by("pk")}
    report.left_alone += [name for name in existing if name not in wanted]
    rows = {}
    for name, values in wanted.items():
        full = {field: values.get(field, fields[field].get_default()) for field in names}
        row = rows[name] = existing.get(name)
        if row is None:
            rows[name] = model._default_manager.create(**{key: name}, **full)
            report.added.append(name)
            continue
        stored = {field: getattr(row, field) for field in names}
        differing = [field for field in names if stored[field] != full[field]]
        for field in differing:
            setattr(row, field, full[field])
        if differing:
            row.save(update_fields=differing)
        report.note(name, [f"{field}: {written(stored[field])} → {written(full[field])}" for field in differing])
    return rows


def _bring_stations_in_line(catalogue: Catalogue, types: dict[str, EquipmentType], report: KindReport) -> None:
    """Once all types are there: a type may name one that comes later in the file."""
    for slug, values in catalogue.types.items():
        row, station = types[slug], types.get(values.get("finished_on", ""))
        if row.finished_on_id == (station.pk if station else None):
            continue
        row.finished_on = station
        row.save(update_fields=["finished_on"])
        _tell_change(report, slug, f"finished_on: {written(station and station.slug)}")


def _bring_links_in_line(
    rows: dict[str, Any],
    name: str,
    targets: dict[str, Any],
    wanted: dict[str, list[str]],
    report: KindReport,
    *,
    told_as: str,
) -> set[int]:
    """Of a relation to many, what each row is linked to; the ids of the rows whose links are others now."""
    prefetch_related_objects(list(rows.values()), name)
    changed = set()
    for key, row in rows.items():
        links, slugs = getattr(row, name), wanted[key]
        if {target.pk for target in links.all()} == {targets[slug].pk for slug in slugs}:
            continue
        links.set([targets[slug] for slug in slugs])
        changed.add(row.pk)
        _tell_change(report, key, f"{told_as}: {written(slugs)}")
    return changed


def _tell_change(report: KindReport, key: str, change: str) -> None:
    if key not in report.added:
        report.add_change(key, change)
