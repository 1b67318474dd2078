"""A draft out of 5,000 pasted numbers, against a bulk_create of the same rows.

Ours reads the text, checks each number by the numbering plan, looks for numbers that another
order holds, and writes the timeline; the floor is given the rows ready.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from numbering.domain.import_orders import create_draft
from numbering.models import ImportOrder, ImportOrderNumber, OrderEvent, SipPeer, Subscriber
from numbering.number_list import GoodRow, read_text
from numbering.phone import display, ten_digits
from tests import builders
from tests.benchmarks.benchmark import Benchmark, Sides

COUNT = 5_000
_PERSON, _LOA_TYPE = "Maria Lopez", "SUBSCRIBER"


@contextmanager
def _prepare(_is_quick: bool) -> Iterator[Sides]:
    subscriber, sip_peer = builders.subscriber(), builders.sip_peer()
    text = _pasted(builders.fresh_numbers(COUNT))
    rows = read_text(text).good
    yield Sides(
        floor=partial(_rows_only, subscriber, sip_peer, rows),
        ours=partial(_whole_draft, subscriber, sip_peer, text),
    )


def _whole_draft(subscriber: Subscriber, sip_peer: SipPeer, text: str) -> float:
    started = time.perf_counter()
    create_draft(
        subscriber=subscriber,
        sip_peer=sip_peer,
        loa_authorizing_person=_PERSON,
        loa_type=_LOA_TYPE,
        rows=read_text(text).good,
    )
    seconds = time.perf_counter() - started
    _clear()
    return seconds * 1000


def _rows_only(subscriber: Subscriber, sip_peer: SipPeer, rows: tuple[GoodRow, ...]) -> float:
    """The floor: the order's row and its numbers' rows, in one transaction."""
    started = time.perf_counter()
    with transaction.atomic():
        order = ImportOrder.objects.create(
            subscriber=subscriber,
            sip_peer=sip_peer,
            loa_authorizing_person=_PERSON,
            loa_type=_LOA_TYPE,
            status_changed_at=timezone.now(),
        )
        ImportOrderNumber.objects.bulk_create(
            [ImportOrderNumber(order=order, e164=row.e164, raw=row.raw) for row in rows]
        )
    seconds = time.perf_counter() - started
    _clear()
    return seconds * 1000


def _pasted(e164s: list[str]) -> str:
    """The numbers one to a line, a quarter each in the usual ways of writing them."""
    ways = (
        str,
        ten_digits,
        display,
        lambda e164: f"{e164[2:5]}-{e164[5:8]}-{e164[8:]}",
    )
    return "\n".join(ways[index % len(ways)](e164) for index, e164 in enumerate(e164s))


def _clear() -> None:
    """Check that all rows are there, and take them out, so that each round finds empty tables."""
    count = ImportOrderNumber.objects.count()
    if count != COUNT:
        raise RuntimeError(f"{count} numbers were stored instead of {COUNT}.")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {ImportOrderNumber._meta.db_table}, {OrderEvent._meta.db_table}")


BENCHMARK = Benchmark(name="draft_5000", unit="ms", goal=2, more_is_better=False, prepare=_prepare)
