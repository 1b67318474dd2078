"""Application servers for a benchmark, on the loopback address and in processes of their own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: What the demonstration runs as well: processes, and threads in each.
WORKERS, THREADS = 2, 4
_START_SECONDS = 30.0


@contextmanager
def gunicorn(application: str) -> Iterator[int]:
    """Serve a WSGI application; give its port; end the server and its workers."""
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", application, f"--bind=127.0.0.1:{port}"]
        + [f"--workers={WORKERS}", f"--threads={THREADS}", "--worker-class=gthread"]
        + ["--log-level=warning", "--no-control-socket"],
        # Its own process group: Ctrl-C shall reach only us, and we end the server.
        start_new_session=True,
        env=os.environ,
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"The server ended by itself with {server.returncode}.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The server did not answer within {_START_SECONDS:.0f} seconds.")
