"""Workers and web server killed while the carrier misbehaves; then the verdict."""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet

from numbering import clock
from numbering.domain import submission
from numbering.enums import FINAL, AttemptState, ImportOrderStatus, JobState, WebhookState
from numbering.models import CarrierExchange, ImportOrder, Job, SubmitAttempt, WebhookEvent
from numbering.stopping_points import POINTS
from tests.faults import kept, manners
from tests.faults.at_carrier import TheirWebhook
from tests.faults.bench import WEBHOOK_PATH, Bench
from tests.faults.processes import Workers
from tests.faults.report import Report
from tests.faults.traffic import checked_orders
from tests.faults.verdict import Verdict, judge
from tests.faults.web_server import WebServer

WORKERS = 3
# The chance to end at each stopping point.
CHANCE = 0.02
# Where an order is at work: somebody or something will still move it.
_MOVING = Q(
    status__in=[
        ImportOrderStatus.SUBMITTING,
        ImportOrderStatus.RECEIVED,
        ImportOrderStatus.PROCESSING,
    ]
) | Q(attempts__state__in=[AttemptState.PENDING, AttemptState.SENDING, AttemptState.UNKNOWN])
_KINDS = ("submit_order", "settle_attempt", "read_order", "apply_webhooks")
_TICK = 0.05
_HURRY_EVERY = 0.5
_LEAST_HURRY = 3.0


@dataclass(frozen=True)
class WebOutcome:
    """What killing the web server did.

    `untold` are the orders of which every webhook that the carrier sent went unanswered: it sends
    none again, so that only the sweep can put them right. `not_healed` are those still open.
    """

    worker_kills: int
    whole_kills: int
    crashes: int
    burst_unanswered: int
    unanswered: int
    answered: int
    lost: int
    untold: int
    not_healed: int


@dataclass(frozen=True)
class Outcome:
    """What the part did, and the verdict on it."""

    orders: int
    worker_kills: int
    web: WebOutcome
    crashes: int
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
        return self.worker_kills + self.web.worker_kills + self.web.whole_kills


