"""Things done to many numbers at once: a result for each, whatever stops, dies or is taken over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from numbering import worker
from numbering.domain import bulk, jobs
from numbering.domain.bulk import BulkAct, Lease, Outcome, Outcomes, Pause
from numbering.domain.cannot_do import CannotDo
from numbering.domain.jobs import JobKind, TryLater
from numbering.enums import BulkKind, BulkRowState
from numbering.models import BulkAction, BulkRow, Job, TelephoneNumber
from numbering.worker import Worker
from tests import builders
from tests.numbering import steps
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db

DONE = Outcome(BulkRowState.DONE, "Done.", "id-1")
Work = Callable[[Sequence[BulkRow], Lease], Outcomes]


class Act(BulkAct):
    """Does what the test says, and notes to which numbers."""

    kind = BulkKind.READ
    batch = 2

    def __init__(self, work: Work, recover: Work | None = None) -> None:
        self.work, self.look = work, recover
        self.done: list[str] = []

    def do(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        self.done += [row.e164 for row in rows]
        return self.work(rows, lease)

    def recover(self, action: BulkAction, rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        return self.look(rows, lease) if self.look else super().recover(action, rows, lease)


def all_done(rows: Sequence[BulkRow], _lease: Lease) -> Outcomes:
    return {row.pk: DONE for row in rows}


def turn(act: Act) -> Job:
    """Let a worker take one turn with the action that is due."""
    steps.bring_forward("bulk")
    job = jobs.claim()
    assert job is not None
    kind = JobKind("bulk", lambda job: bulk.run_bulk({act.kind: act}, job), 2, on_park=bulk.park)
    jobs.run(job, {"bulk": kind})
    return Job.objects.get(pk=job.pk)


def states(action: BulkAction) -> str:
    """Give the first letters of the rows' states, in order, and that of the action."""
    action.refresh_from_db()
    rows = action.rows.order_by("pk").values_list("state", flat=True)
    return f"{''.join(state[0] for state in rows)} {action.state}"


@pytest.fixture
def action(support: User) -> BulkAction:
    """An action on five numbers that waits."""
    return bulk.start(BulkKind.READ, builders.fresh_numbers(5), actor=support)


def test_every_row_gets_its_own_result_and_no_text_from_outside_breaks_it(
    action: BulkAction,
) -> None:
    words = ["fine", "a\x00b \ud800", "x" * 900, "'); --", ""]
    given = dict(zip(action.rows.values_list("e164", flat=True), words, strict=True))

    def work(rows: Sequence[BulkRow], _lease: Lease) -> Outcomes:
        return {row.pk: Outcome(BulkRowState.SKIPPED, given[row.e164], "r" * 200) for row in rows}

    job = turn(act := Act(work))
    assert (states(action), job.state, action.all_rows) == ("sssss done", "done", 5)
    assert act.done == sorted(given)
    found = list(action.rows.order_by("pk").values_list("message", "result"))
    assert found[1][0] == "a\ufffdb ?"
    assert [len(text) for text, _ in found] == [4, 5, 500, 6, 0]
    assert {len(result) for _, result in found} == {100}
    assert action.started_at <= action.finished_at  # type: ignore[operator]


