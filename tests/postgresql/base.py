"""PostgreSQL whose tables are emptied row by row after a test that commits.

TRUNCATE gives each of some hundred tables and indexes a new file and waits for the disk; the few
rows of a test are deleted in a tenth of that.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base, creation, operations

from tests.kept_tables import OF_THE_MODELS


class DatabaseOperations(operations.DatabaseOperations):
    """Flushes with DELETE; foreign keys are checked at the end of the transaction."""

    def sql_flush(self, style: Any, tables: Any, **options: Any) -> list[str]:
        """Return what empties the tables, in one round trip; what comes of the models stays."""
        emptied = [self.quote_name(table) for table in tables if table not in OF_THE_MODELS]
        return ["; ".join(f"DELETE FROM {table}" for table in emptied)]  # noqa: S608 - ours


class DatabaseCreation(creation.DatabaseCreation):
    """Drops the test database also while it is in use.

    A browser keeps its connections open, and so the threads of the server that it spoke to.
    """

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        name = self.connection.ops.quote_name(test_database_name)
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with the operations above."""

    ops_class = DatabaseOperations
    creation_class = DatabaseCreation
