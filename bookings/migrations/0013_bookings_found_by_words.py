from django.db import migrations

from core.search import found_by


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0012_notices_about_accounts"),
        ("organisations", "0010_search_without_accents"),
    ]

    operations = [
        migrations.AddIndex("booking", found_by("title", name="bookings_found_by_title")),
        migrations.AddIndex("booking", found_by("reference", name="bookings_found_by_reference")),
    ]
