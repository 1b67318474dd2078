"""A server that speaks S3, on this machine: rclone with a folder behind it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUCKET = "letters"
ACCESS_KEY = "bucket-access-key"
SECRET_KEY = "bucket-secret-key"


@dataclass
class BucketServer:
    """A running server; `folder` is where the objects of the bucket lie."""

    url: str
    folder: Path

    def options(self, **changes: Any) -> dict[str, Any]:
        """Give the options of a storage in this bucket."""
        return {
            "bucket_name": BUCKET,
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            **changes,
        }

    def files(self) -> list[Path]:
        """Give every object that is kept."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


def free_port() -> int:
    """Give a port where nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def bucket_server(root: Path) -> Iterator[BucketServer]:
    """Serve a folder as a bucket for as long as the block lasts."""
    (root / BUCKET).mkdir()
    port = free_port()
    server = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "rclone"),
            *("serve", "s3", str(root), "--addr", f"127.0.0.1:{port}"),
            *("--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", "", "--quiet"),
            *("--vfs-cache-mode", "off"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield BucketServer(f"http://127.0.0.1:{port}", root / BUCKET)
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and server.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("rclone does not answer")
