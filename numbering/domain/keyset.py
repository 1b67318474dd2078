"""Pages of a large table by key, newest first, that never read more of it than their time allows.

A filter that few rows answer makes a database read on and on. So the rows are looked through in
stretches of keys, each a bounded piece of work, until the page is full, the table is at its end or
the time is over; then the page says where to look on. What is added or changed meanwhile moves no
row from one page to another.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet

PAGE = 50
# Keys in the first stretch, and at most how many times as many in each next one.
_FIRST_STRETCH, _GROWTH = 10_000, 64
# For a page, and for counting what is on all of them.
PAGE_SECONDS, COUNT_SECONDS = 0.7, 0.2
MOST_COUNTED = 10_000
# Beyond this no table goes; larger keys do not fit the column.
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Place:
    """Where a page begins: older than `after`, newer than `before`, or at the oldest row."""

    after: int | None = None
    before: int | None = None
    is_oldest: bool = False

    @classmethod
    def read(cls, after: str, before: str, oldest: str) -> "Place":
        """Read what stands in an address; what is no key is left out."""
        if oldest:
            return cls(is_oldest=True)
        return cls(after=_key(after), before=None if _key(after) else _key(before))

    @property
    def is_newer(self) -> bool:
        """Whether the page is looked for from older keys to newer ones."""
        return self.is_oldest or self.before is not None


@dataclass(frozen=True)
class Keys:
    """The keys of a page, newest first, and from where older and newer ones go on.

    `is_cut` says that the time was over before the page was full: there may be more.
    """

    keys: list[int]
    after: int | None = None
    before: int | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class Count:
    """How many rows there are: exactly, at least so many, or about so many."""

    number: int
    is_least: bool = False
    is_about: bool = False


def page_of(rows: QuerySet[Any], place: Place, *, is_dense: bool = False) -> Keys:
    """Return a page of the rows' keys. `is_dense`: every row is one of them, so no stretches."""
    if place.is_newer:
        found, stopped = _walk(rows, place.before or 0, older=False, is_dense=is_dense)
    else:
        found, stopped = _walk(rows, place.after, older=True, is_dense=is_dense)
    return cut(found, place, stopped=stopped)


def cut(found: list[int], place: Place, *, stopped: int | None = None) -> Keys:
    """Make a page of up to PAGE and one keys, found one after the other from its place on.

    `stopped` is the key at which the time was over, if it was.
    """
    more, keys = len(found) > PAGE, found[:PAGE]
    on = keys[-1] if more else stopped
    if not place.is_newer:
        back = None
        if place.after is not None:
            back = keys[0] if keys else place.after - 1
        return Keys(keys, after=on, before=back, is_cut=stopped is not None)
    back = None
    if place.before is not None:
        back = keys[0] if keys else place.before + 1
    return Keys(keys[::-1], after=back, before=on, is_cut=stopped is not None)


def count_of(rows: QuerySet[Any], keys: Keys, place: Place) -> Count:
    """Count the rows as far as it is quick; `keys` is the page that was found at `place`."""
    if place == Place() and (keys.after is None or keys.is_cut):
        return Count(len(keys.keys), is_least=keys.is_cut)
    count = 0
    stretches = _Stretches(rows, None, older=True, seconds=COUNT_SECONDS)
    while count <= MOST_COUNTED and (stretch := stretches.next()) is not None:
        count += stretch.order_by()[: MOST_COUNTED + 1 - count].count()
    if count > MOST_COUNTED:
        return Count(MOST_COUNTED, is_least=True)
    return Count(max(count, len(keys.keys)), is_least=not stretches.is_at_end)


def _walk(
    rows: QuerySet[Any], edge: int | None, *, older: bool, is_dense: bool
) -> tuple[list[int], int | None]:
    """Return up to a page and one of keys from the edge on, and where the time was over, if so."""
    order = "-pk" if older else "pk"
    if is_dense:
        if edge is not None:
            rows = rows.filter(pk__lt=edge) if older else rows.filter(pk__gt=edge)
        return list(rows.order_by(order).values_list("pk", flat=True)[: PAGE + 1]), None
    found: list[int] = []
    stretches = _Stretches(rows, edge, older=older, seconds=PAGE_SECONDS)
    while len(found) <= PAGE and (stretch := stretches.next()) is not None:
        # Keys alone: an index that has them is then the cheapest way to every database.
        found += stretch.order_by(order).values_list("pk", flat=True)[: PAGE + 1 - len(found)]
    is_over = len(found) <= PAGE and not stretches.is_at_end
    return found, stretches.edge if is_over else None


class _Stretches:
    """Pieces of a table between two keys, one after the other, while there is time."""

    def __init__(
        self, rows: QuerySet[Any], edge: int | None, *, older: bool, seconds: float
    ) -> None:
        self._rows = rows
        self._older = older
        newest = rows.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
        self._newest = newest
        # The last key that was looked at: all beyond it is still to come.
        self.edge: int = newest + 1 if edge is None else min(edge, newest + 1)
        self._size = _FIRST_STRETCH
        self._ends = time.monotonic() + seconds
        self._began: float | None = None

    @property
    def is_at_end(self) -> bool:
        """Whether there is nothing beyond the last stretch."""
        return self.edge <= 1 if self._older else self.edge >= self._newest

    def next(self) -> QuerySet[Any] | None:
        """Return the next stretch, or None at the end of the table or of the time."""
        now = time.monotonic()
        if self._began is not None:
            left, took = self._ends - now, now - self._began
            if left <= 0:
                return None
            # No longer than what is left, going by the pace of the last one.
            self._size = int(self._size * min(_GROWTH, max(left / max(took, 1e-6), 0.1)))
        if self.is_at_end:
            return None
        self._began = now
        edge = self.edge
        if self._older:
            self.edge = max(1, edge - self._size)
            return self._rows.filter(pk__lt=edge, pk__gte=self.edge)
        self.edge = min(self._newest, edge + self._size)
        return self._rows.filter(pk__gt=edge, pk__lte=self.edge)


def _key(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= 19:
        return min(int(text), LARGEST) or None
    return None
