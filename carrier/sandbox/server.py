"""The HTTP side: reads whole requests, keeps connections alive, sends answers well or badly."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import ipaddress
import logging
import socket
import socketserver
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from http import HTTPStatus

from carrier.sandbox.exchange import Answer, Request, Sending

Answering = Callable[[Request, str, Callable[[float], bool]], Answer]
"""Answers a request, given its raw query and a way to wait that ends when the sandbox stops."""

_LARGEST_BODY = 16 * 1024 * 1024
_LONGEST_HANG = 300.0

logger = logging.getLogger(__name__)


class SandboxServer(http.server.ThreadingHTTPServer):
    """One thread per connection; all of them end when the server is closed."""

    daemon_threads = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], answering: Answering) -> None:
        self.answering = answering
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Bind without looking up our own name, which can take seconds where there is no DNS."""
        socketserver.TCPServer.server_bind(self)

    def process_request(  # type: ignore[override]
        self, request: socket.socket, client_address: tuple[str, int]
    ) -> None:
        """Remember the connection, to be able to end it."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Forget the connection as it closes."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away is no news; anything else is logged."""
        if not isinstance(sys.exception(), OSError):
            logger.exception("a request to the sandbox failed")

    def stop(self) -> None:
        """Stop serving and end every connection, idle or waiting."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Answers leave in one piece; waiting to fill a packet would cost 40 ms each.
    disable_nagle_algorithm = True
    server: SandboxServer

    def handle_any(self) -> None:
        """Read one request, whatever its method, and answer it."""
        body = self._read_body()
        if body is None:
            self.close_connection = True
            self._send(Answer(413))
            return
        path, _, query = self.path.partition("?")
        local_host, local_port = self.connection.getsockname()[:2]
        request = Request(
            method=self.command,
            path=path,
            query=urllib.parse.parse_qs(query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            origin=f"http://{self.headers.get('Host') or f'{local_host}:{local_port}'}",
            from_loopback=ipaddress.ip_address(self.client_address[0]).is_loopback,
        )
        try:
            answer = self.server.answering(request, query, self.server.stopping.wait)
        except Exception:
            logger.exception("%s %s could not be answered", request.method, request.path)
            answer = Answer(500)
        self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 - named by the base

    def _read_body(self) -> bytes | None:
        """The whole body, or a broken connection cannot be used again; None when it is too big."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            return None
        return self.rfile.read(int(length)) if int(length) <= _LARGEST_BODY else None

    def _send(self, answer: Answer) -> None:
        if answer.pause and answer.sending is Sending.WHOLE:
            self.server.stopping.wait(answer.pause)
        if answer.sending is Sending.NEVER:
            self._wait_for_caller_to_go()
        if answer.sending is not Sending.WHOLE:
            self.close_connection = True
        head = self._head(answer)
        match answer.sending:
            case Sending.WHOLE:
                self.connection.sendall(head + answer.body)
            case Sending.CUT | Sending.CUT_NO_LENGTH:
                self.connection.sendall(head + answer.body[: len(answer.body) // 2])
            case Sending.DRIP:
                self.connection.sendall(head)
                self._drip(answer.body, answer.pause)
            case Sending.DRIP_HEADERS:
                self._drip(head + answer.body, answer.pause)

    def _head(self, answer: Answer) -> bytes:
        reason = http.client.responses.get(answer.status, "Unknown")
        lines = [f"HTTP/1.1 {answer.status} {reason}", f"Date: {self.date_time_string()}"]
        lines.extend(f"{name}: {value}" for name, value in answer.headers.items())
        if answer.sending is not Sending.CUT_NO_LENGTH and answer.status != HTTPStatus.NO_CONTENT:
            # A cut answer promises more than there is, so that cutting an empty one shows too.
            promised = 100 if answer.sending is Sending.CUT else 0
            lines.append(f"Content-Length: {len(answer.body) + promised}")
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")

    def _drip(self, content: bytes, pause: float) -> None:
        for index in range(len(content)):
            self.connection.sendall(content[index : index + 1])
            if self.server.stopping.wait(pause):
                return

    def _wait_for_caller_to_go(self) -> None:
        """Say nothing until the caller hangs up."""
        end = time.monotonic() + _LONGEST_HANG
        self.connection.settimeout(0.2)
        while time.monotonic() < end and not self.server.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1):
                    return

    def log_message(self, format: str, *args: object) -> None:
        """The request log is kept elsewhere."""
