"""Dates in all the ways the carrier writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrier.dates import read_date


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2019-08-28T13:09:11.192Z", datetime(2019, 8, 28, 13, 9, 11, 192000, UTC)),
        (" 2019-08-28T13:09:11Z\n", datetime(2019, 8, 28, 13, 9, 11, tzinfo=UTC)),
        ("2019-08-28T13:09:11", datetime(2019, 8, 28, 13, 9, 11, tzinfo=UTC)),
        ("2019-08-28T13:09:11+03:00", datetime(2019, 8, 28, 10, 9, 11, tzinfo=UTC)),
        ("2019-08-28T13:09:11-0630", datetime(2019, 8, 28, 19, 39, 11, tzinfo=UTC)),
        ("2014-01-10T17-34-15Z", datetime(2014, 1, 10, 17, 34, 15, tzinfo=UTC)),
        ("2014-03-25 12:55:11.0", datetime(2014, 3, 25, 12, 55, 11, tzinfo=UTC)),
        ("2013-12-20T06", datetime(2013, 12, 20, 6, tzinfo=UTC)),
        ("2013-12-20", datetime(2013, 12, 20, tzinfo=UTC)),
        ("2024-12-02T20:15:57.278000Z", datetime(2024, 12, 2, 20, 15, 57, 278000, UTC)),
        ("1417538157278", datetime(2014, 12, 2, 16, 35, 57, 278000, UTC)),
        ("", None),
        ("0001-01-01T00:00:00Z", None),
        ("2019-02-30T00:00:00Z", None),
        ("2019-08-28T25:00:00Z", None),
        ("2019-08-28T13:09:11+99:99", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("\u0662019-08-28", None),
    ],
)
def test_a_date_is_read_or_none(text: str, instant: datetime | None) -> None:
    """N20 and T06: no zone is UTC, nonsense is no time."""
    assert read_date(text) == instant


@given(text=st.text(max_size=40) | st.from_regex(r"[0-9TZ:.+ -]{1,30}", fullmatch=True))
def test_reading_a_date_never_raises(text: str) -> None:
    found = read_date(text)
    assert found is None or found.tzinfo is UTC
