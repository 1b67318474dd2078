"""Long lists in parts, so that no statement grows without end."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

SIZE = 5_000
T = TypeVar("T")


def chunks(rows: Sequence[T], size: int = SIZE) -> Iterator[Sequence[T]]:
    """Return the rows in order, at most `size` at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