def test_a_turn_that_is_over_gives_way_and_what_was_not_begun_waits(
    action: BulkAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Act, "turn_seconds", 0)

    def work(rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        assert not lease.holds()
        lease.report({rows[0].pk: DONE})
        return {}

    act = Act(work)
    job = turn(act)
    assert (states(action), job.state, job.attempts) == ("dwwww running", "waiting", 0)
    for _ in range(5):
        turn(act)
    assert states(action) == "ddddd done"


def test_what_is_reported_early_is_written_and_not_done_again_when_the_worker_dies(
    action: BulkAction,
) -> None:
    def dies(rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        lease.report({rows[0].pk: DONE})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        turn(Act(dies))
    assert states(action) == "drwww running"
    Job.objects.update(lease_until=Now() - timedelta(seconds=1))
    turn(act := Act(all_done, recover=lambda rows, _: {row.pk: DONE for row in rows}))
    assert states(action) == "ddddd done"
    assert act.done == list(action.rows.order_by("pk").values_list("e164", flat=True))[2:]


def test_a_pause_keeps_what_is_known_and_says_what_it_waits_for(action: BulkAction) -> None:
    at = timezone.now() + timedelta(hours=1)

    def work(rows: Sequence[BulkRow], _lease: Lease) -> Outcomes:
        raise Pause("Slow\x00 down.", outcomes={rows[1].pk: DONE}, at=at)

    job = turn(Act(work))
    assert (states(action), action.trouble) == ("wdwww running", "Slow\ufffd down.")
    assert (job.state, job.due_at, job.attempts) == ("waiting", at, 0)
    turn(Act(all_done))
    assert (states(action), action.trouble) == ("ddddd done", "")


def test_rows_that_cannot_be_looked_for_stay_under_way_and_are_never_done_blindly(
    action: BulkAction,
) -> None:
    first, second = action.rows.order_by("pk")[:2]
    action.rows.filter(pk__in=[first.pk, second.pk]).update(state="running")

    def cannot_look(rows: Sequence[BulkRow], _lease: Lease) -> Outcomes:
        raise Pause("Away.", outcomes={rows[0].pk: Outcome(BulkRowState.WAITING)}, after=60)

    act = Act(all_done, recover=cannot_look)
    turn(act)
    assert (states(action), act.done) == ("wrwww running", [])
    turn(
        Act(
            all_done,
            recover=lambda rows, _: {row.pk: Outcome(BulkRowState.UNKNOWN) for row in rows},
        )
    )
    assert states(action) == "duddd done"


def test_cancelling_leaves_alone_what_is_not_begun_and_still_looks_for_what_is(
    action: BulkAction,
) -> None:
    action.rows.filter(pk=action.rows.earliest("pk").pk).update(state="running")
    assert bulk.cancel(action)
    act = Act(all_done, recover=lambda rows, _: {row.pk: DONE for row in rows})
    turn(act)
    assert (states(action), act.done) == ("dcccc cancelled", [])
    assert not bulk.cancel(action)


def test_cancelling_while_it_runs_ends_it_after_the_batch(action: BulkAction) -> None:
    def work(rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        assert bulk.cancel(BulkAction.objects.get())
        return all_done(rows, lease)

    job = turn(Act(work))
    assert (states(action), job.state) == ("ddccc cancelled", "waiting")  # asked for once more
    assert turn(Act(all_done)).state == "done"
    assert states(action) == "ddccc cancelled"


def test_trying_again_does_the_failed_rows_and_looks_for_the_unknown_ones(
    action: BulkAction,
) -> None:
    results = iter(["failed", "unknown", "done", "skipped", "failed"])
    turn(Act(lambda rows, _: {row.pk: Outcome(BulkRowState(next(results)), "why") for row in rows}))
    assert states(action) == "fudsf done"
    assert bulk.retry(action) == 3
    assert bulk.retry(action) == 0
    assert states(action) == "wrdsw waiting"
    assert action.rows.exclude(state__in=["done", "skipped"]).exclude(message="").count() == 0
    act = Act(all_done, recover=lambda rows, _: {row.pk: DONE for row in rows})
    turn(act)
    assert (states(action), len(act.done)) == ("dddsd done", 2)


def test_a_worker_that_lost_its_lease_writes_nothing_more(action: BulkAction) -> None:
    def overtaken(rows: Sequence[BulkRow], lease: Lease) -> Outcomes:
        Job.objects.update(lease_token="another's", lease_until=Now() + timedelta(seconds=60))
        BulkRow.objects.filter(pk=rows[0].pk).update(state="unknown", message="by the other")
        with pytest.raises(TryLater):
            lease.renew()
        return all_done(rows, lease)

    job = turn(act := Act(overtaken))
    assert (states(action), len(act.done)) == ("urwww running", 2)
    assert (job.state, job.lease_token) == ("running", "another's")
    # Nor does it begin anything, or end the action, with a lease that it has lost before.
    mine = Job(pk=job.pk, kind="bulk", subject_id=action.pk, lease_token="mine", attempts=1)
    with pytest.raises(TryLater):
        bulk.run_bulk({BulkKind.READ: act}, mine)
    assert (states(action), len(act.done)) == ("urwww running", 2)


def test_an_act_that_breaks_says_so_and_after_some_tries_nothing_is_called_failed_that_was_begun(
    action: BulkAction,
) -> None:
    def breaks(rows: Sequence[BulkRow], _lease: Lease) -> Outcomes:
        raise ZeroDivisionError

    cannot = Act(breaks, recover=breaks)
    turn(cannot)
    assert states(action) == "rrwww running"
    assert "see the log" in action.trouble
    assert turn(cannot).state == "parked"
    assert states(action) == "uufff done"
    assert len(cannot.done) == 2
    assert bulk.retry(action) == 5
    turn(Act(all_done))
    assert states(action) == "ddddd done"


def test_what_can_be_asked_for(support: User, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = TelephoneNumber.objects
    subscriber, now = builders.subscriber(), timezone.now()
    for e164, state in zip(
        builders.fresh_numbers(2) * 2, ["gone"] * 2 + ["hosted"] * 2, strict=True
    ):
        numbers.create(e164=e164, subscriber=subscriber, state=state, state_changed_at=now)

    def start(given: Any, kind: BulkKind = BulkKind.READ) -> BulkAction:
        return bulk.start(kind, given, actor=support)

    nothing: list[QuerySet[Any] | list[str]] = [[], numbers.none(), numbers.filter(pk__in=[])]
    for given in nothing:
        with pytest.raises(CannotDo, match="No number"):
            start(given)
    assert start(numbers.order_by("-pk")).all_rows == 2  # each number once, whatever its lives
    start(numbers.all(), BulkKind.PLATFORM_CHECK)
    with pytest.raises(CannotDo, match="already"):
        start(numbers.all(), BulkKind.PLATFORM_CHECK)
    monkeypatch.setattr(bulk, "ROWS_LIMIT", 1)
    for given in (numbers.all(), builders.fresh_numbers(2)):
        with pytest.raises(CannotDo, match="at most 1"):
            start(given)
    assert (BulkAction.objects.count(), BulkRow.objects.count()) == (2, 4)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_one_instant_one_begins() -> None:
    numbers = builders.fresh_numbers(3)
    people = [builders.person(), builders.person()]

    def click(index: int) -> bool:
        try:
            bulk.start(BulkKind.PLATFORM_IMPORT, numbers, actor=people[index])
        except CannotDo:
            return False
        return True

    assert sorted(at_once(2, click)) == [False, True]
    assert BulkAction.objects.count() == 1


def test_what_is_done_to_a_number_elsewhere_is_not_tried_again(support: User) -> None:
    done, failed = builders.fresh_numbers(2)
    first = bulk.start(BulkKind.PLATFORM_IMPORT, [done, failed], actor=support)
    first.rows.filter(e164=done).update(state="done")
    first.rows.filter(e164=failed).update(state="failed")
    BulkAction.objects.filter(pk=first.pk).update(state="done")
    elsewhere = bulk.start(BulkKind.PLATFORM_IMPORT, [failed], actor=support)
    with pytest.raises(CannotDo, match=f"is in bulk action {elsewhere.pk} already"):
        bulk.retry(first)
    assert first.rows.get(e164=failed).state == "failed"
    BulkAction.objects.filter(pk=elsewhere.pk).update(state="done")
    # The number that is done already does not stand in the way.
    bulk.start(BulkKind.PLATFORM_IMPORT, [done], actor=support)
    assert bulk.retry(first) == 1


def test_the_estimate_goes_by_the_pace_of_this_run(action: BulkAction) -> None:
    assert (bulk.progress_of(action).left, bulk.progress_of(action).percent) == (None, 0)
    rows = list(action.rows.order_by("pk"))
    BulkRow.objects.filter(pk__in=[row.pk for row in rows[:4]]).update(state="done")
    action.state, action.settled_before = "running", 2
    action.started_at = timezone.now() - timedelta(seconds=60)
    progress = bulk.progress_of(action)
    assert (progress.settled, progress.percent) == (4, 80)
    assert round(progress.left.total_seconds()) == 30  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)  # the worker closes what connections it finds
def test_a_long_action_does_not_keep_the_worker_from_seeing_what_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A job that is always due again: what came meanwhile (a webhook, a round) is planned."""
    planned: list[float] = []
    busy, ends = Worker(), time.monotonic() + 5

    def again(_job: Job) -> None:
        if len(planned) > 1 or time.monotonic() > ends:
            busy.stop()
            return
        time.sleep(0.02)
        jobs.enqueue("again")

    # As an app of its own says what it plans and does; afterwards the worker does not know it.
    monkeypatch.setattr(worker, "_plans", list(worker._plans))
    monkeypatch.setattr(worker, "KINDS", dict(worker.KINDS))
    worker.also_do(JobKind("again", again), plan=lambda: planned.append(time.monotonic()))
    jobs.enqueue("again")
    busy.run()
    assert len(planned) == 2
