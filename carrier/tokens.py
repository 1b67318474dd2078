"""Bearer tokens: fetched once, shared by all threads, renewed before they end.

Source: the carrier's OAuth2 page. POST with Basic(client id : secret) and
`grant_type=client_credentials`; the answer is JSON with `access_token` and `expires_in`.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

RENEW_BEFORE_SECONDS = 60.0
DEFAULT_SECONDS = 3600.0


@dataclass(frozen=True, repr=False)
class Token:
    """A bearer token and how long it lives, in seconds."""

    value: str
    seconds: float


def read_token(body: bytes) -> Token:
    """The token in the carrier's answer; its life is an hour when not stated.

    Raises ValueError when there is none.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the token answer is not JSON") from None
    value = answer.get("access_token") if isinstance(answer, dict) else None
    # It goes into a header: printable ASCII only, so that it cannot begin another one.
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
        raise ValueError("the token answer holds no token")
    seconds = answer.get("expires_in")
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
        seconds = int(seconds[:9])
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        seconds = DEFAULT_SECONDS
    return Token(value, min(seconds, 86400.0))


class TokenStore:
    """The present token. One thread at a time fetches a new one; the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = ""
        self._renew_at = 0.0

    def get(self, fetch: Callable[[], Token], *, wait_seconds: float) -> str:
        """The token, from `fetch` when there is none or it is about to end.

        Raises TimeoutError when another thread's fetch takes longer than `wait_seconds`, and
        whatever `fetch` raises.
        """
        if not self._lock.acquire(timeout=wait_seconds):
            raise TimeoutError("waited too long for a token")
        try:
            if not self._value or time.monotonic() >= self._renew_at:
                token = fetch()
                self._value = token.value
                # A token that lives for less than a minute is still used for half its life.
                early = min(RENEW_BEFORE_SECONDS, token.seconds / 2)
                self._renew_at = time.monotonic() + token.seconds - early
            return self._value
        finally:
            self._lock.release()

    def drop(self, value: str) -> None:
        """Forget this token; another one that has taken its place meanwhile is kept."""
        with self._lock:
            if self._value == value:
                self._value = ""

    @property
    def value(self) -> str:
        """The present token or "", to keep it out of records."""
        return self._value
