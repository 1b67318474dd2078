"""Processes of their own on the loopback address: started, killed, counted, ended."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_START_SECONDS = 30.0


def free_port() -> int:
    """A port of the loopback address on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """One Python process with a log file; as a context manager it is ended at the end."""

    def __init__(self, arguments: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [sys.executable, *arguments],
                env={**os.environ, **env},
                stdout=output,
                stderr=output,
                # Its own process group: Ctrl-C shall reach only us, and we end it.
                start_new_session=True,
            )
        self._log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    @property
    def exit_status(self) -> int | None:
        """None while it runs; minus the number of the signal that ended it."""
        return self._child.poll()

    def kill(self) -> None:
        """Send SIGKILL and do not wait."""
        self._child.kill()

    def kill_child(self, chance: random.Random) -> None:
        """Send SIGKILL to any of the processes that it has started."""
        os.kill(chance.choice(self.pids()[1:]), signal.SIGKILL)

    def kill_group(self) -> None:
        """Send SIGKILL to it and to all that it has started, and wait for it."""
        os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def end(self) -> None:
        """Ask it to stop, and kill it when it does not; whatever it has started goes with it."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def pids(self) -> list[int]:
        """The process and the ones that it has started."""
        pid = self._child.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def wait_for_port(self, port: int) -> None:
        """Wait until something listens. Raises RuntimeError with the log when nothing does."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._child.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"Nothing listens on port {port}:\n{self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-2000:]


def gunicorn(port: int, *, env: Mapping[str, str], log: Path, app: str = "portal.wsgi") -> Process:
    """The application server, as an installation runs it."""
    return Process(
        ["-m", "gunicorn", app, f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=4"]
        + ["--worker-class=gthread", "--log-level=warning", "--no-control-socket"],
        env=env,
        log=log,
    )


class Workers:
    """Worker processes that are started again whenever one of them ends."""

    def __init__(
        self, arguments: Sequence[str], *, count: int, env: Mapping[str, str], log: Path
    ) -> None:
        self._arguments, self._env, self._log = arguments, env, log
        self._running = [self._start() for _ in range(count)]
        # Ended by SIGKILL, whether from outside or at a stopping point.
        self.kills = 0
        self.crashes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._running:
            worker.end()

    def _start(self) -> Process:
        return Process(self._arguments, env=self._env, log=self._log)

    def tend(self) -> None:
        """Count those that ended, and start others in their place."""
        for index, worker in enumerate(self._running):
            status = worker.exit_status
            if status is None:
                continue
            if status == -signal.SIGKILL:
                self.kills += 1
            else:
                self.crashes += 1
            self._running[index] = self._start()

    def kill_one(self, chance: random.Random) -> None:
        """Kill any of them, wherever it is."""
        chance.choice(self._running).kill()
