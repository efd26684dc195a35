"""Whoever and whatever is there when the history begins is its first entry, so that the first change shows from what."""

from django.db import migrations

KEPT = ("User", "Organisation", "Membership", "ApiToken")


def begin(apps, schema_editor):
    for name in KEPT:
        event = apps.get_model("organisations", f"{name}Event")
        columns = [field.attname for field in event._meta.fields if not field.name.startswith("pgh_")]
        rows = apps.get_model("organisations", name).objects.values_list("pk", *columns)
        event.objects.bulk_create(
            event(pgh_label="found", pgh_obj_id=pk, **dict(zip(columns, values))) for pk, *values in rows
        )
    event = apps.get_model("organisations", "RoleAtTheFacilityEvent")
    roles = apps.get_model("organisations", "User").groups.through.objects.values("user_id", "group_id")
    event.objects.bulk_create(event(pgh_label="found", **role) for role in roles)


class Migration(migrations.Migration):
    dependencies = [("organisations", "0008_history_of_people_and_organisations")]

    # Going back takes the tables of the history along.
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
