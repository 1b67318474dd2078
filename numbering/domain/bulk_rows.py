"""The rows of a bulk action for people: page by page, and as a list to take away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from numbering.enums import BulkRowState
from numbering.models import BulkAction, BulkRow, Export
from numbering.phone import ten_digits

PAGE = 50
_AT_ONCE = 2000
HEADINGS = ("Telephone number", "Result", "In words", "Id")


@dataclass(frozen=True)
class Page:
    """Some rows, and the key after which the next ones come; None on the last page."""

    rows: list[BulkRow]
    next_after: int | None


def page(action: BulkAction, state: str, *, after: int | None) -> Page:
    """Return a page of the rows of one result ("" for any) that come after the row of this key."""
    found = list(_after(action, state, after)[: PAGE + 1])
    rows = found[:PAGE]
    return Page(rows, rows[-1].pk if len(found) > PAGE else None)


def export(action: BulkAction, state: str, person: User) -> Iterator[Sequence[object]]:
    """Give the headings and all rows of one result ("" for any); who took how many is recorded."""
    what = f"{action}: {BulkRowState(state).label if state else 'all results'}"
    record = Export.objects.create(person=person, what=what[:300])
    return _export(record, action, state)


def _export(record: Export, action: BulkAction, state: str) -> Iterator[Sequence[object]]:
    given = 0
    try:
        yield HEADINGS
        rows = list(_after(action, state, None)[:_AT_ONCE])
        while rows:
            for row in rows:
                given += 1
                yield (ten_digits(row.e164), row.get_state_display(), row.message, row.result)
            rows = list(_after(action, state, rows[-1].pk)[:_AT_ONCE])
    finally:
        Export.objects.filter(pk=record.pk).update(rows=given)


def _after(action: BulkAction, state: str, after: int | None) -> QuerySet[BulkRow]:
    """Return rows in an order that an index serves, whatever their number."""
    if state:
        rows = action.rows.filter(state=state).order_by("pk")
        return rows if after is None else rows.filter(pk__gt=after)
    rows = action.rows.order_by("e164")
    last = action.rows.filter(pk=after).values_list("e164", flat=True).first() if after else None
    return rows if last is None else rows.filter(e164__gt=last)
