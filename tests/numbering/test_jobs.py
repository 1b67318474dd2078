"""Background jobs: asked once, run by one worker, tried again, parked in the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from numbering import worker
from numbering.domain import jobs
from numbering.domain.jobs import JobKind, TryLater
from numbering.models import Heartbeat, Job, WebhookEvent
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db

# What a worker of a new installation asks for by itself.
ROUNDS = {"sweep", "upkeep", "watch", "remind"}


def claimed() -> Job:
    """Claim the next job; there must be one."""
    job = jobs.claim()
    assert job is not None
    return job


def kinds(run: Callable[[Job], None], **details: Any) -> dict[str, JobKind]:
    """Give a table of one kind named `task`."""
    return {"task": JobKind("task", run, **details)}


def nothing(_job: Job) -> None:
    """Do the work of a job that has none."""


def failing(_job: Job) -> None:
    """Fail as a fault in the code does."""
    raise KeyError("a secret word")


def later(_job: Job) -> None:
    """Ask for another try."""
    raise TryLater("The carrier is away.")


def expire(job: Job) -> None:
    """Let the job's lease be over."""
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def make_due() -> None:
    """Make waiting jobs due."""
    Job.objects.filter(state="waiting").update(due_at=Now() - timedelta(seconds=1))


# --- Asking ---------------------------------------------------------------------------------


def test_asking_twice_is_one_job() -> None:
    jobs.enqueue("task", subject_id=1)
    jobs.enqueue("task", subject_id=1)
    jobs.enqueue("task", subject_id=2)
    assert Counter(Job.objects.values_list("subject_id", flat=True)) == {1: 1, 2: 1}


def test_asking_for_many_takes_each_subject_once() -> None:
    jobs.enqueue_many("task", [3, 1, 3, 2])
    assert list(Job.objects.order_by("pk").values_list("subject_id", flat=True)) == [1, 2, 3]


def test_asking_for_a_waiting_job_hurries_it() -> None:
    jobs.enqueue("task", due_in=600)
    assert jobs.claim() is None
    jobs.enqueue("task")
    assert claimed().kind == "task"


def test_asking_again_while_it_runs_has_it_run_again() -> None:
    runs: list[int] = []

    def asked_again(_job: Job) -> None:
        runs.append(1)
        if len(runs) == 1:
            jobs.enqueue("task", subject_id=1)

    jobs.enqueue("task", subject_id=1)
    while (job := jobs.claim()) is not None:
        jobs.run(job, kinds(asked_again))
    assert (len(runs), Job.objects.get().state) == (2, "done")


def test_asking_after_it_is_done_is_a_new_job() -> None:
    jobs.enqueue("task")
    jobs.run(claimed(), kinds(nothing))
    jobs.enqueue("task")
    assert sorted(Job.objects.values_list("state", flat=True)) == ["done", "waiting"]


# --- Claiming -------------------------------------------------------------------------------


def test_a_claimed_job_is_nobody_elses() -> None:
    jobs.enqueue("task")
    claimed()
    assert jobs.claim() is None


def test_the_job_that_has_been_due_longest_comes_first() -> None:
    for subject_id, seconds in ((1, 10), (2, 30), (3, 20)):
        Job.objects.create(
            kind="task", subject_id=subject_id, due_at=Now() - timedelta(seconds=seconds)
        )
    assert [claimed().subject_id for _ in range(3)] == [2, 3, 1]


def test_a_lease_that_ran_out_hands_the_job_over() -> None:
    jobs.enqueue("task")
    first = claimed()
    expire(first)
    second = claimed()
    assert (second.pk, second.attempts) == (first.pk, 2)
    assert second.lease_token != first.lease_token


def test_a_worker_that_lost_its_lease_changes_nothing_any_more() -> None:
    jobs.enqueue("task")
    sleeper = claimed()
    expire(sleeper)
    other = claimed()
    for run in (nothing, later, failing):
        jobs.run(sleeper, kinds(run, most_attempts=1))
    job = Job.objects.get()
    assert (job.state, job.lease_token) == ("running", other.lease_token)
    jobs.run(other, kinds(nothing))
    assert Job.objects.get().state == "done"


