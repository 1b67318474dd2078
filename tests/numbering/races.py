"""Several threads at one instant, each on a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def at_once(count: int, act: Callable[[int], Result]) -> list[Result]:
    """Let `count` threads do the act, each with its index, starting at the same instant."""
    gate = threading.Barrier(count)

    def run(index: int) -> Result:
        try:
            connection.ensure_connection()
            gate.wait(timeout=10)
            return act(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
