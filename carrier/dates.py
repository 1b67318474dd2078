"""Dates as the carrier writes them, in a dozen ways (none of which may stop us)."""

import re
from datetime import UTC, datetime, timedelta, timezone

_STAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2})(?:[:-]([0-9]{2})(?:[:-]([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_EPOCH_MILLISECONDS = re.compile(r"[0-9]{12,14}")


def read_date(text: str) -> datetime | None:
    """The instant in UTC, or None when there is none to be read; never raises.

    No zone means UTC. Also None: the year 1, which the carrier writes for "no date". Seen forms:
    with and without fractions, offsets, dashes inside the time, hours only, epoch milliseconds.
    """
    text = text.strip()
    try:
        if _EPOCH_MILLISECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        match = _STAMP.fullmatch(text)
        if match is None:
            return None
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        if year == "0001":
            return None
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
            _zone(zone),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)