def test_a_lease_is_renewed_by_its_holder_only() -> None:
    jobs.enqueue("task")
    holder = claimed()
    assert jobs.renew(holder, seconds=300) is True
    left = Job.objects.get().lease_until
    assert left is not None
    assert left - timezone.now() > timedelta(seconds=250)
    expire(holder)
    assert jobs.renew(holder) is False
    claimed()
    assert jobs.renew(holder) is False


# --- Failing --------------------------------------------------------------------------------


def test_a_failed_job_waits_longer_after_each_try_up_to_a_cap() -> None:
    kind = JobKind("task", nothing, first_wait=10, longest_wait=60)
    for attempts, seconds in ((1, 10), (2, 20), (3, 40), (4, 60), (5, 60), (500, 60)):
        waits = [kind.wait_after(attempts) for _ in range(50)]
        assert 0.8 * seconds <= min(waits) <= max(waits) <= 1.2 * seconds


def test_a_failed_job_is_not_due_before_its_wait_is_over() -> None:
    jobs.enqueue("task")
    jobs.run(claimed(), kinds(later, first_wait=100))
    job = Job.objects.get()
    assert (job.state, job.trouble, job.attempts) == ("waiting", "The carrier is away.", 1)
    assert timedelta(seconds=79) < job.due_at - timezone.now() < timedelta(seconds=121)
    assert jobs.claim() is None


def test_a_handler_may_say_when_to_come_back_without_using_up_a_try() -> None:
    at = timezone.now() + timedelta(hours=1)

    def held_back(_job: Job) -> None:
        raise TryLater("Wait.", at=at, counts=False)

    jobs.enqueue("task")
    jobs.run(claimed(), kinds(held_back, most_attempts=1))
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("waiting", 0)
    assert abs(job.due_at - at) < timedelta(milliseconds=2)


def test_after_its_last_try_a_job_is_parked_and_what_waits_for_it_hears_of_it() -> None:
    """C10: bounded tries, then parked."""
    told: list[int] = []
    table = kinds(later, most_attempts=3, on_park=lambda job: told.append(job.pk))
    jobs.enqueue("task")
    for _ in range(3):
        make_due()
        jobs.run(claimed(), table)
    job = Job.objects.get()
    assert (job.state, job.attempts, job.key, told) == ("parked", 3, None, [job.pk])
    make_due()
    assert jobs.claim() is None


def test_an_unexpected_error_is_kept_by_its_class_alone() -> None:
    jobs.enqueue("task")
    jobs.run(claimed(), kinds(failing))
    assert Job.objects.get().trouble == "Unexpected KeyError; see the log."


def test_a_job_that_kills_its_worker_is_parked_without_being_run_again() -> None:
    """C10: no crash loop."""
    jobs.enqueue("task")
    for _ in range(3):
        expire(claimed())
    runs: list[Job] = []
    jobs.run(claimed(), kinds(runs.append, most_attempts=3))
    assert (runs, Job.objects.get().state) == ([], "parked")


def test_a_job_of_a_kind_that_nobody_knows_is_parked() -> None:
    Job.objects.create(kind="from_the_future", key="from_the_future:")
    jobs.run(claimed(), {})
    job = Job.objects.get()
    assert (job.state, "No worker knows" in job.trouble) == ("parked", True)


def test_a_poisonous_job_does_not_stop_the_others() -> None:
    """C10: one that always raises."""
    done: list[int] = []

    def poisonous(job: Job) -> None:
        if job.subject == 2:
            failing(job)
        done.append(job.subject)

    jobs.enqueue_many("task", [1, 2, 3])
    table = kinds(poisonous, most_attempts=2)
    for _ in range(3):
        make_due()
        while (job := jobs.claim()) is not None:
            jobs.run(job, table)
    assert (done, Job.objects.get(subject_id=2).state) == ([1, 3], "parked")


# --- Parked jobs ----------------------------------------------------------------------------


def test_a_parked_job_is_put_back_to_work_as_a_fresh_one() -> None:
    jobs.enqueue("task", subject_id=7)
    jobs.run(claimed(), kinds(later, most_attempts=1))
    parked = Job.objects.get(state="parked")
    assert jobs.retry_parked([parked.pk]) == 1
    job = claimed()
    assert (job.kind, job.subject_id, job.attempts) == ("task", 7, 1)
    assert jobs.retry_parked([parked.pk]) == 0


