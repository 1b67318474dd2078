"""Workers killed while numbers are ordered, leave, are moved and brought to the older platform."""

import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, QuerySet

from numbering.domain import jobs
from numbering.models import (
    BulkRow,
    CarrierExchange,
    CompareRun,
    NumberOrder,
    RemovalOrder,
    WebhookEvent,
)
from tests.faults import kills, manners
from tests.faults.bench import WEBHOOK_PATH, Bench
from tests.faults.books import read_books
from tests.faults.bulk_verdict import BulkVerdict, judge_bulk
from tests.faults.estate import prepare
from tests.faults.kill_loop import act_and_kill
from tests.faults.manners import Lateness
from tests.faults.moving import drain
from tests.faults.numbers_moving import NumbersMoving
from tests.faults.orders_verdict import FINAL_OF, OrdersVerdict, judge_orders
from tests.faults.processes import Workers
from tests.faults.report import Report
from tests.faults.staff import Staff
from tests.faults.web_outcome import WebOutcome, web_outcome
from tests.faults.web_server import WebServer

_ORDER_TYPES = ("orders", "removeImportedTnOrders", "disconnects")
_PATHS = ("/orders", "removeImportedTnOrders", "/disconnects")
# Well within half a lease: who takes over from a dead worker looks no sooner than that after it.
_LATE = Lateness(born=1.0, listed=1.0)
_COMPARE_SECONDS = 60.0
# Less than of the kills: a bulk action reaches points with each of its rows.
_CHANCE = 0.01


@dataclass(frozen=True)
class Outcome:
    """What the part did, and the verdicts on it."""

    acts: int
    worker_kills: int
    web: WebOutcome
    crashes: int
    is_drained: bool
    retries: int
    seconds: float
    calls: int
    webhooks: int
    clock_ahead: float
    exchanges: dict[str, int]
    statuses: dict[str, int]
    rows: dict[str, int]
    orders: OrdersVerdict
    bulk: BulkVerdict

    @property
    def kills(self) -> int:
        """All processes killed."""
        return self.worker_kills + self.web.kills


def run(bench: Bench) -> Report:
    """The part: everything but clean verdicts is a broken promise."""
    outcome = rehearse(bench, careless=False)
    broken = [
        f"Numbers: {verdict}" for verdict in (outcome.orders, outcome.bulk) if not verdict.is_clean
    ]
    if outcome.crashes:
        broken.append(f"Numbers: {outcome.crashes} workers ended by themselves.")
    if not outcome.is_drained:
        broken.append("Numbers: something still moved when the patience was over.")
    broken += outcome.web.broken("Numbers")
    return Report("Numbers", rows(outcome), figures(outcome), tuple(broken))


def rehearse(bench: Bench, *, careless: bool) -> Outcome:
    """Act, kill, drain, compare, judge. `careless` workers send again; the verdicts must say so."""
    started = time.monotonic()
    env = _settings(bench)
    worker = ["-m", "tests.faults.careless_worker"] if careless else ["manage.py", "worker"]
    estate = prepare(bench.carrier, bench.size.numbers)
    with ExitStack() as parts:
        carrier = parts.enter_context(
            bench.carrier.start(env=env, processing_seconds=1, seed=bench.seed)
        )
        web = parts.enter_context(WebServer(bench, env))
        web.wait_until_it_listens()
        bench.carrier.subscribe(
            f"http://127.0.0.1:{bench.portal_port}{WEBHOOK_PATH}",
            username=env["WEBHOOK_USERNAME"],
            password=env["WEBHOOK_PASSWORDS"],
            order_types=_ORDER_TYPES,
        )
        acts = Staff(estate, bench.size.numbers, bench.dice).acts()
        manners.misbehave(bench.carrier, _PATHS, _LATE)
        manners.misbehave_of_old(bench.carrier, _LATE)
        workers = parts.enter_context(
            Workers(worker, count=kills.WORKERS, env=env, log=bench.log("worker"))
        )
        act_and_kill(bench, acts, workers, web, bench.size.numbers.toll)
        moving = NumbersMoving(late_seconds=_LATE.both)
        is_drained = drain(bench, workers, moving)
        manners.behave(bench.carrier)
        _compare(workers)
        theirs = bench.carrier.orders()
        carrier.end()
        # The journal and the books are whole only now.
        books = read_books(bench.carrier)
        return Outcome(
            acts=len(acts),
            worker_kills=workers.kills,
            web=web_outcome(
                web,
                bench.carrier.webhooks(),
                {kind.orders: final for kind, final in FINAL_OF.items()},
            ),
            crashes=workers.crashes,
            is_drained=is_drained,
            retries=moving.retries,
            seconds=time.monotonic() - started,
            calls=len(bench.carrier.journal()),
            webhooks=WebhookEvent.objects.count(),
            clock_ahead=bench.ahead.seconds,
            exchanges=_by(CarrierExchange.objects.all(), "outcome"),
            statuses={
                **_by(NumberOrder.objects.all(), "status", "number orders"),
                **_by(RemovalOrder.objects.all(), "status", "removals, disconnects"),
            },
            rows=_by(BulkRow.objects.all(), "state"),
            orders=judge_orders(theirs, bench.carrier.creating_calls(), books, estate.stale),
            bulk=judge_bulk(estate, books),
        )


