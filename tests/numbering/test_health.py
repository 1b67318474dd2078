"""Is the background work alive? What the load balancer hears, and what it never does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from numbering.domain import jobs
from numbering.domain.health import background_health
from numbering.models import Heartbeat, Job
from numbering.worker import run_once

pytestmark = pytest.mark.django_db
WAITED = "work has waited for more than 10 minutes: is the worker running?"


@pytest.fixture(autouse=True)
def _swept() -> None:
    Heartbeat.objects.create(name="sweep", at=timezone.now())


def job(state: str, *, minutes: int) -> Job:
    """Make a job that was due, or whose lease ended, so many minutes ago."""
    made = Job.objects.create(kind="read_order", subject_id=1, state=state, key="a")
    ago = Now() - timedelta(minutes=minutes)
    Job.objects.filter(pk=made.pk).update(due_at=ago, lease_until=ago)
    return made


@pytest.mark.parametrize(
    ("state", "minutes", "is_healthy"),
    [
        ("waiting", 11, False),
        ("waiting", 9, True),
        ("waiting", -60, True),
        ("running", 11, False),
        ("running", 9, True),
        ("running", -1, True),
        ("parked", 60, True),
        ("done", 60, True),
    ],
)
def test_work_that_waits_too_long_is_unhealthy(state: str, minutes: int, is_healthy: bool) -> None:
    job(state, minutes=minutes)
    assert background_health() == {
        "background_work": (True, "ok") if is_healthy else (False, WAITED),
        "sweep": (True, "ok"),
    }


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (59, (True, "ok")),
        (61, (False, "last ran more than an hour ago: is the worker running?")),
        (-30, (True, "ok")),
    ],
)
def test_a_sweep_that_does_not_come_round_is_unhealthy(
    minutes: int, said: tuple[bool, str]
) -> None:
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=minutes))
    assert background_health()["sweep"] == said


def test_a_worker_that_never_ran_is_unhealthy_until_its_first_round() -> None:
    Heartbeat.objects.all().delete()
    assert background_health()["sweep"] == (False, "never ran: is the worker running?")
    run_once()
    assert background_health() == {"background_work": (True, "ok"), "sweep": (True, "ok")}


def test_a_job_that_fails_again_and_again_does_not_make_the_portal_unhealthy() -> None:
    jobs.enqueue("no_such_kind")
    run_once()
    Job.objects.update(due_at=F("due_at") - timedelta(hours=1))
    assert background_health()["background_work"] == (True, "ok")


@pytest.mark.parametrize(("minutes", "status"), [(1, 200), (30, 503)])
def test_the_load_balancer_hears_it_by_the_status(minutes: int, status: int) -> None:
    job("waiting", minutes=minutes)
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()["parts"]["background_work"]["status"]) == (
        status,
        "ok" if status == 200 else "unhealthy",
    )
