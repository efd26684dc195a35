"""The purposes every facility starts with, and what each counts as; managers edit both in the admin.

The division follows the framework for state aid for research, development and innovation (2022/C 414/01) as
commonly read; a facility has it confirmed by its own lawyer.
"""

from datetime import date

from django.db import migrations

SCHOOLS = ["mbo", "hbo", "wo"]
SOURCE = "Kaderregeling O&O&I 2022/C 414/01, punt 20-21; te bevestigen door de eigen jurist"

# code, Dutch, English, classes of organisation (empty: all), counts as
PURPOSES = [
    ("education", "Bekostigd onderwijs (les, practicum, examen)", "Publicly funded education", [*SCHOOLS, "internal"], "non_economic"),
    ("independent-research", "Onafhankelijk onderzoek", "Independent research", [*SCHOOLS, "research", "internal"], "non_economic"),
    ("joint-research", "Gezamenlijk onderzoek", "Joint research", [], "non_economic"),
    ("knowledge-transfer", "Kennisdeling, demo of open dag", "Sharing knowledge, demo or open day", [], "non_economic"),
    ("trial-production", "Proefproductie of huur van een apparaat", "Trial production or hire of a machine", [], "economic"),
    ("contract-research", "Contractonderzoek of dienst", "Contract research or service", [], "economic"),
    ("commercial-training", "Commercieel onderwijs of klanttraining", "Commercial training", [], "economic"),
    ("internal", "Intern beheer, onderhoud of instructie", "Own management, maintenance or instruction", ["internal"], "not_counted"),
    ("unknown", "Nog niet bekend", "Not known yet", [], "economic"),
]


def make_purposes(apps, schema_editor):
    Purpose = apps.get_model("bookings", "Purpose")
    PurposeRuling = apps.get_model("bookings", "PurposeRuling")
    for position, (code, name, name_en, classes, economic) in enumerate(PURPOSES):
        purpose = Purpose.objects.create(
            code=code, name=name, name_en=name_en, organisation_classes=classes, position=position
        )
        PurposeRuling.objects.create(purpose=purpose, valid_from=date(2018, 1, 1), economic=economic, source=SOURCE)


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_tables")]

    # Going back leaves them to the removal of the tables: bookings may refer to them.
    operations = [migrations.RunPython(make_purposes, migrations.RunPython.noop)]