def settings(bench: Bench) -> dict[str, str]:
    """Short waits, each longer than the carrier is ever late."""
    return {
        **bench.env,
        "STOPPING_POINTS": ",".join(f"{point}={CHANCE}" for point in POINTS),
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
    web = outcome.web
    if web.crashes:
        broken.append(f"Kills: the web server ended by itself {web.crashes} times.")
    if web.lost:
        broken.append(f"Kills: {web.lost} webhooks were answered with 2xx and are not kept.")
    if web.not_healed:
        broken.append(
            f"Kills: {web.not_healed} orders whose webhooks were cut off were never put right."
        )
    if not web.answered or not web.burst_unanswered:
        broken.append("Kills: those of the web server hit no webhook, so they show nothing.")
    return Report("Kills", rows(outcome), figures(outcome), tuple(broken))


def rows(outcome: Outcome) -> tuple[tuple[str, object], ...]:
    """The outcome for people."""
    verdict = outcome.verdict
    return (
        ("orders submitted", outcome.orders),
        ("workers killed", outcome.worker_kills),
        ("web server's workers killed", outcome.web.worker_kills),
        ("web server killed as a whole", outcome.web.whole_kills),
        ("webhooks answered 2xx", outcome.web.answered),
        ("  of them not kept", outcome.web.lost),
        ("webhooks of the bursts that the kills cut off", outcome.web.burst_unanswered),
        ("the carrier's own that got no 2xx", outcome.web.unanswered),
        ("  orders of which no other told", outcome.web.untold),
        ("  of them never put right", outcome.web.not_healed),
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
        "web_kills": outcome.web.worker_kills + outcome.web.whole_kills,
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
        _submit_and_kill(bench, orders, workers, web)
        _drain(bench, workers)
        theirs = bench.carrier.orders()
        carrier.end()
        # The journal is whole only now.
        verdict = judge([order.pk for order in orders], theirs, bench.carrier.creating_calls())
        return Outcome(
            orders=len(orders),
            worker_kills=workers.kills,
            web=_web_outcome(web, bench.carrier.webhooks()),
            crashes=workers.crashes,
            seconds=time.monotonic() - started,
            calls=len(bench.carrier.journal()),
            webhooks=WebhookEvent.objects.count(),
            clock_ahead=bench.ahead.seconds,
            exchanges=_by(CarrierExchange.objects.all(), "outcome"),
            statuses=_by(ImportOrder.objects.all(), "status"),
            verdict=verdict,
        )


def _web_outcome(web: WebServer, theirs: list[TheirWebhook]) -> WebOutcome:
    """Hold what was answered against what is kept, and what was not against the orders."""
    taken = [webhook for webhook in theirs if 200 <= webhook.status < 300]
    promised = web.promised + Counter(webhook.digest for webhook in taken)
    silent = {webhook.order_id for webhook in theirs} - {webhook.order_id for webhook in taken}
    untold = ImportOrder.objects.filter(carrier_order_id__in=silent)
    return WebOutcome(
        worker_kills=web.worker_kills,
        whole_kills=web.whole_kills,
        crashes=web.crashes,
        burst_unanswered=web.unanswered,
        unanswered=len(theirs) - len(taken),
        answered=promised.total(),
        lost=kept.lost(promised),
        untold=untold.count(),
        not_healed=untold.exclude(status__in=[*FINAL, ImportOrderStatus.EXCEPTION]).count(),
    )


def _submit_and_kill(
    bench: Bench, orders: list[ImportOrder], workers: Workers, web: WebServer
) -> None:
    """Submit in step with the kills, so that there is work at hand whenever one strikes."""
    waiting = iter(orders)
    submitted = 0
    next_kill = time.monotonic() + bench.size.kill_pause
    while submitted < len(orders) or workers.kills < bench.size.kills:
        workers.tend()
        now = time.monotonic()
        if workers.kills < bench.size.kills and now >= next_kill:
            workers.kill_one(bench.dice)
            next_kill = now + bench.dice.expovariate(1 / bench.size.kill_pause)
        if web.kills < bench.size.web_kills and _is_webs_turn(bench, workers, web):
            web.kill_amid_webhooks(bench.dice, whole=web.kills == bench.size.web_kills // 2)
        share = min(1.0, (workers.kills + 3) / bench.size.kills)
        for order in islice(waiting, max(0, int(share * len(orders)) - submitted)):
            submission.submit(order, actor=None)
            submitted += 1
        time.sleep(_TICK)


def _is_webs_turn(bench: Bench, workers: Workers, web: WebServer) -> bool:
    """Its kills are spread evenly over those of the workers."""
    return workers.kills * (bench.size.web_kills + 1) >= bench.size.kills * (web.kills + 1)


def _drain(bench: Bench, workers: Workers) -> None:
    """Wait until nothing moves any more; hurry the portal's clock where it only waits."""
    end = time.monotonic() + bench.size.drain_limit
    while time.monotonic() < end and not _is_quiet():
        workers.tend()
        if _may_hurry():
            bench.ahead.by(_seconds_to_wait())
        time.sleep(_HURRY_EVERY)


def _is_quiet() -> bool:
    return not (
        ImportOrder.objects.filter(_MOVING).exists()
        or WebhookEvent.objects.filter(state=WebhookState.NEW).exists()
    )


def _open_jobs() -> QuerySet[Job]:
    """The jobs that something at work waits for; an order in exception is read for ever."""
    moving = ImportOrder.objects.filter(_MOVING).values("pk")
    is_open = Job.objects.filter(kind__in=_KINDS, state__in=[JobState.WAITING, JobState.RUNNING])
    return is_open.exclude(Q(kind="read_order") & ~Q(subject_id__in=moving))


def _may_hurry() -> bool:
    """Whether all wait, and nothing was sent so lately that the carrier may still be late with it.

    The carrier's clock is the real one; ours must not pass its lateness by.
    """
    lately = clock.now() - timedelta(seconds=manners.LATE_SECONDS + manners.UNLISTED_SECONDS)
    sent = SubmitAttempt.objects.filter(sent_at__gt=lately)
    due = _open_jobs().filter(state=JobState.WAITING, due_at__lte=clock.database_now())
    return not sent.exists() and not due.exists()


def _seconds_to_wait() -> float:
    """Seconds until the first thing is due, at least so many that several come due together."""
    times: list[datetime | None] = []
    for state, due_at, lease_until in _open_jobs().values_list("state", "due_at", "lease_until"):
        times.append(due_at if state == JobState.WAITING else lease_until)
    times += ImportOrder.objects.filter(_MOVING).values_list("next_read_at", flat=True)
    ahead = [(at - clock.now()).total_seconds() for at in times if at is not None]
    return max(_LEAST_HURRY, min(ahead, default=0.0) + 0.1)


def _by(rows: QuerySet[Any], column: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(column).annotate(Count("pk")))