def test_only_parked_jobs_are_put_back_to_work() -> None:
    jobs.enqueue("task", due_in=600)
    assert jobs.retry_parked(Job.objects.values_list("pk", flat=True)) == 0
    assert jobs.claim() is None


# --- What recurs ----------------------------------------------------------------------------


def test_planning_asks_for_what_recurs_and_for_waiting_webhooks() -> None:
    worker.plan()
    assert set(Job.objects.values_list("kind", flat=True)) == ROUNDS
    WebhookEvent.objects.create(body=b"<x/>")
    worker.plan()
    assert set(Job.objects.values_list("kind", flat=True)) == {*ROUNDS, "apply_webhooks"}


def test_a_round_that_was_just_done_is_not_planned_again() -> None:
    assert worker.run_once() == len(ROUNDS)
    assert worker.run_once() == 0


def test_a_clock_that_was_set_back_does_not_stop_the_rounds() -> None:
    for name in ROUNDS:
        Heartbeat.objects.create(name=name, at=timezone.now() + timedelta(days=1))
    assert worker.run_once() == len(ROUNDS)


def test_planning_does_not_hurry_a_round_that_waits_after_a_failure() -> None:
    jobs.enqueue("sweep", due_in=300)
    Job.objects.update(attempts=1)
    for _ in range(5):
        worker.plan()
    job = Job.objects.get(kind="sweep")
    assert job.due_at - timezone.now() > timedelta(seconds=290)


def test_a_round_that_always_fails_does_not_run_in_a_circle() -> None:
    table = {**worker.KINDS, "sweep": JobKind("sweep", failing, most_attempts=2)}
    for _ in range(20):
        worker.plan()
        make_due()
        while (job := jobs.claim()) is not None:
            jobs.run(job, table)
    assert Job.objects.filter(kind="sweep").count() == 1
    Job.objects.filter(kind="sweep").update(finished_at=timezone.now() - timedelta(minutes=16))
    worker.plan()
    assert Job.objects.filter(kind="sweep", state="waiting").count() == 1


# --- Side by side ---------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_run_one_job_twice() -> None:
    runs = _runs_of_workers(jobs.claim)
    assert Counter(runs.values()) == {1: 60}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_claim_jobs_run_twice() -> None:
    """C06: the twin: the same race with the protection off must show the fault."""
    assert max(_runs_of_workers(_claim_without_protection).values()) > 1


def _runs_of_workers(claim: Callable[[], Job | None]) -> Counter[int]:
    """Let eight workers run sixty jobs; count how often each was run."""
    jobs.enqueue_many("task", range(1, 61))
    runs: Counter[int] = Counter()
    lock = threading.Lock()

    def task(job: Job) -> None:
        with lock:
            runs[job.subject] += 1

    def work(_index: int) -> None:
        while (job := claim()) is not None or Job.objects.exclude(state="done").exists():
            if job is not None:
                jobs.run(job, kinds(task))

    at_once(8, work)
    return runs


def _claim_without_protection() -> Job | None:
    """Claim as one does who reads first and then writes whatever happened meanwhile."""
    job = Job.objects.filter(state="waiting").order_by("due_at", "pk").first()
    if job is not None:
        time.sleep(0.002)
        job.state, job.lease_token, job.attempts = "running", str(threading.get_ident()), 1
        Job.objects.filter(pk=job.pk).update(
            state="running", lease_token=job.lease_token, lease_until=Now() + timedelta(minutes=1)
        )
    return job


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_asking_at_one_instant_is_one_job() -> None:
    at_once(8, lambda _index: jobs.enqueue("task", subject_id=1))
    assert Job.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_asking_for_the_same_jobs_in_any_order_never_deadlocks() -> None:
    subjects = list(range(200))

    def ask(index: int) -> None:
        for _ in range(5):
            jobs.enqueue_many("task", subjects if index % 2 else subjects[::-1])

    at_once(8, ask)
    assert Job.objects.count() == 200
