"""The twin: one round of a worker whose leases go by its own clock, not by the database's.

Usage: `python -m tests.numbering.own_clock_worker`.
"""

import django
from django.db.models import DateTimeField, Value

django.setup()

# Only after the line above are the applications loaded.
from numbering import clock  # noqa: E402
from numbering.worker import run_once  # noqa: E402


def own_now() -> Value:
    """Take the present instant from this machine's clock."""
    return Value(clock.now(), output_field=DateTimeField())


if __name__ == "__main__":
    clock.database_now = own_now  # type: ignore[assignment]
    run_once()
