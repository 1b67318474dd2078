"""Leased job rows: ask, claim, finish, try later, park.

Asking is an INSERT in the caller's transaction: no job without its order, no order without its
job. A claim is a conditional write under a lease that ends by the database's clock, so a worker
that was killed or stopped loses its job to another one, and everything it still writes is fenced
by the lease token. Jobs are repeatable by design.
"""

import logging
import random
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models, transaction

from accounts.again import repeated
from numbering import clock
from numbering.domain import alerts
from numbering.enums import JobState, LearnedBy
from numbering.models import Job

logger = logging.getLogger(__name__)

_BEFORE_TURNS_SECONDS = 1.0


class TryLater(Exception):
    """Raised by a handler: not now. `after` seconds or `at` an instant; else the usual back-off.

    With `counts=False` the try does not use up one of the job's bounded tries (the carrier told
    us when to come back, so nothing is wrong with the job).
    """

    def __init__(
        self,
        reason: str,
        *,
        after: float | None = None,
        at: datetime | None = None,
        counts: bool = True,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.at = at
        self.counts = counts


@dataclass(frozen=True)
class JobKind:
    """What to do for a kind of job, and how often to try."""

    name: str
    run: Callable[[Job], None]
    most_attempts: int = 8
    first_wait: float = 5.0
    longest_wait: float = 900.0
    # Called once when the job is parked, so that what waits for it can say so.
    on_park: Callable[[Job], None] | None = None

    def wait_after(self, attempts: int) -> float:
        """Return the seconds to wait after so many tries."""
        return back_off(attempts, first=self.first_wait, longest=self.longest_wait)


def back_off(tries: int, *, first: float, longest: float) -> float:
    """Return the seconds to wait after so many tries: doubling, with jitter, up to a cap."""
    return min(longest, first * 2.0 ** min(tries - 1, 20)) * random.uniform(0.8, 1.2)


def enqueue(
    kind: str,
    *,
    subject_id: int | None = None,
    learned_by: str = "",
    due_in: float = 0,
) -> None:
    """Ask for a job. While one of the same kind and subject is open, that one is used."""
    enqueue_many(kind, [subject_id], learned_by=learned_by, due_in=due_in)


def enqueue_many(
    kind: str,
    subject_ids: Iterable[int | None],
    *,
    learned_by: str = "",
    due_in: float = 0,
    apart: float = 0,
) -> None:
    """Ask for a job for each subject, in one statement, due so many seconds apart."""
    # In one order everywhere: two that ask for the same jobs must not lock each other out.
    ordered = sorted(set(subject_ids), key=lambda subject_id: subject_id or 0)
    _ask(
        ((kind, subject_id) for subject_id in ordered),
        learned_by=learned_by,
        due_in=due_in,
        apart=apart,
    )


def _ask(
    wanted: Iterable[tuple[str, int | None]],
    *,
    learned_by: str = "",
    due_in: float = 0,
    apart: float = 0,
) -> None:
    # A value, not an expression: see there.
    now = clock.database_now_value()
    Job.objects.bulk_create(
        [
            Job(
                kind=kind,
                subject_id=subject_id,
                learned_by=learned_by,
                key=_key(kind, subject_id),
                ticket=secrets.token_hex(8),
                due_at=now + timedelta(seconds=due_in + index * apart),
                created_at=now,
            )
            for index, (kind, subject_id) in enumerate(wanted)
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["due_at", "learned_by", "ticket"],
    )


def _key(kind: str, subject_id: int | None = None) -> str:
    return f"{kind}:{'' if subject_id is None else subject_id}"


def keep_asked(*kinds: str) -> None:
    """See to it that jobs that recur by themselves are asked for, without hurrying them.

    Unlike `enqueue` this leaves a job that waits after a failure to its wait, and after one was
    parked it lets the longest wait pass: a round that always fails must not run in a circle.
    They come before the next turn of long work, which was put back just before the worker planned.
    """
    if not kinds:
        return
    recently = clock.database_now() - timedelta(seconds=JobKind.longest_wait)
    parked = models.Q(kind__in=kinds, state=JobState.PARKED, finished_at__gt=recently)
    held = Job.objects.filter(models.Q(key__in=[_key(kind) for kind in kinds]) | parked)
    present = set(held.values_list("kind", flat=True))
    missing = [(kind, None) for kind in kinds if kind not in present]
    if missing:
        _ask(missing, due_in=-_BEFORE_TURNS_SECONDS)


def _due() -> models.Q:
    return models.Q(state=JobState.WAITING, due_at__lte=clock.database_now()) | models.Q(
        state=JobState.RUNNING, lease_until__lte=clock.database_now()
    )


def claim() -> Job | None:
    """Take the job that has been due longest, or one whose worker let its lease run out."""
    if not Job.objects.filter(_due()).exists():
        return None  # without opening a write transaction, which SQLite has only one of
    token = secrets.token_hex(16)
    with transaction.atomic():
        waiting = Job.objects.filter(_due()).order_by("due_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        job_id = waiting.values_list("pk", flat=True).first()
        if job_id is None:
            return None
        taken = Job.objects.filter(_due(), pk=job_id).update(
            state=JobState.RUNNING,
            lease_token=token,
            lease_until=clock.database_now() + timedelta(seconds=settings.JOB_LEASE_SECONDS),
            attempts=models.F("attempts") + 1,
        )
    if not taken:
        return None  # another worker was first
    return Job.objects.filter(pk=job_id, lease_token=token).first()


def renew(job: Job, *, seconds: float | None = None) -> bool:
    """Keep the lease for longer. False means that it was lost: stop, and change nothing more."""
    span = timedelta(seconds=seconds or settings.JOB_LEASE_SECONDS)
    return bool(
        Job.objects.filter(
            pk=job.pk,
            lease_token=job.lease_token,
            lease_until__gt=clock.database_now(),
            state=JobState.RUNNING,
        ).update(lease_until=clock.database_now() + span)
    )


def run(job: Job, kinds: dict[str, JobKind]) -> None:
    """Run a claimed job to its end: done, later, or parked. Raises nothing."""
    kind = kinds.get(job.kind)
    if kind is None:
        _park(job, None, f"No worker knows the kind {job.kind!r}.")
        return
    if job.attempts > kind.most_attempts:
        # It was claimed this often and never came back: it kills its worker.
        _park(job, kind, job.trouble or "It was started several times and never finished.")
        return
    try:
        kind.run(job)
    except TryLater as later:
        _put_back(job, kind, later)
    except Exception as error:
        logger.exception("job failed", extra={"kind": job.kind, "job": job.pk})
        # The class says enough here; the words of an unexpected error may hold anything.
        _put_back(job, kind, TryLater(f"Unexpected {type(error).__name__}; see the log."))
    else:
        _finish(job)


def _finish(job: Job) -> None:
    done = Job.objects.filter(pk=job.pk, lease_token=job.lease_token, ticket=job.ticket).update(
        state=JobState.DONE,
        key=None,
        lease_token="",
        lease_until=None,
        trouble="",
        finished_at=clock.database_now(),
    )
    if not done:
        # Asked again while it ran: there may be newer news than what this run has seen.
        Job.objects.filter(pk=job.pk, lease_token=job.lease_token).update(
            state=JobState.WAITING, lease_token="", lease_until=None, attempts=0, trouble=""
        )


def _put_back(job: Job, kind: JobKind, later: TryLater) -> None:
    if later.counts and job.attempts >= kind.most_attempts:
        _park(job, kind, later.reason)
        return
    due_at: datetime | models.expressions.Combinable
    if later.at is not None:
        due_at = later.at
    else:
        after = later.after if later.after is not None else kind.wait_after(job.attempts)
        now = clock.database_now()
        # Not a sum with nothing: SQLite writes it with more digits, which is later than "now".
        due_at = now + timedelta(seconds=after) if after else now
    Job.objects.filter(pk=job.pk, lease_token=job.lease_token).update(
        state=JobState.WAITING,
        due_at=due_at,
        lease_token="",
        lease_until=None,
        trouble=later.reason[:1000],
        attempts=job.attempts if later.counts else job.attempts - 1,
    )


def _park(job: Job, kind: JobKind | None, reason: str) -> None:
    with transaction.atomic():
        parked = Job.objects.filter(pk=job.pk, lease_token=job.lease_token).update(
            state=JobState.PARKED,
            key=None,
            lease_token="",
            lease_until=None,
            trouble=reason[:1000],
            finished_at=clock.database_now(),
        )
        if parked and kind is not None and kind.on_park is not None:
            kind.on_park(job)
        if parked:
            alerts.parked_job(job.kind, reason)
    logger.warning("job parked", extra={"kind": job.kind, "job": job.pk})


@repeated
def retry_parked(job_ids: Iterable[int]) -> int:
    """Put parked jobs back to work; return how many. One that was asked for anew is left alone."""
    count = 0
    for job in Job.objects.filter(pk__in=list(job_ids), state=JobState.PARKED):
        enqueue(job.kind, subject_id=job.subject_id, learned_by=job.learned_by or LearnedBy.PERSON)
        count += Job.objects.filter(pk=job.pk, state=JobState.PARKED).update(state=JobState.DONE)
    return count
