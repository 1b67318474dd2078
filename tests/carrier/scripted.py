"""A server of raw sockets that does to each connection exactly what a test says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

Script = Callable[[socket.socket], None]


class ScriptedServer:
    """The nth connection gets the nth script, later ones the last. Counts what it was sent."""

    def __init__(self, *scripts: Script) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._scripts: Sequence[Script] = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Closing alone does not wake a thread that waits in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            with suppress(OSError):  # most are closed by now
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._sockets.append(sock)
            self._start(lambda sock=sock, script=script: self._serve(sock, script))  # type: ignore[misc]

    def _serve(self, sock: socket.socket, script: Script) -> None:
        with sock:
            try:
                while request := read_request(sock):
                    self.requests.append(request)
                    script(sock)
            except (OSError, StopServing):
                return


class StopServing(Exception):
    """Raised by a script to close its connection."""


def read_request(sock: socket.socket) -> bytes:
    """One whole request, b"" when the other side has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> Script:
    """Answer and keep the connection open; `length` is what Content-Length claims."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    raw = "\r\n".join([*lines, *headers, "", ""]).encode() + body

    def script(sock: socket.socket) -> None:
        sock.sendall(raw)
        if length is not None:
            raise StopServing

    return script


def unframed(status: str, body: bytes, *headers: str) -> Script:
    """Answer without saying where the body ends, then close."""
    raw = "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body

    def script(sock: socket.socket) -> None:
        sock.sendall(raw)
        raise StopServing

    return script


def hanging_up(sock: socket.socket) -> None:
    """Read the request, close without a word."""
    raise StopServing


def dripping(raw: bytes, *, every: float = 0.1) -> Script:
    """Send one byte at a time."""

    def script(sock: socket.socket) -> None:
        for number in range(len(raw)):
            sock.sendall(raw[number : number + 1])
            time.sleep(every)

    return script
