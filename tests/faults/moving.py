"""What still moves after everything was asked for, and waiting until nothing does."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from numbering import clock
from numbering.enums import (
    AttemptState,
    ImportOrderStatus,
    JobState,
    NumberOrderStatus,
    RemovalStatus,
    WebhookState,
)
from numbering.models import (
    ImportOrder,
    Job,
    NumberOrder,
    NumberOrderAttempt,
    RemovalAttempt,
    RemovalOrder,
    SubmitAttempt,
    WebhookEvent,
)
from tests.faults.bench import Bench
from tests.faults.processes import Workers

AnyOrder = ImportOrder | RemovalOrder | NumberOrder
_UNSETTLED = (AttemptState.PENDING, AttemptState.SENDING, AttemptState.UNKNOWN)
_HURRY_EVERY = 0.5
LEAST_HURRY = 3.0


@dataclass(frozen=True)
class Kind:
    """One kind of order at the carrier.

    `at_work` are the statuses from which somebody or something will still move it, `sends` the jobs
    that send and settle it, `reads` the one that reads it.
    """

    orders: type[AnyOrder]
    attempts: type[SubmitAttempt | RemovalAttempt | NumberOrderAttempt]
    at_work: frozenset[str]
    sends: tuple[str, str]
    reads: str

    def moving(self) -> QuerySet[AnyOrder]:
        """The orders that are at work."""
        moving = Q(status__in=self.at_work) | Q(attempts__state__in=_UNSETTLED)
        return self.orders._default_manager.filter(moving)


_I, _R, _N = ImportOrderStatus, RemovalStatus, NumberOrderStatus
IMPORTS = Kind(
    ImportOrder,
    SubmitAttempt,
    frozenset({_I.SUBMITTING, _I.RECEIVED, _I.PROCESSING}),
    ("submit_order", "settle_attempt"),
    "read_order",
)
REMOVALS = Kind(
    RemovalOrder,
    RemovalAttempt,
    frozenset({_R.SUBMITTING, _R.RECEIVED, _R.PROCESSING}),
    ("submit_removal", "settle_removal"),
    "read_removal",
)
NUMBER_ORDERS = Kind(
    NumberOrder,
    NumberOrderAttempt,
    frozenset({_N.SUBMITTING, _N.RECEIVED, _N.BACKORDERED}),
    ("submit_number_order", "settle_number_order"),
    "read_number_order",
)


class Moving:
    """Orders of some kinds on their way.

    `late_seconds` is how long after a call the carrier may still come up with what it made of it.
    """

    # Jobs besides those of the kinds that something at work waits for.
    other_jobs: tuple[str, ...] = ("apply_webhooks",)

    def __init__(self, *kinds: Kind, late_seconds: float) -> None:
        self.kinds = kinds
        self._late_seconds = late_seconds

    def is_quiet(self) -> bool:
        """Whether nothing moves any more."""
        at_work = any(kind.moving().exists() for kind in self.kinds)
        return not at_work and not WebhookEvent.objects.filter(state=WebhookState.NEW).exists()

    def may_hurry(self) -> bool:
        """Whether all wait, and nothing was sent so lately that the carrier may still be late.

        The carrier's clock is the real one; ours must not pass its lateness by.
        """
        lately = clock.now() - timedelta(seconds=self._late_seconds)
        due = self._open_jobs().filter(state=JobState.WAITING, due_at__lte=clock.database_now())
        return not due.exists() and not any(
            kind.attempts._default_manager.filter(sent_at__gt=lately).exists()
            for kind in self.kinds
        )

    def seconds_to_wait(self) -> float:
        """Seconds until the first thing is due, at least so many that several come due at once."""
        times: list[datetime | None] = []
        for state, due_at, lease_until in self._open_jobs().values_list(
            "state", "due_at", "lease_until"
        ):
            times.append(due_at if state == JobState.WAITING else lease_until)
        for kind in self.kinds:
            times += kind.moving().values_list("next_read_at", flat=True)
        ahead = [(at - clock.now()).total_seconds() for at in times if at is not None]
        return max(LEAST_HURRY, min(ahead, default=0.0) + 0.1)

    def see_to(self) -> None:
        """Do what a person does meanwhile; by itself nothing."""

    def _open_jobs(self) -> QuerySet[Job]:
        """The jobs that something at work waits for; an order in exception is read for ever."""
        wanted = Q(kind__in=self.other_jobs)
        for kind in self.kinds:
            moving = kind.moving().values("pk")
            wanted |= Q(kind__in=kind.sends) | Q(kind=kind.reads, subject_id__in=moving)
        return Job.objects.filter(wanted, state__in=[JobState.WAITING, JobState.RUNNING])


def drain(bench: Bench, workers: Workers, moving: Moving) -> bool:
    """Wait until nothing moves any more; hurry the portal's clock where it only waits.

    False when something still moves after the run's drain_limit.
    """
    end = time.monotonic() + bench.size.drain_limit
    while not (is_quiet := moving.is_quiet()) and time.monotonic() < end:
        workers.tend()
        moving.see_to()
        if moving.may_hurry():
            bench.ahead.by(moving.seconds_to_wait())
        time.sleep(_HURRY_EVERY)
    return is_quiet
