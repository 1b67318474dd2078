"""Obeying 429: after one, nothing goes to that resource before the time the carrier named.

Source: the carrier's rate limit pages; X-RateLimit-Reset is epoch seconds on the dashboard API and
milliseconds on the old one. No limits are published.
"""

import re
import threading
import time
from datetime import UTC, datetime, timedelta

FALLBACK_SECONDS = 30.0
LONGEST_SECONDS = 15 * 60.0

_RESET = re.compile(r"[0-9]{1,16}(\.[0-9]{1,9})?")
_MILLISECONDS_FROM = 1e11  # as seconds this would be the year 5138


def wait_seconds(reset: str | None, now: float) -> float:
    """How long to wait, from the header's text and the present epoch second.

    A time that is missing, unreadable or past gives the fallback; one too far ahead the longest.
    """
    if reset is None or not _RESET.fullmatch(reset.strip()):
        return FALLBACK_SECONDS
    at = float(reset)
    if at > _MILLISECONDS_FROM:
        at /= 1000
    if at <= now:
        return FALLBACK_SECONDS
    return min(at - now, LONGEST_SECONDS)


class Throttle:
    """Which resources are on hold, for all threads of one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, tuple[float, datetime]] = {}

    def hold(self, bucket: str, reset: str | None) -> datetime:
        """Put a resource on hold; returns the instant (UTC) from which it may be asked again."""
        seconds = wait_seconds(reset, time.time())
        retry_at = datetime.now(UTC) + timedelta(seconds=seconds)
        # The wait itself goes by the monotonic clock, so that a clock jump cannot prolong it.
        until = time.monotonic() + seconds
        with self._lock:
            held = self._until.get(bucket)
            if held is not None and held[0] > until:
                return held[1]
            self._until[bucket] = (until, retry_at)
        return retry_at

    def held_until(self, bucket: str) -> datetime | None:
        """The instant (UTC) until which the resource is on hold, or None when it is free."""
        with self._lock:
            held = self._until.get(bucket)
            if held is None or held[0] > time.monotonic():
                return held[1] if held else None
            del self._until[bucket]
            return None
