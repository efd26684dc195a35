"""Finding by words: every list and every set-up page that is searched goes by `mentioning`.

Words are compared as the database function `folded` (the first migration of `core`) makes them:
without case, accents and ligatures, however the letters were composed. "coordinaten" finds "Coördinaten". Columns of
tables that grow have an index of its trigrams (`found_by`), which serves words of three letters and more.
"""

import unicodedata
from collections.abc import Iterable
from typing import TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.constants import LOOKUP_SEP

Found = TypeVar("Found", bound=models.QuerySet)


class Folded(models.Func):
    function = "folded"
    arity = 1
    output_field = models.TextField()


@models.CharField.register_lookup
@models.TextField.register_lookup
@ArrayField.register_lookup
class Mentions(models.Lookup):
    """Whether the text holds the word, as a whole or as a part of another; of a list, whether one of its texts does."""

    lookup_name = "mentions"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        # Before what LIKE takes for a sign is escaped: the full-width percent sign becomes one, for instance.
        word = connection.ops.prep_for_like_query(unicodedata.normalize("NFKC", self.rhs))
        return f"folded({column}::text) LIKE folded(%s)", [*parameters, f"%{word}%"]


class OneOf(models.Func):
    """Whether a key is in an array. PostgreSQL then fetches what was found by its keys; asked with `IN`, it takes the
    matches for many and reads the whole table."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field = models.BooleanField()


def found_by(column: str, *, name: str) -> GinIndex:
    """The index for a column that is searched, of a table that grows. What is written is found through it at once, and
    not after a walk through a list of what came last: people search more often than they write."""
    return GinIndex(OpClass(Folded(column), name="gin_trgm_ops"), name=name, fastupdate=False)


def mentioning(found: Found, text: str, columns: Iterable[str]) -> Found:
    """Those of which every word of `text` stands in one of `columns`, all for an empty text. A column may be of what a
    row refers to: `booking__title`.

    Each table is asked by itself, and what it refers to after that. One condition over several tables would have
    PostgreSQL read all rows of all of them, since no index holds more than one.
    """
    tables: dict[str, list[str]] = {}
    for column in columns:
        tables.setdefault(column.rpartition(LOOKUP_SEP)[0], []).append(column)
    words = [_holding(found, word, tables.values()) for word in text.split()]
    if not words:
        return found
    return found.filter(OneOf("pk", ArraySubquery(words[0].intersection(*words[1:]) if words[1:] else words[0])))


def _holding(found: models.QuerySet, word: str, tables: Iterable[list[str]]) -> models.QuerySet:
    """The keys of all rows that hold the word."""
    everything = found.model._base_manager.order_by()
    first, *others = (
        everything.filter(Q(*((f"{column}__mentions", word) for column in columns), _connector=Q.OR)).values("pk")
        for columns in tables
    )
    return first.union(*others) if others else first
