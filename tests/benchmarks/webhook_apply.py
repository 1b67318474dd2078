"""Stored notices applied a second, against the usual worker that saves row by row.

Both find 5,000 new notices about 5,000 orders at the carrier, and leave behind the notices
marked, tied to their orders, and a job for each order to be read.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.db import connection
from django.db.models import F
from django.utils import timezone

from carrier.notifications import read_notification
from numbering.domain.webhooks import apply_waiting
from numbering.enums import FINAL, ImportOrderStatus, JobState, LearnedBy, WebhookState
from numbering.models import ImportOrder, Job, WebhookEvent
from tests import builders
from tests.benchmarks.benchmark import Benchmark, Sides
from tests.benchmarks.notices import notice

COUNT = 5_000
# The row-by-row worker takes the same time for each row, so a part of them tells its rate.
_SAVED, _QUICK_SAVED = 1_000, 400


@contextmanager
def _prepare(is_quick: bool) -> Iterator[Sides]:
    subscriber, sip_peer = builders.subscriber(), builders.sip_peer()
    orders = ImportOrder.objects.bulk_create(
        ImportOrder(
            subscriber=subscriber,
            sip_peer=sip_peer,
            loa_authorizing_person="Maria Lopez",
            status=ImportOrderStatus.PROCESSING,
            status_changed_at=timezone.now(),
            customer_order_id=f"HM-{uuid.uuid4().hex[:16]}",
            carrier_order_id=str(uuid.uuid4()),
        )
        for _ in range(COUNT)
    )
    bodies = [
        notice(
            order_id=order.carrier_order_id or "", customer_order_id=order.customer_order_id or ""
        )
        for order in orders
    ]
    saved = _QUICK_SAVED if is_quick else _SAVED
    yield Sides(floor=partial(_save_each, bodies, saved), ours=partial(_apply_all, bodies))


def _apply_all(bodies: list[bytes]) -> float:
    _fill_inbox(bodies)
    started = time.perf_counter()
    while apply_waiting():
        pass
    seconds = time.perf_counter() - started
    _check(len(bodies))
    return len(bodies) / seconds


def _save_each(bodies: list[bytes], count: int) -> float:
    """The floor: read, look the order up, save, ask for the job; each write its own commit."""
    _fill_inbox(bodies)
    started = time.perf_counter()
    for event in WebhookEvent.objects.filter(state=WebhookState.NEW).order_by("pk")[:count]:
        news = read_notification(bytes(event.body), event.content_type)
        order = ImportOrder.objects.get(carrier_order_id=news.order_id)
        event.kind = news.order_type
        event.carrier_order_id = news.order_id
        event.customer_order_id = news.customer_order_id
        event.status_word = news.status_word
        event.message = news.message
        event.order = order
        event.state = WebhookState.LATE if order.status in FINAL else WebhookState.APPLIED
        event.applied_at = timezone.now()
        event.save()
        if event.state == WebhookState.APPLIED:
            Job.objects.get_or_create(
                key=f"read_order:{order.pk}",
                defaults={
                    "kind": "read_order",
                    "subject_id": order.pk,
                    "learned_by": LearnedBy.WEBHOOK,
                },
            )
    seconds = time.perf_counter() - started
    _check(count)
    return count / seconds


def _fill_inbox(bodies: list[bytes]) -> None:
    events, jobs = WebhookEvent._meta.db_table, Job._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {events}, {jobs}")
        WebhookEvent.objects.bulk_create(
            WebhookEvent(content_type="application/xml; charset=utf-8", body=body)
            for body in bodies
        )
        # As the server does by itself in an installation that has been running for a while.
        cursor.execute(f"ANALYZE {events}, {jobs}, {ImportOrder._meta.db_table}")


def _check(count: int) -> None:
    applied = WebhookEvent.objects.filter(
        state=WebhookState.APPLIED, order__carrier_order_id=F("carrier_order_id")
    ).count()
    asked = Job.objects.filter(kind="read_order", state=JobState.WAITING).count()
    if (applied, asked) != (count, count):
        raise RuntimeError(f"{applied} notices applied and {asked} jobs instead of {count}.")


BENCHMARK = Benchmark(
    name="webhook_apply", unit="notices/s", goal=10, more_is_better=True, prepare=_prepare
)
