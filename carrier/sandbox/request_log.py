"""The requests that were made to the sandbox, the last 5,000 of them."""

from __future__ import annotations

import re
import threading
from collections import deque

from carrier.sandbox.exchange import Request, RequestSeen

_KEPT = 5000
_KEPT_OF_BODY = 16 * 1024
_PASSWORD = re.compile(rb'("password"\s*:\s*)"(?:[^"\\]|\\.)*"')


class RequestLog:
    """Requests in the order of their arrival, for a tester to count and read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[RequestSeen] = deque(maxlen=_KEPT)

    def note(self, request: Request, query: str) -> RequestSeen:
        """Keep a request as it arrives; its status is filled in by whoever answers it."""
        headers = dict(request.headers)
        if "authorization" in headers:
            headers["authorization"] = headers["authorization"].partition(" ")[0]
        body = _PASSWORD.sub(rb'\1"[hidden]"', request.body[:_KEPT_OF_BODY])
        seen = RequestSeen(request.method, request.path, query, headers, body)
        with self._lock:
            self._seen.append(seen)
        return seen

    def all(self) -> list[RequestSeen]:
        """What was seen, oldest first."""
        with self._lock:
            return list(self._seen)
