"""The facility's roles are Django groups; their names are fixed, since the code asks for them."""

from django.db import migrations

FACILITY_GROUPS = ("technician", "facility manager", "auditor")


def make_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in FACILITY_GROUPS:
        Group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("organisations", "0002_tables"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    # Going back leaves the groups: people may be in them.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
