"""PostgreSQL whose tables are emptied row by row after a test that commits.

TRUNCATE gives each of some hundred tables and indexes a new file and waits for the disk; the few
rows of a test are deleted in a tenth of that.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    """Flushes with DELETE; foreign keys are checked at the end of the transaction."""

    def sql_flush(self, style: Any, tables: Any, **options: Any) -> list[str]:
        """Return the statements that empty the tables."""
        return [f"DELETE FROM {self.quote_name(table)}" for table in tables]  # noqa: S608 - ours


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with the operations above."""

    ops_class = DatabaseOperations
