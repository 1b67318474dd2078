"""Telephone numbers by a few of their digits."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]
from django.db import connection
from django.db.models import Func, IntegerField, Q
from django.db.models.functions import Substr
from django.db.models.lookups import Contains

PART = 4


class _Parts(Func):
    """The parts of an E.164 number: each four digits that follow one another, as in the index."""

    template = (
        "ARRAY["
        + ", ".join(f"SUBSTRING(%(expressions)s, {at}, {PART})::integer" for at in range(2, 10))
        + "]"
    )
    output_field = ArrayField(IntegerField())


def has_digits(digits: str) -> Q:
    """Return the condition that a number has these digits somewhere, one after the other.

    PostgreSQL has an index of the parts of numbers (migration 0005). Parts of four leave a few
    numbers to be looked at; trigrams leave more, and take longer to be searched and to be written.
    """
    found = Q(Contains(Substr("e164", 2), digits))
    parts = [int(digits[at : at + PART]) for at in range(len(digits) - PART + 1)]
    if connection.vendor != "postgresql" or not parts:
        return found
    return Q(ArrayContains(_Parts("e164"), parts)) & found
