"""Numbers in service that can leave: imported ones and owned ones, here and at the carrier."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from carrier.sandbox import Sandbox
from carrier.sandbox.sandbox import OrderSeen
from numbering.domain import jobs, leaving_beginning
from numbering.enums import SERVICE_STATE, NumberOrigin
from numbering.models import Job, Leaving, RemovalOrder, Subscriber, TelephoneNumber
from numbering.worker import KINDS, run_once
from tests import builders
from tests.numbering import steps

OWNED = NumberOrigin.ORDER
HOSTED = NumberOrigin.IMPORT


def lives(
    *e164s: str,
    origin: NumberOrigin = HOSTED,
    sandbox: Sandbox | None = None,
    subscriber: Subscriber | None = None,
    **fields: Any,
) -> list[TelephoneNumber]:
    """Have these numbers (one fresh number) in service here, and at the sandbox if given."""
    numbers = list(e164s or builders.fresh_numbers())
    if sandbox is not None:
        sandbox.stock(numbers, site_id="1001", sip_peer_id="500101", owned=origin == OWNED)
    values = {
        "subscriber": subscriber or builders.subscriber(),
        "state": SERVICE_STATE[origin],
        "origin": origin,
        "state_changed_at": timezone.now(),
        **fields,
    }
    return TelephoneNumber.objects.bulk_create(
        [TelephoneNumber(e164=e164, **values) for e164 in numbers]
    )


def these(numbers: Iterable[TelephoneNumber]) -> QuerySet[TelephoneNumber]:
    """Choose these numbers, as a list page does."""
    return TelephoneNumber.objects.filter(pk__in=[number.pk for number in numbers])


def states(numbers: Iterable[TelephoneNumber]) -> list[str]:
    """Read the states of these numbers' lives."""
    by_id = dict(these(numbers := list(numbers)).values_list("pk", "state"))
    return [by_id[number.pk] for number in numbers]


def begun(wish: Leaving) -> Leaving:
    """Have a worker make its orders, and do nothing else; nothing when it waits."""
    jobs_of = Job.objects.filter(kind=leaving_beginning.JOB, subject_id=wish.pk)
    while jobs_of.filter(state="waiting").update(
        state="running",
        lease_token=secrets.token_hex(16),
        lease_until=Now() + timedelta(seconds=60),
        attempts=F("attempts") + 1,
    ):
        jobs.run(jobs_of.get(state="running"), KINDS)
    wish.refresh_from_db()
    return wish


def there(sandbox: Sandbox, order: RemovalOrder) -> list[OrderSeen]:
    """Give what the carrier really has under the order's reference."""
    seen = [*sandbox.removals(), *sandbox.disconnects()]
    return [one for one in seen if one.customer_order_id == order.customer_order_id]


def worked(sandbox: Sandbox, orders: Sequence[RemovalOrder]) -> None:
    """Have orders sent, ended by the carrier, and read."""
    run_once()
    moving = ("RECEIVED", "PROCESSING")
    steps.wait_for(
        lambda: (
            not [one for order in orders for one in there(sandbox, order) if one.status in moving]
        )
    )
    steps.work()
    for order in orders:
        order.refresh_from_db()
