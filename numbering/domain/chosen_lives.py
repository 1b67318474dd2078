"""The telephone numbers that rows of a bulk action are about, as they live now."""

from collections.abc import Iterable

from django.db.models import QuerySet

from numbering.enums import LIVE
from numbering.models import BulkRow, TelephoneNumber

_GONE = "It does not live here any more."
_ANOTHER_LIFE = "What was chosen has ended; the number lives here anew. Choose it as it is now."
_MOVED = "It is another subscriber's since it was chosen. Choose it anew if it is meant."


def lives_of(
    rows: Iterable[BulkRow], numbers: QuerySet[TelephoneNumber]
) -> dict[int, TelephoneNumber | str]:
    """Return by each row's key the life that it is about or, in words, why there is none.

    A life that was chosen counts as long as it lives, and with the subscriber under whom it was
    shown: the same digits may live on with somebody else. Digits that were given as such stand for
    whatever lives under them. `numbers` says how the lives are read; those locked are locked in the
    order of their keys.
    """
    rows = list(rows)
    found = numbers.filter(e164__in=[row.e164 for row in rows], state__in=LIVE).order_by("pk")
    lives = {number.e164: number for number in found}
    return {row.pk: _life_of(row, lives.get(row.e164)) for row in rows}


def _life_of(row: BulkRow, life: TelephoneNumber | None) -> TelephoneNumber | str:
    if life is None:
        return _GONE
    if row.telephone_number_id not in (None, life.pk):
        return _ANOTHER_LIFE
    if row.subscriber_id not in (None, life.subscriber_id):
        return _MOVED
    return life
