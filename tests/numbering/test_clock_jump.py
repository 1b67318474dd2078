"""T03: a worker whose machine's clock is an hour back, or jumps back while it submits an order.

The clock is really another one (libfaketime) for a real worker process; the tests' process is the
worker beside it, with the true time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from carrier.sandbox import Sandbox
from numbering.domain import submission
from numbering.models import ImportOrder, Job
from numbering.worker import run_due
from tests.numbering import steps
from tests.numbering.worker_process import ONE_ROUND, worker

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_waits"),
]

_OWN_CLOCK = ("-m", "tests.numbering.own_clock_worker")
_HOUR_BACK = "-3600"


@pytest.fixture
def wrong_clock(tmp_path: Path) -> dict[str, str]:
    """Give the environment of a process whose clock is set by the file that it names."""
    faketime = shutil.which("faketime")
    if faketime is None:
        # The gate installs it, so that this is never skipped there.
        assert not os.environ.get("CI"), "faketime is missing"
        pytest.skip("needs the system's package faketime")
    library = subprocess.run(
        [faketime, "-m", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, check=True
    )
    file = tmp_path / "clock"
    file.write_text("+0")
    return {
        "LD_PRELOAD": library.stdout.decode().strip(),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        # Waits end when they shall: the clock on the wall jumps, not the one that counts seconds.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(wrong_clock: dict[str, str], ahead: str) -> None:
    """Set the clock for the processes with this environment."""
    Path(wrong_clock["FAKETIME_TIMESTAMP_FILE"]).write_text(ahead)


def submitted() -> ImportOrder:
    """Make a checked order that waits to be sent, and nothing else that waits."""
    order = steps.checked()
    submission.submit(order, actor=None)
    Job.objects.update(due_at=timezone.now() - timedelta(hours=2))
    return order


@pytest.mark.parametrize(
    ("arguments", "at_start", "in_call", "states"),
    [
        pytest.param(ONE_ROUND, _HOUR_BACK, _HOUR_BACK, {"sending"}, id="behind"),
        pytest.param(ONE_ROUND, "+0", _HOUR_BACK, {"sending"}, id="jumps"),
        pytest.param(_OWN_CLOCK, _HOUR_BACK, _HOUR_BACK, {"unknown", "accepted"}, id="twin"),
    ],
)
def test_a_worker_whose_clock_is_set_back_keeps_its_lease_while_it_submits_and_its_twin_loses_it(
    at_carrier: Sandbox,
    wrong_clock: dict[str, str],
    arguments: tuple[str, ...],
    at_start: str,
    in_call: str,
    states: set[str],
) -> None:
    order = submitted()
    at_carrier.fault("created_slow", method="POST", path_contains="importTnOrders", seconds=0.6)
    set_clock(wrong_clock, at_start)
    with worker(at_carrier, arguments, **wrong_clock) as behind:
        steps.wait_for(lambda: steps.creating_calls(at_carrier, order), seconds=20)
        set_clock(wrong_clock, in_call)
        # The other worker's round falls into the call; it takes what nobody has a lease on.
        steps.bring_forward()
        run_due()
        assert steps.attempt_of(order).state in states
        assert behind.wait(timeout=20) == 0
    steps.work(rounds=2)
    assert len(steps.orders_at(at_carrier, order)) == 1
    assert steps.creating_calls(at_carrier, order) == 1
    assert (steps.status_of(order), steps.attempt_of(order).state) == ("complete", "accepted")
    accepted = order.events.get(to_status="received")
    if states == {"sending"}:  # its own clock was wrong indeed
        assert timedelta(minutes=59) < timezone.now() - accepted.at < timedelta(minutes=61)
        assert not order.events.filter(to_status="unknown").exists()


def test_an_answer_that_is_lost_while_the_clock_jumps_back_is_looked_for_and_not_sent_again(
    at_carrier: Sandbox, wrong_clock: dict[str, str]
) -> None:
    order = submitted()
    at_carrier.fault("created_slow", path_contains="oauth2", seconds=0.3)
    at_carrier.fault("created_500", method="POST", path_contains="importTnOrders")
    asked = len(at_carrier.requests)
    with worker(at_carrier, **wrong_clock) as jumping:
        steps.wait_for(lambda: len(at_carrier.requests) > asked, seconds=20)
        set_clock(wrong_clock, _HOUR_BACK)
        assert jumping.wait(timeout=20) == 0
    steps.work(rounds=2)
    assert steps.creating_calls(at_carrier, order) == 1
    assert (steps.status_of(order), steps.attempt_of(order).state) == ("complete", "accepted")
