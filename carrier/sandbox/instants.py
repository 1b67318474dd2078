"""Epoch seconds to the carrier's way of writing an instant, and back from its dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime

DAY = 86400.0


def to_text(at: float) -> str:
    """UTC with milliseconds and a Z."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def to_dashed_text(at: float) -> str:
    """The same with dashes in the time, as the carrier's list of disconnects has it."""
    return to_text(at).replace(":", "-")


def start_of_short_day(text: str) -> float:
    """Midnight UTC of a yy-MM-dd date; ValueError for anything else."""
    return start_of_day(f"20{text}")


def start_of_day(text: str) -> float:
    """Midnight UTC of a yyyy-MM-dd date; ValueError for anything else."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"not a date: {text}")
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
