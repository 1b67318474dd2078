"""A day of which no webhook arrived: the sweep alone puts every order right, without haste."""

import random
import time
import uuid
from collections import Counter
from datetime import timedelta

from django.utils import timezone

from carrier.sandbox import Sandbox, SandboxOptions
from carrier.sandbox.order_book import Order, OrderBook, Problem
from carrier.sandbox.store import Store
from carrier.sandbox.tokens import TOKEN_PATH
from numbering import clock
from numbering.enums import ImportOrderStatus, OrderNumberStatus
from numbering.models import ImportOrder, ImportOrderNumber
from numbering.worker import run_once
from tests.faults.bench import Bench
from tests.faults.report import Report
from tests.faults.traffic import checked_orders

MOST = timedelta(minutes=30)
MOST_CALLS = 5
_DAY = timedelta(days=1)
_ROUND = 10
# How the orders ended while nobody told us, by the weight of each.
_ENDS = {"COMPLETE": 18, "PARTIAL": 1, "FAILED": 1}


def run(bench: Bench) -> Report:
    """Sweep second by second of the portal's clock until every order is right."""
    orders = checked_orders(bench.size.lost_day_orders, bench.dice, with_cards=False)
    wanted = _happened_unheard(bench, orders)
    options = SandboxOptions(
        port=bench.carrier.port, state_path=bench.carrier.folder / "state.sqlite3"
    )
    # When each call was made, by the portal's clock.
    calls: list[float] = []
    started = clock.now()
    with Sandbox(options) as sandbox:
        seen = 0
        while not _all_right(wanted) and clock.now() - started < MOST:
            step = time.monotonic()
            run_once()
            fresh = sandbox.requests[seen:]
            seen += len(fresh)
            calls += [
                request.at.timestamp() + bench.ahead.seconds
                for request in fresh
                if request.path != TOKEN_PATH
            ]
            # On to the next second; a step that took longer needs no help.
            bench.ahead.by(max(0.0, 1 - (time.monotonic() - step)))
    wrong = sum(now != wanted[pk] for pk, now in _statuses())
    minutes = (clock.now() - started) / timedelta(minutes=1)
    most = _most_within(calls, 1)
    round_most = _most_within(calls, _ROUND) / _ROUND
    broken = []
    if wrong:
        broken.append(f"Lost day: {wrong} orders are not right after {minutes:.0f} minutes.")
    # A machine that stalls moves some calls into the next stretch: a second's worth is forgiven.
    if round_most * _ROUND > MOST_CALLS * (_ROUND + 1):
        broken.append(f"Lost day: {round_most:.1f} calls a second over {_ROUND} seconds.")
    return Report(
        "A lost day",
        (
            ("open orders of which no webhook came", len(orders)),
            ("not right at the end", wrong),
            ("simulated minutes until all were right", minutes),
            ("calls to the carrier", len(calls)),
            ("most calls in one simulated second", most),
            (f"most calls a second over {_ROUND} s", round_most),
        ),
        {
            "lost_day_orders": len(orders),
            "lost_day_wrong": wrong,
            "lost_day_minutes": round(minutes, 1),
            "lost_day_calls_a_second": round_most,
        },
        tuple(broken),
    )


def _most_within(calls: list[float], seconds: float) -> int:
    """The most calls in any stretch of so many seconds, the stretches laid end to end."""
    first = min(calls)
    return max(Counter(int((at - first) // seconds) for at in calls).values())


def _happened_unheard(bench: Bench, orders: list[ImportOrder]) -> dict[int, str]:
    """Put the orders at the carrier as they ended there; return how each must end here.

    Here they are as they were a day ago, and the time of their next read has passed since.
    """
    numbers: dict[int, list[str]] = {order.pk: [] for order in orders}
    rows = ImportOrderNumber.objects.filter(order__in=orders)
    for pk, e164 in rows.values_list("order", "e164"):
        numbers[pk].append(e164.removeprefix("+1"))
    store = Store(bench.carrier.folder / "state.sqlite3")
    book = OrderBook(store)
    wanted: dict[int, str] = {}
    for order in orders:
        order.status = ImportOrderStatus.RECEIVED
        order.customer_order_id = f"IO{order.pk}-{uuid.uuid4().hex[:12]}"
        order.carrier_order_id = str(uuid.uuid4())
        order.next_read_at = timezone.now() - _DAY * bench.dice.random()
        theirs = _their_order(order, numbers[order.pk], bench.dice)
        book.add(theirs, note="Ended.", steps=(), listed_at=theirs.created_at)
        wanted[order.pk] = theirs.status.lower()
    store.close()
    ImportOrder.objects.bulk_update(
        orders, ["status", "customer_order_id", "carrier_order_id", "next_read_at"], batch_size=500
    )
    rows.update(status=OrderNumberStatus.SENT)
    return wanted


def _their_order(order: ImportOrder, numbers: list[str], dice: random.Random) -> Order:
    (status,) = dice.choices(list(_ENDS), weights=list(_ENDS.values()))
    if status == "PARTIAL" and len(numbers) < 2:
        status = "FAILED"
    failed = {"COMPLETE": [], "PARTIAL": numbers[:1], "FAILED": numbers}[status]
    created = (clock.now() - _DAY).timestamp()
    return Order(
        order_id=order.carrier_order_id or "",
        customer_order_id=order.customer_order_id or "",
        site_id=order.sip_peer.site_id,
        sip_peer_id=order.sip_peer.sip_peer_id,
        subscriber_name=order.subscriber.name,
        service_address={"HouseNumber": "1420", "City": "Denver"},
        loa_authorizing_person=order.loa_authorizing_person,
        loa_type="SUBSCRIBER",
        created_by="sandbox",
        telephone_numbers=tuple(numbers),
        created_at=created,
        modified_at=created,
        status=status,
        problems=(Problem("7518", "The number failed.", tuple(failed)),) if failed else (),
    )


def _statuses() -> list[tuple[int, str]]:
    return list(ImportOrder.objects.values_list("pk", "status"))


def _all_right(wanted: dict[int, str]) -> bool:
    return dict(_statuses()) == wanted
