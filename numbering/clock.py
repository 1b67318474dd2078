"""The portal's clock: the real one, unless a test has set it ahead.

`CLOCK_FILE` names a file that holds the seconds to add, read anew each time, so that every process
of a rehearsal moves together. The portal refuses to start with it anywhere but on one's own machine
(check portal.E009). Leases and due times go by the database's clock.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone


def _ahead() -> timedelta:
    if not settings.CLOCK_FILE:
        return timedelta(0)
    try:
        return timedelta(seconds=float(Path(settings.CLOCK_FILE).read_text()))
    except (OSError, ValueError):
        return timedelta(0)


def now() -> datetime:
    """Return the present instant, in UTC."""
    return timezone.now() + _ahead()


def database_now() -> Combinable:
    """Return the database's present instant as an expression."""
    ahead = _ahead()
    return Now() + ahead if ahead else Now()


def database_now_value() -> datetime:
    """Return the database's present instant, asked for; in whole seconds on SQLite.

    For rows inserted in bulk: when every cell is a value, Django sends whole columns, and with an
    expression in them it writes out every cell, which takes three times as long.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        (instant,) = cursor.fetchone()
    if not isinstance(instant, datetime):  # SQLite gives text without a zone
        instant = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    return instant + _ahead()
