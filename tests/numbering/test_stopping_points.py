"""Processes that end or sleep where it hurts most: at the stopping points, and past their lease."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as portal_settings
from django.db.models.functions import Now

from carrier.client import Carrier
from carrier.records import ImportOrderRecord
from carrier.sandbox import Sandbox
from numbering.domain import jobs, sending, submission
from numbering.domain.jobs import TryLater
from numbering.models import Job, SubmitAttempt
from numbering.stopping_points import POINTS
from numbering.worker import KINDS, run_once
from tests.numbering import steps

_PROGRAM = """
import django
from django.conf import settings
django.setup()
from numbering.stopping_points import reached
for point in {points}:
    reached(point)
print("still here")
"""


def _run_through(points: tuple[str, ...], chances: str) -> subprocess.CompletedProcess[str]:
    """Run a process of its own through stopping points."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(points=points)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "STOPPING_POINTS": chances},
        cwd=portal_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_process_is_killed_at_a_point_with_a_chance_of_one() -> None:
    ended = _run_through(("after_claim", "after_send"), "after_send=1")
    assert (ended.returncode, ended.stdout) == (-9, "")


def test_a_process_passes_the_points_that_are_not_named() -> None:
    others = tuple(point for point in POINTS if point != "after_send")
    ended = _run_through(others, "after_send=1")
    assert (ended.returncode, ended.stdout) == (0, "still here\n")


def test_without_the_setting_no_point_ends_anything() -> None:
    ended = _run_through(POINTS, "")
    assert (ended.returncode, ended.stdout) == (0, "still here\n")


def _lose_lease(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_worker_that_slept_past_its_lease_leaves_the_job_to_be_done(at_carrier: Sandbox) -> None:
    order = steps.checked()
    submission.submit(order, actor=None)
    job = jobs.claim()
    assert job is not None
    _lose_lease(job)
    jobs.run(job, KINDS)
    assert steps.orders_at(at_carrier, order) == []
    run_once()
    assert len(steps.orders_at(at_carrier, order)) == 1


class _SleepyErrand(submission.ImportOrderErrand):
    """Takes so long to build the document that the lease ends meanwhile."""

    def prepare(self, attempt: SubmitAttempt) -> Callable[[Carrier], ImportOrderRecord]:
        """Build it as ever, only too late."""
        Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
        return super().prepare(attempt)


@pytest.mark.django_db
def test_a_lease_that_ends_just_before_the_call_sends_nothing_and_forgets_nothing(
    at_carrier: Sandbox,
) -> None:
    order = steps.checked()
    submission.submit(order, actor=None)
    job = jobs.claim()
    assert job is not None
    with pytest.raises(TryLater):
        sending.run_send(_SleepyErrand(), job)
    assert steps.orders_at(at_carrier, order) == []
    assert steps.attempt_of(order).state == "pending"
