"""Webhooks sent at a set pace, and what became of each."""

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from carrier.sandbox.delivery import Webhook, deliver

_THREADS = 16
_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Knock:
    """One webhook's end: which body it was, the status (0: no answer), and milliseconds.

    The time runs from when it was due, so that a server that falls behind cannot hide it.
    `is_challenged` tells whether a first request without credentials got its 401.
    """

    index: int
    status: int
    is_challenged: bool
    milliseconds: float

    @property
    def is_taken(self) -> bool:
        """Whether it was answered with 2xx."""
        return 200 <= self.status < 300


def knock(
    port: int, path: str, bodies: Sequence[bytes], *, rate: float, username: str, password: str
) -> list[Knock]:
    """Send each body once, `rate` a second, whatever the answers.

    As the carrier does: bare first, and only after a challenge with the credentials and the body.
    Without a user name the body goes along at once.
    """
    url = f"http://127.0.0.1:{port}{path}"
    waiting: queue.SimpleQueue[tuple[int, float] | None] = queue.SimpleQueue()
    ended: list[Knock] = []

    def work() -> None:
        while (item := waiting.get()) is not None:
            index, due = item
            webhook = Webhook(
                url,
                bodies[index],
                username,
                password,
                content_type="application/xml; charset=utf-8",
            )
            statuses = deliver(webhook, timeout=_ANSWER_SECONDS).statuses
            taken = (time.perf_counter() - due) * 1000
            ended.append(Knock(index, final_status(statuses), statuses[:1] == (401,), taken))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    for index in range(len(bodies)):
        due = started + index / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        waiting.put((index, due))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return ended


def final_status(statuses: Sequence[int]) -> int:
    """The status that a webhook ended with, 0 when what came after the challenge got none."""
    if len(statuses) == 1 and statuses[0] == 401:
        return 0
    return statuses[-1] if statuses else 0


def p99(knocks: Sequence[Knock]) -> float:
    """The milliseconds within which 99 of 100 ended."""
    times = sorted(knock.milliseconds for knock in knocks)
    return times[int(len(times) * 0.99)]
