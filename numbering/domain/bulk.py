"""Things done to many numbers at once: a job in slices, with a result for each row.

The rows are the truth. A batch is marked *under way* and committed before it is begun, and its
results are written by whoever still holds the job's lease. What a worker that was killed left
under way is never simply done again: the act says what became of it, and as long as it cannot, the
row stays under way. The job gives way to other work every few seconds, so that a hundred thousand
rows hold up no webhook.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Count, F, Max, QuerySet, Value

from accounts.again import repeated
from accounts.models import User
from numbering import clock
from numbering.carrier_link import storable
from numbering.domain import jobs
from numbering.domain.cannot_do import CannotDo
from numbering.domain.jobs import TryLater
from numbering.enums import BulkKind, BulkRowState, BulkState
from numbering.models import BulkAction, BulkRow, Job, TelephoneNumber
from numbering.stopping_points import reached

ROWS_LIMIT = 500_000
_OPEN = (BulkState.WAITING, BulkState.RUNNING)
_UNFINISHED = (BulkRowState.WAITING, BulkRowState.RUNNING)
_TO_RETRY = (BulkRowState.FAILED, BulkRowState.UNKNOWN)
# Begun twice for one number, these might do it twice at the carrier.
_ALONE = {BulkKind.PLATFORM_IMPORT, BulkKind.PLATFORM_CHECK, BulkKind.PLATFORM_RELEASE}


@dataclass(frozen=True)
class Outcome:
    """What became of one row; WAITING puts it back."""

    state: BulkRowState
    message: str = ""
    result: str = ""


# By the row's primary key.
Outcomes = Mapping[int, Outcome]


class Pause(Exception):
    """Raised by an act: these outcomes are known, and the rest has to wait until later."""

    def __init__(
        self,
        reason: str,
        *,
        outcomes: Outcomes,
        after: float | None = None,
        at: datetime | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = storable(reason)[:1000]
        self.outcomes = outcomes
        self.after = after
        self.at = at


class Lease:
    """The job's lease, for one turn, as the act sees it."""

    def __init__(self, job: Job, action: BulkAction, turn_seconds: float) -> None:
        self._job = job
        self._action = action
        # Whatever is begun in its first half has ended when it is over.
        call = float(str(settings.CARRIER["call_timeout"]))
        self._seconds = max(float(settings.JOB_LEASE_SECONDS), 2 * call)
        self._ends = time.monotonic() + turn_seconds
        self._until = 0.0
        # Rows that were begun in this turn and of which nothing is written yet.
        self._begun: set[int] = set()
        self.renew()

    def renew(self) -> None:
        """Prolong it. Raises TryLater when another worker has taken over."""
        now = time.monotonic()
        if not jobs.renew(self._job, seconds=self._seconds):
            raise TryLater("Another worker has taken over.", counts=False)
        self._until = now + self._seconds / 2

    def holds(self) -> bool:
        """Whether something may still be begun in this turn; asks no database (for threads)."""
        return time.monotonic() < min(self._until, self._ends)

    def begin(self, most: int) -> list[BulkRow]:
        """Mark the next waiting rows as under way, and return them.

        Raises TryLater when another worker has taken over.
        """
        with transaction.atomic():
            # Locks the job as well: until this is committed nobody takes over.
            self.renew()
            waiting = self._action.rows.filter(state=BulkRowState.WAITING).order_by("pk")
            rows = list(waiting[:most])
            if rows:
                # These are all that wait up to the last of them.
                waiting.filter(pk__lte=rows[-1].pk).update(
                    state=BulkRowState.RUNNING, looked_at=None
                )
        self._begun |= {row.pk for row in rows}
        reached("after_claim")
        return rows

    def begin_more(self, most: int) -> list[BulkRow]:
        """Begin the next rows while others go on; none when the action is to be cancelled."""
        return [] if is_cancelling(self._action) else self.begin(most)

    def report(self, outcomes: Outcomes, *, trouble: str = "") -> None:
        """Write what became of some rows, in one statement, and prolong the lease.

        An act may do so with what it knows already, while its other rows go on. Raises TryLater
        when another worker has taken over.
        """
        values = ", ".join(["(%s, %s, %s, %s)"] * len(outcomes))
        params: list[int | str] = []
        for pk, outcome in outcomes.items():
            message, result = storable(outcome.message), storable(outcome.result)
            params += [pk, str(outcome.state), message[:500], result[:100]]
        with transaction.atomic():
            self.renew()
            BulkAction.objects.filter(pk=self._action.pk).exclude(trouble=trouble).update(
                trouble=trouble
            )
            if outcomes:
                table = BulkRow._meta.db_table
                with connection.cursor() as cursor:
                    cursor.execute(
                        # Both databases call the columns of a VALUES list column1, column2, ...
                        f"UPDATE {table} SET state = given.column2, "  # noqa: S608 - ours
                        "message = given.column3, result = given.column4 "
                        f"FROM (VALUES {values}) AS given WHERE {table}.id = given.column1",
                        params,
                    )
            reached("before_commit")
        self._begun -= outcomes.keys()
        reached("after_commit")

    def not_reported(self) -> set[int]:
        """Return the keys of those rows that were begun and of which nothing is written yet."""
        return self._begun.copy()


