"""What the worker knows to do, and its loop: plan what recurs, then run jobs until none is due."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import FrameType

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from numbering import clock
from numbering.domain import (
    bulk,
    bulk_acts,
    carrier_watch,
    compare,
    doctor,
    evidence,
    heartbeat,
    intake,
    jobs,
    keeping,
    leaving_beginning,
    loa,
    loa_scan,
    nights,
    number_order_results,
    number_order_sending,
    outbox,
    platform_numbers,
    reminders,
    removal_results,
    removal_sending,
    results,
    submission,
    sweep,
    take_over,
    webhooks,
)
from numbering.domain.jobs import JobKind
from numbering.enums import WebhookState
from numbering.models import Heartbeat, WebhookEvent

logger = logging.getLogger(__name__)

KINDS = {
    kind.name: kind
    for kind in (
        # Many tries: as long as nothing was sent, waiting for the carrier does no harm.
        JobKind(
            "submit_order",
            submission.run_submit,
            most_attempts=40,
            on_park=submission.give_up_submit,
        ),
        JobKind("settle_attempt", submission.run_settle, most_attempts=40),
        JobKind(
            "submit_removal",
            removal_sending.run_submit,
            most_attempts=40,
            on_park=removal_sending.ERRAND.give_up,
        ),
        JobKind("settle_removal", removal_sending.run_settle, most_attempts=40),
        JobKind(
            "submit_number_order",
            number_order_sending.run_submit,
            most_attempts=40,
            on_park=number_order_sending.ERRAND.give_up,
        ),
        JobKind("settle_number_order", number_order_sending.run_settle, most_attempts=40),
        # Few: the sweep comes back to the order anyway.
        JobKind("read_order", results.run_read, most_attempts=4),
        JobKind("read_removal", removal_results.run_read, most_attempts=4),
        JobKind("read_number_order", number_order_results.run_read, most_attempts=4),
        # Most of a day: a file waits for its scanner, and then for a person.
        JobKind("scan_loa", loa_scan.run_scan, most_attempts=100, first_wait=30),
        JobKind("upload_loa", loa.run_upload, most_attempts=20),
        JobKind("apply_webhooks", webhooks.run_apply, most_attempts=5),
        JobKind("sweep", sweep.run_sweep, most_attempts=3),
        JobKind("upkeep", sweep.run_upkeep, most_attempts=3),
        JobKind("send_mails", outbox.run_send, most_attempts=5),
        JobKind("watch", carrier_watch.run_watch, most_attempts=3),
        JobKind("doctor", doctor.run_doctor, most_attempts=3),
        # Most of a day with long waits: a carrier that cannot be read is read later in the night.
        JobKind("compare", compare.run_compare, most_attempts=20, first_wait=60, longest_wait=3600),
        # Hours: what was read of a long list is kept, and waits for a carrier that is away.
        JobKind("take_over", take_over.run_take_over, most_attempts=20, on_park=take_over.give_up),
        JobKind("check_evidence", evidence.run_check, most_attempts=3),
        JobKind("remind", reminders.run_remind, most_attempts=3),
        JobKind("bulk", bulk_acts.run_bulk, most_attempts=10, on_park=bulk.park),
        # As for a take-over: what was read of a long list is kept.
        JobKind(
            platform_numbers.JOB,
            platform_numbers.run_list,
            most_attempts=20,
            on_park=platform_numbers.give_up,
        ),
        JobKind("read_intake", intake.run_read, most_attempts=8, on_park=intake.give_up_reading),
        JobKind("commit_intake", intake.run_commit, most_attempts=8, on_park=intake.give_up_commit),
        JobKind(
            leaving_beginning.JOB,
            leaving_beginning.run_begin,
            most_attempts=10,
            on_park=leaving_beginning.give_up,
        ),
        JobKind("keep", keeping.run_keep, most_attempts=20),
    )
}
# How often the recurring parts do their rounds.
_ROUNDS = {
    "sweep": timedelta(seconds=sweep.ROUND_SECONDS),
    "watch": timedelta(minutes=1),
    "upkeep": timedelta(hours=6),
    "remind": reminders.ROUND,
}
_NIGHTLY = ("compare", "check_evidence", "keep")
_PAUSE_SECONDS = 0.5
# What other apps have planned besides, at every round.
_plans: list[Callable[[], None]] = []


def also_do(*kinds: JobKind, plan: Callable[[], None]) -> None:
    """Have the worker do the jobs of another app as well; called once, when that app is ready."""
    KINDS.update({kind.name: kind for kind in kinds})
    _plans.append(plan)


def plan() -> None:
    """Ask for what is due by itself: waiting webhooks and mails, and the rounds."""
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    # A new portal's first night is the coming one, and the doctor's first visit is in an hour:
    # until then it may not be reachable, and an operator registers it (docs/operators.md).
    new = [name for name in (*_NIGHTLY, "doctor") if name not in beats]
    heartbeat.beat(*new)
    jobs.keep_asked(*_due(beats, clock.now()))
    for plan_more in _plans:
        plan_more()


def _due(beats: dict[str, datetime], now: datetime) -> Iterator[str]:
    """Give the kinds that are due by themselves; `beats` says when each was done last."""
    if WebhookEvent.objects.filter(state=WebhookState.NEW).exists():
        yield "apply_webhooks"
    if outbox.due_mails().exists():
        yield "send_mails"
    for name, pause in _ROUNDS.items():
        # A beat from the future is a clock that was set back; do the round rather than wait.
        if name not in beats or not timedelta(0) <= now - beats[name] < pause:
            yield name
    for name in _NIGHTLY:
        if name in beats and nights.is_due(beats[name], now):
            yield name
    if "doctor" in beats and doctor.is_due(beats["doctor"], now):
        yield "doctor"


def run_due() -> int:
    """Run jobs until none is due; return how many ran."""
    count = 0
    while (job := jobs.claim()) is not None:
        jobs.run(job, KINDS)
        count += 1
    return count


def run_once() -> int:
    """One round: plan, and run everything that is due."""
    plan()
    return run_due()


class Worker:
    """Runs rounds until it is told to stop; the job at hand is finished first."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Stop after the job at hand."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped by SIGTERM or SIGINT. A database that is away is waited for."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        while not self._stop.is_set():
            is_idle = True
            try:
                plan()
                planned_at = time.monotonic()
                while not self._stop.is_set() and (job := jobs.claim()) is not None:
                    jobs.run(job, KINDS)
                    # A bulk action is due again and again: what came meanwhile is planned as well.
                    if time.monotonic() - planned_at > _PAUSE_SECONDS:
                        is_idle = False
                        break
            except (DatabaseError, InterfaceError):
                logger.exception("the database is away; trying again")
                connection.close()
                self._stop.wait(5)
            close_old_connections()
            if is_idle:
                self._stop.wait(_PAUSE_SECONDS)
