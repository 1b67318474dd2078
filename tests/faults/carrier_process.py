"""The sandbox carrier as a process that writes down every request it gets.

Usage: `python -m tests.faults.carrier_process PORT STATE JOURNAL DELIVERIES SECONDS SEED`. The
sandbox itself remembers 5,000 requests only; the journal, one JSON object on a line, has them all.
The deliveries are the webhooks that it sent, and how each was answered.
"""

import hashlib
import json
import random
import re
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from carrier.sandbox import Sandbox, SandboxOptions
from carrier.sandbox.delivery import Delivered, Webhook
from carrier.sandbox.exchange import RequestSeen

_REFERENCE = re.compile(rb"<CustomerOrderId>([^<]*)</CustomerOrderId>")
_ORDER = re.compile(rb"<OrderId>([^<]*)</OrderId>")
_LOOK_SECONDS = 0.1
# A request without a status by then is not going to get one: its connection was dropped.
_SETTLED = timedelta(seconds=15)


class _TellingSandbox(Sandbox):
    """Writes down the end of every webhook as well, a line for each."""

    def __init__(self, options: SandboxOptions, deliveries: TextIO) -> None:
        super().__init__(options)
        self._deliveries, self._one_at_a_time = deliveries, threading.Lock()

    def _note_delivery(self, webhook: Webhook, delivered: Delivered) -> None:
        order = _ORDER.search(webhook.body)
        line = json.dumps(
            {
                "digest": hashlib.sha256(webhook.body).hexdigest(),
                "order": order[1].decode() if order else "",
                "statuses": delivered.statuses,
            }
        )
        with self._one_at_a_time:
            self._deliveries.write(line + "\n")
            self._deliveries.flush()
        super()._note_delivery(webhook, delivered)


def main(
    port: int, state: Path, journal: Path, deliveries: Path, seconds: float, seed: int
) -> None:
    """Serve until SIGTERM."""
    random.seed(seed)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    options = SandboxOptions(
        port=port, state_path=state, processing_seconds=seconds, webhook_timeout=5
    )
    with (
        journal.open("a") as lines,
        deliveries.open("a") as delivered,
        _TellingSandbox(options, delivered) as sandbox,
    ):
        waiting: list[RequestSeen] = []
        last: RequestSeen | None = None
        while not ended.wait(_LOOK_SECONDS):
            seen = sandbox.requests
            waiting += _after(seen, last)
            last = seen[-1] if seen else None
            waiting = _write_settled(waiting, lines)
            lines.flush()
        for request in waiting + _after(sandbox.requests, last):
            lines.write(_line(request) + "\n")


def _after(seen: list[RequestSeen], last: RequestSeen | None) -> list[RequestSeen]:
    fresh: list[RequestSeen] = []
    for request in reversed(seen):
        if request is last:
            break
        fresh.append(request)
    return fresh[::-1]


def _write_settled(waiting: list[RequestSeen], lines: TextIO) -> list[RequestSeen]:
    """Write the requests whose end is known; return the others."""
    recent = datetime.now(UTC) - _SETTLED
    still: list[RequestSeen] = []
    for request in waiting:
        if request.status is None and request.at > recent:
            still.append(request)
        else:
            lines.write(_line(request) + "\n")
    return still


def _line(request: RequestSeen) -> str:
    reference = _REFERENCE.search(request.body)
    return json.dumps(
        {
            "at": request.at.timestamp(),
            "method": request.method,
            "path": request.path,
            "status": request.status,
            "reference": reference[1].decode() if reference else "",
        }
    )


if __name__ == "__main__":
    _port, _state, _journal, _deliveries, _seconds, _seed = sys.argv[1:]
    main(
        int(_port),
        Path(_state),
        Path(_journal),
        Path(_deliveries),
        float(_seconds),
        int(_seed),
    )