class BulkAct(ABC):
    """What is done to the rows of one kind of bulk action."""

    kind: ClassVar[BulkKind]
    # Rows marked under way, done and written together.
    batch: ClassVar[int] = 200
    # A turn of the job, after which other jobs that are due come first.
    turn_seconds: ClassVar[float] = 3.0

    @abstractmethod
    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Do it, as long as the lease holds; return what became of the rows.

        Rows left out were not begun, and wait. Raises Pause when they have to wait for longer.
        """

    def recover(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        """Say what became of rows that a worker began and did not report on.

        Rows left out are asked for again: of them nothing is known yet. Raises Pause when that has
        to wait. By default rows are done again: right where twice is the same as once.
        """
        return {row.pk: Outcome(BulkRowState.WAITING) for row in rows}

    def to_recover(self, under_way: QuerySet[BulkRow]) -> QuerySet[BulkRow]:
        """Return those of the rows under way that `recover` can say something of now."""
        return under_way

    def until(self, under_way: QuerySet[BulkRow]) -> Pause | None:
        """Return the pause after which the other rows under way can be recovered, if there are any.

        Asked when nothing else is left to do.
        """
        return None


# --- Asking -------------------------------------------------------------------------------------


@repeated
def start(
    kind: BulkKind,
    numbers: QuerySet[Any] | Collection[str],
    *,
    actor: User,
    choices: Mapping[str, Any] | None = None,
) -> BulkAction:
    """Have something done to these numbers (rows with an `e164`, or E.164 texts).

    Raises CannotDo when there are none or too many, and when the same is being done to one of them
    already and must not be done twice at a time.
    """
    _one_at_a_time(kind)
    action = BulkAction.objects.create(
        kind=kind, choices=dict(choices or {}), person=actor, asked_at=clock.now()
    )
    count = (
        _add_found(action, numbers)
        if isinstance(numbers, QuerySet)
        else _add_given(action, numbers)
    )
    if not count:
        raise CannotDo("No number is chosen.")
    if count > ROWS_LIMIT:
        raise CannotDo(f"Choose at most {ROWS_LIMIT:,} numbers at once.")
    _refuse_twice(action, action.rows.all())
    action.all_rows = count
    action.save(update_fields=["all_rows"])
    jobs.enqueue("bulk", subject_id=action.pk)
    return action


def _add_found(action: BulkAction, numbers: QuerySet[Any]) -> int:
    """Add a row for each number found, without any of them passing through here.

    Of several lives of one number the last one is meant, which alone can be living still.
    """
    columns = ["e164"]
    if numbers.model is TelephoneNumber:
        columns += ["telephone_number_id", "subscriber_id"]
        last = numbers.order_by().values("e164").annotate(last=Max("pk")).values("last")
        numbers = TelephoneNumber.objects.filter(pk__in=last).annotate(telephone_number_id=F("pk"))
    found = numbers.order_by("e164").values_list(Value(action.pk), *columns)
    try:
        sql, params = found[: ROWS_LIMIT + 1].query.sql_with_params()
    except EmptyResultSet:  # the question itself leaves no number, so Django asks nothing
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {BulkRow._meta.db_table} (action_id, {', '.join(columns)}) {sql}",
            params,
        )
        return int(cursor.rowcount)


def _add_given(action: BulkAction, numbers: Collection[str]) -> int:
    e164s = sorted(set(numbers))[: ROWS_LIMIT + 1]
    BulkRow.objects.bulk_create(
        [BulkRow(action=action, e164=e164) for e164 in e164s], batch_size=1000
    )
    return len(e164s)


def _one_at_a_time(kind: BulkKind) -> None:
    """Of two people at one instant, have the second wait until the rows of the first are there."""
    if kind in _ALONE:
        # A row that is the same for everybody; nobody changes it for long.
        User.objects.select_for_update(no_key=True).order_by("pk").first()


def _refuse_twice(action: BulkAction, rows: QuerySet[BulkRow]) -> None:
    if action.kind not in _ALONE:
        return
    others = open_actions([BulkKind(action.kind)]).exclude(pk=action.pk)
    same = BulkRow.objects.filter(action__in=others, e164__in=rows.values("e164"))
    if (row := same.order_by().first()) is not None:
        raise CannotDo(
            f"{row} is in bulk action {row.action_id} already, which does the same and is not "
            "over. Wait for its end, or cancel it."
        )


@repeated
def cancel(action: BulkAction) -> bool:
    """Have the rows left alone that are not begun; False when nothing is left to cancel."""
    asked = BulkAction.objects.filter(pk=action.pk, state__in=_OPEN).update(is_cancelling=True)
    if asked:
        jobs.enqueue("bulk", subject_id=action.pk)
    return bool(asked)


@repeated
def retry(action: BulkAction) -> int:
    """Do the failed rows again, and look for those whose outcome is unknown; return how many.

    Raises CannotDo when the same is being done to one of its numbers elsewhere meanwhile, and must
    not be done twice at a time.
    """
    _one_at_a_time(BulkKind(action.kind))
    # Locked: of two clicks the second finds nothing left to do.
    current = BulkAction.objects.select_for_update().get(pk=action.pk)
    if current.state in _OPEN:
        return 0
    _refuse_twice(action, action.rows.filter(state__in=_TO_RETRY))
    failed = action.rows.filter(state=BulkRowState.FAILED).update(
        state=BulkRowState.WAITING, message=""
    )
    # Under way, as a worker that was killed would have left it: it is looked for first.
    unknown = action.rows.filter(state=BulkRowState.UNKNOWN).update(
        state=BulkRowState.RUNNING, message=""
    )
    if failed + unknown:
        BulkAction.objects.filter(pk=action.pk).update(
            state=BulkState.WAITING,
            is_cancelling=False,
            started_at=None,
            finished_at=None,
            settled_before=current.all_rows - failed - unknown,
        )
        jobs.enqueue("bulk", subject_id=action.pk)
    return failed + unknown


def is_cancelling(action: BulkAction) -> bool:
    """Whether what waits is to be left alone; asks the database."""
    return BulkAction.objects.filter(pk=action.pk, is_cancelling=True).exists()


# --- Doing --------------------------------------------------------------------------------------


def run_bulk(acts: Mapping[BulkKind, BulkAct], job: Job) -> None:
    """Handler: go on with a bulk action for one turn."""
    action = BulkAction.objects.get(pk=job.subject)
    if action.state not in _OPEN:
        return
    act = acts[BulkKind(action.kind)]
    lease = Lease(job, action, act.turn_seconds)
    if action.started_at is None:
        BulkAction.objects.filter(pk=action.pk).update(
            state=BulkState.RUNNING, started_at=clock.now()
        )
    while True:
        if is_cancelling(action):
            action.rows.filter(state=BulkRowState.WAITING).update(state=BulkRowState.CANCELLED)
        under_way = action.rows.filter(state=BulkRowState.RUNNING)
        if rows := list(act.to_recover(under_way)[: act.batch]):
            _work(act.recover, action, rows, lease, left=None)
        elif rows := lease.begin(act.batch):
            _work(act.do, action, rows, lease, left=Outcome(BulkRowState.WAITING))
        elif (pause := act.until(under_way)) is not None:
            lease.report({}, trouble=pause.reason)
            raise TryLater(pause.reason, at=pause.at, counts=False)
        else:
            _finish(action, lease)
            return
        if not lease.holds():
            raise TryLater("It goes on when other work had its turn.", after=0, counts=False)


def _work(
    work: Callable[[BulkAction, Sequence[BulkRow], Lease], Outcomes],
    action: BulkAction,
    rows: Sequence[BulkRow],
    lease: Lease,
    *,
    left: Outcome | None,
) -> None:
    """Do the work on rows that are under way, and write what became of them.

    `left` is what the rows become of which the act says nothing; None leaves them as they are.
    """
    pause = None
    try:
        outcomes = work(action, rows, lease)
    except Pause as error:
        pause, outcomes = error, error.outcomes
    except TryLater:
        raise
    except Exception:
        BulkAction.objects.filter(pk=action.pk).update(
            trouble="Something unexpected went wrong; see the log. It is tried again."
        )
        raise
    if left is not None:
        outcomes = {**dict.fromkeys(lease.not_reported(), left), **outcomes}
    lease.report(outcomes, trouble=pause.reason if pause else "")
    if pause:
        raise TryLater(pause.reason, after=pause.after, at=pause.at, counts=False) from pause


def park(job: Job) -> None:
    """The job was parked: what is under way is not known, and the rest was not begun."""
    action = BulkAction.objects.get(pk=job.subject)
    action.rows.filter(state=BulkRowState.RUNNING).update(
        state=BulkRowState.UNKNOWN, message="The portal stopped before it heard what became of it."
    )
    action.rows.filter(state=BulkRowState.WAITING).update(
        state=BulkRowState.FAILED, message="Not begun: the portal stopped trying."
    )
    _end(action)


def _finish(action: BulkAction, lease: Lease) -> None:
    with transaction.atomic():
        lease.renew()
        _end(action)


def _end(action: BulkAction) -> None:
    is_cancelled = action.rows.filter(state=BulkRowState.CANCELLED).exists()
    BulkAction.objects.filter(pk=action.pk).update(
        state=BulkState.CANCELLED if is_cancelled else BulkState.DONE,
        finished_at=clock.now(),
        trouble="",
    )


# --- Looking ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a bulk action is."""

    counts: Mapping[BulkRowState, int]
    # None while there is nothing to reckon it from.
    left: timedelta | None

    @property
    def all_rows(self) -> int:
        """How many rows there are."""
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """How many rows have their result."""
        return self.all_rows - sum(self.counts.get(state, 0) for state in _UNFINISHED)

    @property
    def percent(self) -> int:
        """How much of it is settled; 100 only when all of it is."""
        return self.settled * 100 // self.all_rows if self.all_rows else 100


def progress_of(action: BulkAction) -> Progress:
    """Count the rows, and reckon from the pace so far how long the rest takes."""
    counted = action.rows.order_by().values_list("state").annotate(count=Count("pk"))
    progress = Progress({BulkRowState(state): count for state, count in counted}, None)
    settled_since = progress.settled - action.settled_before
    if action.state not in _OPEN or action.started_at is None or settled_since <= 0:
        return progress
    pace = (clock.now() - action.started_at) / settled_since
    return Progress(progress.counts, pace * (progress.all_rows - progress.settled))


def open_actions(kinds: Iterable[BulkKind]) -> QuerySet[BulkAction]:
    """Return the actions of these kinds that are not over."""
    return BulkAction.objects.filter(kind__in=list(kinds), state__in=_OPEN)
