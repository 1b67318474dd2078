"""The portal as operators run it: a server process of its own on the tests' database."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.numbering.notices import ADDRESS, TRUE_CREDENTIALS, basic


def database_url() -> str:
    """Give the address of the tests' own PostgreSQL database, for another process."""
    values = connection.settings_dict
    # A host may be the directory of a socket.
    user, password, host = (quote(values[name], safe="") for name in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{values['PORT']}/{values['NAME']}"


def process_environment() -> dict[str, str]:
    """Give the environment of a process that works on the tests' database and carrier."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "PYTHONPATH": str(settings.BASE_DIR),
    }


@dataclass(frozen=True)
class Server:
    """A running server on this machine."""

    port: int

    def knock(self, body: bytes, *, authorization: str | None = None) -> int:
        """Deliver one webhook; return the status."""
        caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/xml", "Host": "localhost"}
        headers["Authorization"] = (
            basic(*TRUE_CREDENTIALS) if authorization is None else authorization
        )
        try:
            caller.request("POST", ADDRESS, body=body, headers=headers)
            return caller.getresponse().status
        finally:
            caller.close()

    def say(self, request: bytes) -> bytes:
        """Send bytes as they are, end our side of the connection, and return what comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
            answer = b""
            while part := line.recv(65536):
                answer += part
            return answer


@contextmanager
def running_server(*, threads: int = 8) -> Iterator[Server]:
    """Run gunicorn with one worker process."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--threads", str(threads), "--log-level", "error"]
    process = subprocess.Popen(command, env=process_environment(), cwd=settings.BASE_DIR)
    try:
        _wait_until_it_listens(port, process)
        yield Server(port)
    finally:
        process.terminate()
        process.wait(timeout=15)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")
