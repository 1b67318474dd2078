"""Workers and web server killed while the carrier misbehaves; then the verdict."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Count, QuerySet

from numbering.domain import submission
from numbering.enums import FINAL, ImportOrderStatus
from numbering.models import CarrierExchange, ImportOrder, WebhookEvent
from numbering.stopping_points import POINTS
from tests.faults import manners
from tests.faults.bench import WEBHOOK_PATH, Bench
from tests.faults.kill_loop import act_and_kill
from tests.faults.moving import IMPORTS, Moving, drain
from tests.faults.processes import Workers
from tests.faults.report import Report
from tests.faults.traffic import checked_orders
from tests.faults.verdict import Verdict, judge
from tests.faults.web_outcome import WebOutcome, web_outcome
from tests.faults.web_server import WebServer

WORKERS = 3
# The chance to end at each stopping point; an order is read again and again.
CHANCE = 0.02
_SELDOM = {"while_reading": 0.25}


@dataclass(frozen=True)
class Outcome:
    """What the part did, and the verdict on it."""

    orders: int
    worker_kills: int
    web: WebOutcome
    crashes: int
    is_drained: bool
    seconds: float
    calls: int
    webhooks: int
    clock_ahead: float
    exchanges: dict[str, int]
    statuses: dict[str, int]
    verdict: Verdict

    @property
    def kills(self) -> int:
        """All processes killed: workers, the web server's, and once the whole of it."""
        return self.worker_kills + self.web.kills


def settings(bench: Bench, *, chance: float = CHANCE) -> dict[str, str]:
    """Short waits, each longer than the carrier is ever late; `chance` at each stopping point."""
    return {
        **bench.env,
        "STOPPING_POINTS": ",".join(
            f"{point}={chance * _SELDOM.get(point, 1)}" for point in POINTS
        ),
        "JOB_LEASE_SECONDS": "5",
        "CARRIER_CALL_SECONDS": "1",
        "LOOK_FIRST_SECONDS": "4",
        "LOOK_AGAIN_SECONDS": "4",
        "READ_SOON_SECONDS": "1",
        "SWEEP_FIRST_SECONDS": "2",
        "SWEEP_CAP_SECONDS": "10",
        "SWEEP_READS_PER_SECOND": "20",
    }


def run(bench: Bench) -> Report:
    """The part: everything but a clean verdict is a broken promise."""
    outcome = rehearse(bench, careless=False)
    broken = []
    if not outcome.verdict.is_clean:
        broken.append(f"Kills: {outcome.verdict}")
    if outcome.crashes:
        broken.append(f"Kills: {outcome.crashes} workers ended by themselves.")
    if not outcome.is_drained:
        broken.append("Kills: something still moved when the patience was over.")
    broken += outcome.web.broken("Kills")
    if not outcome.web.answered or not outcome.web.burst_unanswered:
        broken.append("Kills: those of the web server hit no webhook, so they show nothing.")
    return Report("Kills", rows(outcome), figures(outcome), tuple(broken))


def rows(outcome: Outcome) -> tuple[tuple[str, object], ...]:
    """The outcome for people."""
    verdict = outcome.verdict
    return (
        ("orders submitted", outcome.orders),
        ("workers killed", outcome.worker_kills),
        *outcome.web.rows(),
        ("requests at the carrier", outcome.calls),
        *((f"  ended as {name}", count) for name, count in sorted(outcome.exchanges.items())),
        ("webhooks stored", outcome.webhooks),
        *((f"orders {status}", count) for status, count in sorted(outcome.statuses.items())),
        ("waiting for a person", verdict.parked),
        ("  of them there after all", verdict.parked_though_there),
        ("pairs that the carrier made of one request", verdict.two_orders),
        ("duplicates", verdict.duplicates),
        ("lost", verdict.lost),
        ("falsely complete", verdict.falsely_complete),
        ("ended otherwise than we say", verdict.misread),
        ("without a reason", verdict.without_reason),
        ("counts add up", verdict.counts_add_up),
        ("seconds", outcome.seconds),
        ("seconds the clock was set ahead", outcome.clock_ahead),
    )


def figures(outcome: Outcome) -> dict[str, object]:
    """The outcome for the last line."""
    verdict = outcome.verdict
    return {
        "orders": outcome.orders,
        "kills": outcome.kills,
        "web_kills": outcome.web.kills,
        "webhooks_lost": outcome.web.lost,
        "duplicates": verdict.duplicates,
        "lost": verdict.lost,
        "falsely_complete": verdict.falsely_complete,
        "without_reason": verdict.without_reason,
        "misread": verdict.misread,
        "parked": verdict.parked,
        "two_orders": verdict.two_orders,
        "counts_add_up": verdict.counts_add_up,
    }


def rehearse(bench: Bench, *, careless: bool) -> Outcome:
    """Submit, kill, drain, judge. `careless` workers send again; the verdict must say so."""
    started = time.monotonic()
    env = settings(bench)
    worker = ["-m", "tests.faults.careless_worker"] if careless else ["manage.py", "worker"]
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
        )
        orders = checked_orders(bench.size.submissions, bench.dice)
        manners.misbehave(bench.carrier)
        workers = parts.enter_context(
            Workers(worker, count=WORKERS, env=env, log=bench.log("worker"))
        )
        acts = [partial(submission.submit, order, actor=None) for order in orders]
        act_and_kill(bench, acts, workers, web, bench.size.toll)
        is_drained = drain(bench, workers, Moving(IMPORTS, late_seconds=manners.USUAL.both))
        theirs = bench.carrier.orders()
        carrier.end()
        # The journal is whole only now.
        verdict = judge([order.pk for order in orders], theirs, bench.carrier.creating_calls())
        return Outcome(
            orders=len(orders),
            worker_kills=workers.kills,
            web=web_outcome(
                web,
                bench.carrier.webhooks(),
                {ImportOrder: FINAL | {ImportOrderStatus.EXCEPTION}},
            ),
            crashes=workers.crashes,
            is_drained=is_drained,
            seconds=time.monotonic() - started,
            calls=len(bench.carrier.journal()),
            webhooks=WebhookEvent.objects.count(),
            clock_ahead=bench.ahead.seconds,
            exchanges=_by(CarrierExchange.objects.all(), "outcome"),
            statuses=_by(ImportOrder.objects.all(), "status"),
            verdict=verdict,
        )


def _by(rows: QuerySet[Any], column: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))