def rows(outcome: Outcome) -> tuple[tuple[str, object], ...]:
    """The outcome for people."""
    orders, bulk = outcome.orders, outcome.bulk
    return (
        ("acts of staff", outcome.acts),
        ("workers killed", outcome.worker_kills),
        *outcome.web.rows(),
        ("requests at the carrier", outcome.calls),
        *((f"  ended as {name}", count) for name, count in sorted(outcome.exchanges.items())),
        ("webhooks stored", outcome.webhooks),
        *sorted(outcome.statuses.items()),
        ("orders that wait for a person", orders.parked),
        ("pairs that the carrier made of one request", orders.two_orders),
        ("rows of bulk actions", bulk.rows),
        *((f"  {state}", count) for state, count in sorted(outcome.rows.items())),
        ("bulk actions tried again", outcome.retries),
        ("duplicates", orders.duplicates),
        ("lost", orders.lost),
        ("ended otherwise than we say", orders.misread),
        ("in service only here", orders.only_here),
        ("in service only there", orders.only_there),
        ("of leavings, not in exactly one order", orders.left_otherwise),
        ("without a reason", orders.without_reason),
        ("there by the carrier's own doing, or waiting for a person", orders.strangers),
        ("  left to an order that asks for them by number", orders.left_to_orders),
        ("  that the compare tells wrongly", orders.compare_silent),
        ("rows without a result or a reason", bulk.unaccounted),
        ("moved more or less often than told", bulk.moved_otherwise),
        ("rows that the older platform contradicts", bulk.untrue),
        ("imports asked for again", bulk.posted_again),
        ("released and not in service on the new one", bulk.given_up_wrongly),
        ("counts add up", orders.counts_add_up),
        ("seconds", outcome.seconds),
        ("seconds the clock was set ahead", outcome.clock_ahead),
    )


def figures(outcome: Outcome) -> dict[str, object]:
    """The outcome for the last line."""
    return {
        "numbers_acts": outcome.acts,
        "numbers_kills": outcome.kills,
        **{f"numbers_{name}": figure for name, figure in asdict(outcome.orders).items()},
        **{f"bulk_{name}": figure for name, figure in asdict(outcome.bulk).items()},
    }


def _settings(bench: Bench) -> dict[str, str]:
    return {
        **kills.settings(bench, chance=_CHANCE),
        "LOOK_FIRST_SECONDS": "2",
        "LOOK_AGAIN_SECONDS": "2",
        # Fewer at once, so that more of an import is still ahead when a worker is killed.
        "PLATFORM_CONCURRENCY": "4",
    }


def _compare(workers: Workers) -> None:
    """Have all numbers compared, and wait for the end of it."""
    jobs.enqueue("compare")
    end = time.monotonic() + _COMPARE_SECONDS
    ended = CompareRun.objects.filter(ended_at__isnull=False)
    before = ended.count()
    while time.monotonic() < end and ended.count() == before:
        workers.tend()
        time.sleep(0.1)


def _by(rows: QuerySet[Any], column: str, of: str = "") -> dict[str, int]:
    counts = rows.order_by().values_list(column).annotate(Count("pk"))
    return {f"{of} {value}".strip(): count for value, count in counts}
