"""The history names the address at which something was changed; that of a button in a mail is a key, and is cut."""

from django.db import migrations

CUT = """
    UPDATE pghistory_context SET metadata = jsonb_set(metadata, '{url}', '"/act/***/"')
     WHERE metadata->>'url' LIKE '/act/%' AND metadata->>'url' <> '/act/***/'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bic", "0001_task_times"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    # What is cut is gone, also on the way back.
    operations = [migrations.RunSQL(CUT, migrations.RunSQL.noop)]
