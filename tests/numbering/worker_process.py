"""The worker as operators run it: a process of its own on the tests' database and carrier."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings

from carrier.sandbox import Sandbox
from tests.numbering.server import process_environment

ONE_ROUND = ("manage.py", "worker", "--once")


@contextmanager
def worker(
    sandbox: Sandbox, arguments: Sequence[str] = ONE_ROUND, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for one round against the sandbox; what is left of it is killed."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={
            **process_environment(),
            # Not those of the tests, which put their own carrier in place of the environment's.
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "CARRIER_V1_BASE": sandbox.v1_base,
            "CARRIER_V2_BASE": sandbox.v2_base,
            "CARRIER_TOKEN_URL": sandbox.token_url,
            "LOG_LEVEL": "ERROR",
            **environment,
        },
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait()
