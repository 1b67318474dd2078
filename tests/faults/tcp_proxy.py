"""A TCP proxy on the loopback address that can be cut, so that what is behind it is away."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

_CHUNK = 65536


class TcpProxy:
    """Passes connections on until `cut`, and again from `mend` on.

    The target is a host and a port, or the path of a Unix socket.
    """

    def __init__(self, target: tuple[str, int] | str) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._whole = threading.Event()
        self._whole.set()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def cut(self) -> None:
        """End every connection, and each new one at once."""
        self._whole.clear()
        self._end_all()

    def mend(self) -> None:
        """Pass connections on again."""
        self._whole.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_all()
        self._thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self._join(caller)

    def _join(self, caller: socket.socket) -> None:
        try:
            if not self._whole.is_set():
                raise ConnectionRefusedError
            behind = self._reach()
        except OSError:
            caller.close()
            return
        with self._lock:
            self._open |= {caller, behind}
        for source, sink in ((caller, behind), (behind, caller)):
            threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _reach(self) -> socket.socket:
        if isinstance(self._target, tuple):
            return socket.create_connection(self._target)
        behind = socket.socket(socket.AF_UNIX)
        behind.connect(self._target)
        return behind

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(_CHUNK):
                sink.sendall(part)
        self._end(source, sink)

    def _end_all(self) -> None:
        with self._lock:
            open_now = tuple(self._open)
        self._end(*open_now)

    def _end(self, *connections: socket.socket) -> None:
        with self._lock:
            self._open.difference_update(connections)
        for connection in connections:
            # The shutdown wakes the thread that reads; a close alone would not.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
