"""Connections that end with their call.

A timeout in requests and urllib3 limits each read, not the call: an answer that drips one byte a
second lasts for ever. Here every read and write on the socket gets what is left of the call's own
time. We also note whether anything was written, because only that tells "not sent" from "unknown".
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests import Request
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: A pooled connection idle for longer is not used again. A server that closes idle connections may
#: do so in the very moment a POST is written; nobody can then say whether the POST was read. Few
#: servers close sooner than this, and those that have closed are noticed when taken from the pool.
IDLE_SECONDS = 2.0

# One TLS record: a write of more could outlast the call record by record.
_SLICE = 16 * 1024


class Deadline:
    """The end of one call, and whether any byte of its request has been written."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self.wrote = False

    def remaining(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call's time is over")
        return left


_thread = threading.local()


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Connections used by this thread obey the deadline while in here."""
    _thread.deadline = deadline
    try:
        yield
    finally:
        del _thread.deadline


def _current() -> Deadline:
    deadline: Deadline = _thread.deadline
    return deadline


class _TimedReader(io.RawIOBase):
    """The raw side of an answer, each read limited to what is left of the call."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        self._sock.settimeout(self._deadline.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        # Closing the raw side gives the socket back; a second close does no harm.
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(raw, sock, _current()))


def _send_timed(connection: HTTPConnection, data: bytes) -> None:
    if connection.sock is None:
        connection.connect()
    deadline = _current()
    view = memoryview(data)
    for start in range(0, len(view), _SLICE):
        connection.sock.settimeout(deadline.remaining())
        deadline.wrote = True
        connection.sock.sendall(view[start : start + _SLICE])


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse
    idle_since = 0.0

    def send(self, data: Any) -> None:
        _send_timed(self, data)


class _TimedTlsConnection(HTTPSConnection):
    response_class = _TimedResponse
    idle_since = 0.0

    def send(self, data: Any) -> None:
        _send_timed(self, data)


class _Freshness(HTTPConnectionPool):
    """Pools that do not hand out connections which have been idle for long."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        if time.monotonic() - getattr(connection, "idle_since", 0.0) > IDLE_SECONDS:
            connection.close()  # urllib3 opens it again when the request is written
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class _FreshPool(_Freshness):
    ConnectionCls = _TimedConnection


class _FreshTlsPool(_Freshness, HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


class _TimedAdapter(HTTPAdapter):
    """The adapter of requests over such connections, with one checking TLS context for all."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=checking_context(), **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _FreshPool, "https": _FreshTlsPool}


class TimedPools:
    """The pools of one account, one for each host: never repeat, never follow a redirect.

    requests makes them. Their requests are written without a Session, which would read the whole
    body of a redirect, keep cookies, and take proxies and passwords from the environment; and
    without the adapter's own `send`, whose objects for each request cost a third of a call's time.
    """

    def __init__(self, pool_size: int) -> None:
        self._adapter = _TimedAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=0)
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], HTTPConnectionPool] = {}

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        connect_timeout: float,
        timeout: float,
    ) -> BaseHTTPResponse:
        """Send one request and read the head of its answer; times are seconds.

        The caller reads the body, and closes and releases the answer.
        """
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return self._pool(parts.scheme, parts.netloc).urlopen(
            method,
            target,
            body=body or None,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=connect_timeout, read=timeout),
            preload_content=False,
            decode_content=False,
        )

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            self._pools.clear()
            self._adapter.close()

    def _pool(self, scheme: str, host: str) -> HTTPConnectionPool:
        with self._lock:
            pool = self._pools.get((scheme, host))
            if pool is None:
                anything = Request("GET", f"{scheme}://{host}/").prepare()
                made = self._adapter.get_connection_with_tls_context(anything, verify=True)
                assert isinstance(made, HTTPConnectionPool)
                pool = self._pools[scheme, host] = made
            return pool


@cache
def checking_context() -> ssl.SSLContext:
    """TLS of today that checks the certificate and its host name; one for the whole process.

    Reading the authorities takes 25 ms, which would otherwise be done for each connection.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)
    return context
