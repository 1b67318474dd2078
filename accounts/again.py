"""What the database has undone through no fault of ours is done again, a few times.

A deadlock, a serialization failure or a lock that could not be had undoes the whole transaction
and passes by itself. A statement time-out, a read-only or a missing database does not: repeating
makes the first worse and cannot help the others. docs/architecture.md has the rule.
"""

import random
import sqlite3
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, connection, transaction

MOST_TRIES = 3
# None begins later than this after the first: SQLite has waited long by itself when it says no.
_NOT_AFTER_SECONDS = 5.0
_FIRST_WAIT_SECONDS = 0.05
# PostgreSQL's words for a serialization failure, a deadlock, and a lock that could not be had.
_PASSING = {"40001", "40P01", "55P03"}
_SQLITE_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def is_passing(error: BaseException) -> bool:
    """Return whether the database has undone the work for a reason that passes by itself."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # The low byte; the others say in which of its ways the file is locked.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_PASSING
    return isinstance(error, DatabaseError) and getattr(cause, "sqlstate", None) in _PASSING


class Tries:
    """Bounded tries at something that leaves nothing behind when it fails."""

    def __init__(self) -> None:
        self._begun_at = time.monotonic()
        self._count = 1

    def another(self, error: BaseException) -> bool:
        """Wait a little and return True when it shall be tried again; else False, at once.

        Inside a transaction never: the error has spoilt what came before in it, too.
        """
        late = time.monotonic() - self._begun_at > _NOT_AFTER_SECONDS
        if self._count >= MOST_TRIES or late or connection.in_atomic_block:
            return False
        if not is_passing(error):
            return False
        # Jitter: two that have stopped each other must not meet again.
        time.sleep(_FIRST_WAIT_SECONDS * self._count * random.uniform(0.5, 1.5))
        self._count += 1
        return True


def repeated(act: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run the function in a transaction, and again when the database has undone all of it.

    It must touch nothing outside of the database: no call to the carrier, no file.
    """

    @wraps(act)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        tries = Tries()
        while True:
            try:
                with transaction.atomic():
                    return act(*args, **kwargs)
            except DatabaseError as error:
                if not tries.another(error):
                    raise

    return run
