"""The extensions that the tables of all apps stand on, and the function that `core.search` compares words by.

All three are trusted: whoever may create in the database may bring them in, superuser or not. PostgreSQL takes
`unaccent` for changeable, since its dictionary is a file; it changes with a new version of PostgreSQL at most, after
which `REINDEX` is due. The body is kept parsed, so that it means the same under any search path, as in a restore.
"""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

FOLDED = """
CREATE FUNCTION folded(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(unaccent('unaccent'::regdictionary, normalize($1, NFKC)))
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        BtreeGistExtension(),
        UnaccentExtension(),
        TrigramExtension(),
        migrations.RunSQL(FOLDED, "DROP FUNCTION folded(text)"),
    ]
