"""How long we wait when the carrier says 429."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carrier.throttle import FALLBACK_SECONDS, LONGEST_SECONDS, Throttle, wait_seconds

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1795000020", 20.0),
        ("1795000020.5", 20.5),
        (" 1795000020 ", 20.0),
        ("1795000020000", 20.0),
        ("1794999940", FALLBACK_SECONDS),
        ("1795000000", FALLBACK_SECONDS),
        ("soon", FALLBACK_SECONDS),
        ("-5", FALLBACK_SECONDS),
        ("nan", FALLBACK_SECONDS),
        ("1e400", FALLBACK_SECONDS),
        ("9" * 400, FALLBACK_SECONDS),
        ("", FALLBACK_SECONDS),
        (None, FALLBACK_SECONDS),
        ("2110000000", LONGEST_SECONDS),
    ],
)
def test_the_wait_follows_the_header_within_reason(reset: str | None, seconds: float) -> None:
    """N07: seconds, milliseconds, past, garbage, far ahead, missing."""
    assert wait_seconds(reset, NOW) == seconds


def test_a_longer_hold_is_not_shortened_by_a_later_answer() -> None:
    throttle = Throttle()
    longest = throttle.hold("sites", "9999999999")
    assert throttle.hold("sites", None) == longest
    assert throttle.held_until("sites") == longest
    assert (longest - datetime.now(UTC)).total_seconds() == pytest.approx(LONGEST_SECONDS, abs=1)
    assert throttle.held_until("loas") is None
