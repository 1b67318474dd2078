"""The commands that operators run."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.core.management import CommandError, call_command

from carrier.sandbox import Sandbox
from numbering.domain import submission
from numbering.models import Job, WebhookEvent
from tests.numbering import steps
from tests.numbering.server import process_environment


def output_of(*words: str, **options: Any) -> str:
    """Run a command and give what it printed."""
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


# --- worker ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_worker_does_what_is_due_once_and_ends(at_carrier: Sandbox) -> None:
    order = steps.checked()
    submission.submit(order, actor=None)
    WebhookEvent.objects.create(body=b"<x/>")
    printed = output_of("worker", "--once")
    assert printed.endswith(" jobs run.\n")
    assert int(printed.split()[0]) >= 4
    assert (steps.attempt_of(order).state, WebhookEvent.objects.get().state) == (
        "accepted",
        "unreadable",
    )
    assert output_of("worker", "--once").split()[1:] == ["jobs", "run."]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_running_worker_takes_up_work_and_ends_on_sigterm(at_carrier: Sandbox) -> None:
    order = steps.checked()
    worker = _started("worker", environment=process_environment())
    try:
        assert worker.stdout is not None
        assert "running" in worker.stdout.readline()
        submission.submit(order, actor=None)
        # Its carrier is nobody: tests.settings names one that does not listen.
        steps.wait_for(lambda: Job.objects.filter(kind="submit_order", attempts=1).exists())
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) == 0
        assert "stopped" in worker.stdout.read()
    finally:
        worker.kill()
        worker.wait()
        assert worker.stdout is not None
        worker.stdout.close()
    assert not Job.objects.filter(state="running").exists()


# --- subscriptions --------------------------------------------------------------------------


@pytest.mark.usefixtures("no_subscriptions")
def test_the_subscriptions_are_shown_found_wrong_and_repaired(at_carrier: Sandbox) -> None:
    output_of("subscriptions", "--repair")
    assert output_of("subscriptions").endswith("All is well.\n")
    for line in output_of("subscriptions").splitlines()[:-1]:
        assert "s left  last: READY" in line


@pytest.mark.usefixtures("no_subscriptions")
def test_a_missing_subscription_ends_the_command_with_an_error(
    at_carrier: Sandbox, settings: Any
) -> None:
    output_of("subscriptions", "--repair")
    settings.SITE_URL = "http://127.0.0.1:2"
    with pytest.raises(CommandError, match="5 things to put right"):
        output_of("subscriptions")
    assert "Created a subscription" in output_of("subscriptions", "--repair")
    assert output_of("subscriptions").endswith("All is well.\n")


@pytest.mark.django_db
def test_a_carrier_that_is_away_ends_the_command_in_words(carrier_away: None) -> None:
    with pytest.raises(CommandError, match=r"^[A-Z].*\.$"):
        output_of("subscriptions")


# --- sandbox --------------------------------------------------------------------------------


def _started(*words: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-u", "manage.py", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=portal_settings.BASE_DIR,
    )


@pytest.fixture
def sandbox_process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`manage.py sandbox` on a free port."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    process = _started("sandbox", "--port", "0", environment=environment)
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_runs_as_a_process_and_ends_when_told(
    sandbox_process: subprocess.Popen[str], ending: signal.Signals
) -> None:
    assert sandbox_process.stdout is not None
    first = sandbox_process.stdout.readline()
    address = first.split(" at ")[1].split()[0]
    with urllib.request.urlopen(address + "_sandbox/orders", timeout=5) as answer:
        assert (answer.status, answer.read()) == (200, b"[]")
    sandbox_process.send_signal(ending)
    started = time.monotonic()
    assert sandbox_process.wait(timeout=10) == 0
    assert time.monotonic() - started < 5
