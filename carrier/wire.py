"""One HTTP attempt: out, and the whole answer back within its limits, or the reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from carrier.connections import Deadline, TimedPools, within

_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers in any case.

    `is_whole` is False when nothing in the answer says where it should end. The body is not in its
    repr, which stands in crash reports: it may hold a token, or repeat a password.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    is_whole: bool

    @property
    def content_type(self) -> str:
        """The Content-Type header, "" when absent."""
        return self.headers.get("Content-Type", "")


class WireTrouble(Exception):
    """No whole answer. `wrote`: some of the request had left us, so that it may have been read."""

    def __init__(self, reason: str, *, wrote: bool, http_status: int | None, again: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wrote = wrote
        self.http_status = http_status
        self.again = again


def attempt(
    pools: TimedPools,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    deadline: Deadline,
    connect_timeout: float,
    answer_limit: int,
) -> Answer:
    """Make one request and read its answer, at most `answer_limit` unpacked bytes of it.

    Raises WireTrouble for every way in which no whole answer came back. Nothing is repeated.
    """
    status: int | None = None
    try:
        with within(deadline):
            left = deadline.remaining()
            response = pools.request(
                method,
                url,
                headers=headers,
                body=body,
                connect_timeout=min(connect_timeout, left),
                timeout=left,
            )
            try:
                status = response.status
                content = _read(response, answer_limit)
                return Answer(
                    status, response.headers, content, _has_an_end(status, response.headers)
                )
            finally:
                # A connection that was read to its end is back in the pool already.
                response.close()
                response.release_conn()
    except _TooLargeError:
        raise WireTrouble(
            f"the answer is larger than {answer_limit} bytes",
            wrote=True,
            http_status=status,
            again=False,
        ) from None
    # ValueError: a header that cannot be written, or a connection closed by another thread.
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        raise WireTrouble(
            _reason(error, deadline), wrote=deadline.wrote, http_status=status, again=True
        ) from None


class _TooLargeError(Exception):
    pass


def _read(response: BaseHTTPResponse, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    # urllib3 unpacks no more than asked for at a time, so a bomb is noticed after one chunk.
    for part in response.stream(_CHUNK, decode_content=True):
        size += len(part)
        if size > limit:
            raise _TooLargeError
        parts.append(part)
    return b"".join(parts)


def _has_an_end(status: int, headers: Mapping[str, str]) -> bool:
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    return status == 204 or chunked or "Content-Length" in headers


def _reason(error: Exception, deadline: Deadline) -> str:
    """Plain words. The error's own text is left out: it may hold an address or a header."""
    try:
        deadline.remaining()
    except TimeoutError:
        return "the time for the call ran out"
    if not deadline.wrote:
        return f"no connection to the carrier ({type(error).__name__})"
    return f"the connection broke before the answer was whole ({type(error).__name__})"
