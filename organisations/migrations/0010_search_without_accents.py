"""What `organisations.search` stands on. Both extensions are trusted: whoever may create in the database may bring them
in, superuser or not. PostgreSQL takes `unaccent` for changeable, since its dictionary is a file; it changes with a new
version of PostgreSQL at most, after which `REINDEX` is due. The body is kept parsed, so that it means the same under
any search path, as in a restore."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

from core.search import found_by

FOLDED = """
CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(unaccent('unaccent'::regdictionary, normalize($1, NFKC)))
"""


class Migration(migrations.Migration):
    dependencies = [("organisations", "0009_history_begins_with_what_is_there")]

    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        migrations.RunSQL(FOLDED, "DROP FUNCTION folded(text)"),
        migrations.AddIndex("user", found_by("name", name="people_found_by_name")),
        migrations.AddIndex("user", found_by("email", name="people_found_by_email")),
        migrations.AddIndex(
            "organisation", found_by("name", name="organisations_found_by_name")
        ),
    ]
