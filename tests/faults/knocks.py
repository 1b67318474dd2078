"""Webhooks sent at a set pace, and what became of each."""

import base64
import http.client
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

_THREADS = 16
_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Knock:
    """One webhook's end: which body it was, the status (0: no answer), and milliseconds.

    The time runs from when it was due, so that a server that falls behind cannot hide it.
    """

    index: int
    status: int
    milliseconds: float


def knock(
    port: int, path: str, bodies: Sequence[bytes], *, rate: float, username: str, password: str
) -> list[Knock]:
    """Send each body once, `rate` a second, whatever the answers."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/xml; charset=utf-8"}
    waiting: queue.SimpleQueue[tuple[int, float] | None] = queue.SimpleQueue()
    ended: list[Knock] = []

    def work() -> None:
        while (item := waiting.get()) is not None:
            index, due = item
            status = _post(port, path, bodies[index], headers)
            ended.append(Knock(index, status, (time.perf_counter() - due) * 1000))

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


def _post(port: int, path: str, body: bytes, headers: dict[str, str]) -> int:
    # A connection for each: a kept one may be closed by the server in the very moment of its use.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


def p99(knocks: Sequence[Knock]) -> float:
    """The milliseconds within which 99 of 100 ended."""
    times = sorted(knock.milliseconds for knock in knocks)
    return times[int(len(times) * 0.99)]
