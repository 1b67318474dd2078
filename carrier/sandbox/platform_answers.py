"""How the older platform (V1) says no, and how often it lets itself be asked."""

from __future__ import annotations

import json
import threading
import time

from carrier.sandbox.exchange import JSON, Answer, Request
from carrier.sandbox.faults import Fault

_CATEGORIES = {
    400: "bad-request",
    401: "authorization",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    429: "too-many-requests",
}


def refusal(request: Request, status: int, code: str, message: str = "", **details: str) -> Answer:
    """A refusal in the platform's one shape; without a message the member is left out."""
    said: dict[str, object] = {"category": _CATEGORIES.get(status, "backend"), "code": code}
    if message:
        said["message"] = message
    details |= {
        "requestMethod": request.method,
        "remoteAddress": "127.0.0.1",
        "requestPath": request.path.removeprefix("/v1/"),
    }
    said["details"] = [{"name": name, "value": value} for name, value in details.items()]
    return json_answer(status, said)


def json_answer(status: int, content: object, **headers: str) -> Answer:
    """Anything as JSON."""
    return Answer(status, json.dumps(content).encode(), {"Content-Type": JSON, **headers})


def throttled(request: Request, reset: str) -> Answer:
    """429 with the instant in milliseconds, in a body without a message."""
    answer = refusal(request, 429, "rate-limit-reached", rateLimitResetTime=reset)
    answer.headers["X-RateLimit-Reset"] = reset
    return answer


def instead(fault: Fault | None, request: Request) -> Answer | None:
    """What a fault that does nothing answers here; None when it answers as everywhere."""
    if fault is None:
        return None
    if fault.name == "refused":
        code = fault.text("code", "validation-error")
        return refusal(request, int(fault.number("status", 400)), code, "Refused by a fault")
    if fault.name == "error_in_200":
        return json_answer(200, {"category": "backend", "code": fault.text("code", "error")})
    if fault.name == "throttled" and not isinstance(fault.params.get("reset", 20), str):
        at = time.time() + fault.number("reset", 20)
        return throttled(request, str(_milliseconds(at)))
    return None


class RateLimit:
    """So many requests a second for each resource. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, int]] = {}

    def reset_of(self, resource: str, per_second: float) -> str | None:
        """Count one request; the end of the second in milliseconds when it is one too many."""
        second = int(time.time())
        with self._lock:
            counted, count = self._windows.get(resource, (second, 0))
            count = count + 1 if counted == second else 1
            self._windows[resource] = (second, count)
        return str(_milliseconds(second + 1)) if 0 < per_second < count else None


def _milliseconds(at: float) -> int:
    return int(at * 1000)
