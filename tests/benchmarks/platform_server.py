"""The older platform as a benchmark needs it: one process, kept connections, a set latency.

Raw sockets and one thread, because a server on the same machine takes its time from the client.
Usage: `python -m tests.benchmarks.platform_server [--port PORT] [--latency-ms MS]`; prints its port
and serves until it is ended. A POST imports its number, whatever its path: 201 with a Location, or
409 when the number is there already. A GET finds an imported number, or answers 404.
`GET /imported` answers at once with how many numbers there are and how often the most repeated one
was posted.
"""

import argparse
import heapq
import json
import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import unquote

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:\s*([0-9]+)", re.IGNORECASE)
_NUMBER = re.compile(rb'"number"\s*:\s*"(\+1[0-9]{10})"')
COUNT_PATH = "/imported"


@dataclass
class _Server:
    """What was posted, and the answers whose time has not come."""

    latency_seconds: float
    selector: selectors.BaseSelector
    posted: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[float, int, socket.socket, bytes]] = field(default_factory=list)
    received: dict[socket.socket, bytes] = field(default_factory=dict)
    _answers: int = 0

    def run(self, listener: socket.socket) -> None:
        """Serve for ever."""
        self.selector.register(listener, selectors.EVENT_READ)
        while True:
            left = self.waiting[0][0] - time.perf_counter() if self.waiting else None
            for key, _ in self.selector.select(left if left is None else max(0.0, left)):
                if key.fileobj is listener:
                    self._accept(listener)
                else:
                    self._receive(key.fileobj)  # type: ignore[arg-type]
            now = time.perf_counter()
            while self.waiting and self.waiting[0][0] <= now:
                _, _, connection, answer = heapq.heappop(self.waiting)
                try:
                    connection.sendall(answer)
                except OSError:  # gone meanwhile
                    self._forget(connection)

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received[connection] = b""
        self.selector.register(connection, selectors.EVENT_READ)

    def _forget(self, connection: socket.socket) -> None:
        if self.received.pop(connection, None) is not None:
            self.selector.unregister(connection)
            connection.close()

    def _receive(self, connection: socket.socket) -> None:
        try:
            part = connection.recv(65536)
        except OSError:
            part = b""
        if not part:
            self._forget(connection)
            return
        request = self.received[connection] + part
        head, end, body = request.partition(b"\r\n\r\n")
        length = _CONTENT_LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            self.received[connection] = request
            return
        self.received[connection] = b""
        method, path, _ = head.split(b" ", 2)
        target = unquote(path.decode("ascii", "replace"))
        is_count = target == COUNT_PATH
        answer = self._count() if is_count else self._answer(method, target, body)
        self._answers += 1  # keeps the order of answers that are due at the same moment
        due = time.perf_counter() + (0 if is_count else self.latency_seconds)
        heapq.heappush(self.waiting, (due, self._answers, connection, answer))

    def _answer(self, method: bytes, path: str, body: bytes) -> bytes:
        if method == b"POST":
            if not (found := _NUMBER.search(body)):
                return _refusal("400 Bad Request", "bad-request", "validation-error")
            number = found[1].decode()
            self.posted[number] = self.posted.get(number, 0) + 1
            if self.posted[number] > 1:
                return _refusal("409 Conflict", "conflict", "duplicate-number")
            # As the carrier does: no body, the id only here.
            location = f"Location: http://localhost{path}/n-{number[1:]}\r\n"
            return f"HTTP/1.1 201 Created\r\n{location}Content-Length: 0\r\n\r\n".encode()
        number = path.rpartition("/")[2]
        if number not in self.posted:
            return _refusal("404 Not Found", "not-found", "number-not-found")
        return _json("200 OK", {"id": f"n-{number[1:]}", "number": number})

    def _count(self) -> bytes:
        most = max(self.posted.values(), default=0)
        return _json("200 OK", {"numbers": len(self.posted), "most_posts": most})


def _refusal(status: str, category: str, code: str) -> bytes:
    return _json(status, {"category": category, "code": code, "message": "No.", "details": []})


def _json(status: str, content: dict[str, object]) -> bytes:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def main() -> None:
    """Read the command line, say the port, serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    wanted = parser.parse_args()
    with socket.create_server(("127.0.0.1", wanted.port), backlog=256) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        _Server(wanted.latency_ms / 1000, selectors.DefaultSelector()).run(listener)


if __name__ == "__main__":
    main()
