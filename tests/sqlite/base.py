"""SQLite whose tables are emptied after a test that commits, but for those of the models."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base, operations

from tests.kept_tables import OF_THE_MODELS


class DatabaseOperations(operations.DatabaseOperations):
    """Flushes what tests write."""

    def sql_flush(self, style: Any, tables: Any, **options: Any) -> list[str]:
        """Return what empties the tables; what comes of the models stays."""
        emptied = [table for table in tables if table not in OF_THE_MODELS]
        return super().sql_flush(style, emptied, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with the operations above."""

    ops_class = DatabaseOperations
