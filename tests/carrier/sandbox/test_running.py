"""State over restarts, the blocking server, and a load."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from carrier.sandbox import Sandbox, SandboxOptions
from tests.carrier.sandbox.callers import Caller
from tests.carrier.sandbox.receiver import subscription_body

ROOT = Path(__file__).resolve().parents[3]


def test_a_state_file_keeps_orders_files_and_subscriptions(tmp_path: Path) -> None:
    options = SandboxOptions(processing_seconds=0.3, state_path=tmp_path / "carrier.sqlite3")
    with Sandbox(options) as first:
        caller = Caller(first)
        with caller.session:
            order_id = caller.created("3032281000")
            folder = f"importTnOrders/{order_id}/loas"
            kind = {"Content-Type": "application/pdf"}
            file = caller.call("POST", folder, b"%PDF", headers=kind).headers["Location"]
            subscription = subscription_body("https://portal.example/")
            made = caller.call("POST", "subscriptions", subscription).headers["Location"]
    with Sandbox(options) as second:
        caller = Caller(second)
        with caller.session:
            assert caller.settled(order_id).findtext("ProcessingStatus") == "COMPLETE"
            file_id = file.rpartition("/")[2]
            assert caller.call("GET", f"{folder}/{file_id}").content == b"%PDF"
            path = f"subscriptions/{made.rpartition('/')[2]}"
            assert caller.call("GET", path).status_code == 200


def test_without_a_state_file_nothing_is_kept() -> None:
    for _ in range(2):
        with Sandbox(SandboxOptions()) as sandbox:
            assert sandbox.orders() == []
            caller = Caller(sandbox)
            with caller.session:
                caller.created("3032281000")


def test_stopping_does_not_wait_for_idle_or_hanging_callers() -> None:
    with ThreadPoolExecutor(1) as pool:
        with Sandbox(SandboxOptions()) as sandbox:
            idle, hanging = Caller(sandbox), Caller(sandbox)
            idle.call("GET", "sites")
            sandbox.fault("created_late", seconds=60)
            waiting = pool.submit(hanging.call, "GET", "sites")
            while len(sandbox.requests) < 2:
                time.sleep(0.01)
            start = time.monotonic()
        assert time.monotonic() - start < 1.5
        assert isinstance(waiting.exception(timeout=5), requests.ConnectionError)
        idle.session.close()
        hanging.session.close()


def test_serve_says_where_it_is_and_ends_on_a_signal() -> None:
    code = "from carrier.sandbox import SandboxOptions, serve; serve(SandboxOptions())"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(timeout=5) == 0
    assert first.startswith("Sandbox carrier at http://127.0.0.1:")
    assert rest.count("/api/v2/") == 1


def test_a_load_of_parallel_callers_loses_and_doubles_nothing(sandbox: Sandbox) -> None:
    def work(worker: int) -> list[str]:
        caller = Caller(sandbox)
        with caller.session:
            return [caller.created(f"303{2000000 + worker * 100 + n}") for n in range(50)]

    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        made = [order_id for ids in pool.map(work, range(8)) for order_id in ids]
    assert sorted(made) == sorted(order.order_id for order in sandbox.orders())
    assert len(set(made)) == 400
    # Some hundred requests a second are asked for; this is far below what a laptop does.
    assert time.monotonic() - start < 4
