"""A client that knocks on a webhook door as often as it is answered, from a process of its own.

Raw sockets and one thread, because a client on the same machine takes its time from the server.
Usage: `python -m tests.benchmarks.load PORT PATH CONNECTIONS SECONDS`; prints JSON. The credentials
are the portal's own, from the environment.
"""

import base64
import json
import os
import re
import selectors
import socket
import sys
import time
import uuid
from dataclasses import asdict, dataclass

from tests.benchmarks.notices import notice

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:\s*([0-9]+)", re.IGNORECASE)
_ANSWER_SECONDS = 10.0


@dataclass
class Load:
    """How many knocks were answered with 2xx and otherwise, and how long that took."""

    stored: int
    other: int
    seconds: float


@dataclass
class _Caller:
    """A kept connection, the request it repeats, and what has arrived of the answer."""

    connection: socket.socket
    request: bytes
    answer: bytes = b""


def knock(port: int, path: str, connections: int, seconds: float) -> Load:
    """Post notices over so many kept connections for so long; every answer is waited for.

    Raises OSError or RuntimeError when the server hangs up or stays silent.
    """
    load = Load(0, 0, 0.0)
    with selectors.DefaultSelector() as selector:
        callers = [_call(port, _request(path)) for _ in range(connections)]
        for caller in callers:
            selector.register(caller.connection, selectors.EVENT_READ, caller)
        started = time.perf_counter()
        for caller in callers:
            caller.connection.sendall(caller.request)
        waiting = connections
        while waiting:
            ready = selector.select(_ANSWER_SECONDS)
            if not ready:
                raise RuntimeError(f"No answer within {_ANSWER_SECONDS:.0f} seconds.")
            for key, _ in ready:
                caller = key.data
                status = _receive(caller)
                if status is None:
                    continue
                load.stored += 200 <= status < 300
                load.other += not 200 <= status < 300
                if time.perf_counter() - started < seconds:
                    caller.connection.sendall(caller.request)
                else:
                    waiting -= 1
        load.seconds = time.perf_counter() - started
        for caller in callers:
            caller.connection.close()
    return load


def _call(port: int, request: bytes) -> _Caller:
    connection = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Caller(connection, request)


def _receive(caller: _Caller) -> int | None:
    """Return the status once the whole answer is there."""
    part = caller.connection.recv(65536)
    if not part:
        raise RuntimeError("The server hung up.")
    caller.answer += part
    head, end, body = caller.answer.partition(b"\r\n\r\n")
    length = _CONTENT_LENGTH.search(head)
    if not end or length is None or len(body) < int(length[1]):
        return None
    caller.answer = b""
    return int(head.split(b" ", 2)[1])


def _request(path: str) -> bytes:
    body = notice(order_id=str(uuid.uuid4()), customer_order_id=f"HM-{uuid.uuid4().hex[:16]}")
    head = "\r\n".join(
        [
            f"POST {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Basic {_credentials()}",
            "Content-Type: application/xml; charset=utf-8",
            f"Content-Length: {len(body)}",
            "User-Agent: carrier",
            "Accept: */*",
        ]
    )
    return head.encode() + b"\r\n\r\n" + body


def _credentials() -> str:
    """The user name with the password in use, which stands before the one it replaces."""
    password = os.environ["WEBHOOK_PASSWORDS"].partition(",")[0]
    return base64.b64encode(f"{os.environ['WEBHOOK_USERNAME']}:{password}".encode()).decode()


if __name__ == "__main__":
    _port, _path, _connections, _seconds = sys.argv[1:]
    _load = knock(int(_port), _path, int(_connections), float(_seconds))
    sys.stdout.write(json.dumps(asdict(_load)))
