"""Certificates that are there when their history begins are its first entries."""

from django.db import migrations


def begin(apps, schema_editor):
    event = apps.get_model("equipment", "CertificateEvent")
    columns = [field.attname for field in event._meta.fields if not field.name.startswith("pgh_")]
    rows = apps.get_model("equipment", "Certificate").objects.values_list("pk", *columns)
    event.objects.bulk_create(
        event(pgh_label="found", pgh_obj_id=pk, **dict(zip(columns, values))) for pk, *values in rows
    )


class Migration(migrations.Migration):
    dependencies = [("equipment", "0004_history_of_certificates")]

    # Going back takes the table of the history along.
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
