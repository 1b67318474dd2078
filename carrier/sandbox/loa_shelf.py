"""The LOA files of the orders."""

from __future__ import annotations

import itertools
import time
from dataclasses import asdict, dataclass

from carrier.sandbox.store import Store


@dataclass(frozen=True)
class LoaFile:
    """One file with what is said about it."""

    file_id: str
    order_id: str
    content: bytes
    content_type: str
    document_type: str
    document_name: str = ""


class LoaShelf:
    """Keeps LOA files."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Two files of one millisecond must not share an id.
        self._stamps = itertools.count(int(time.time() * 1000))

    def new_file_id(self, order_id: str, extension: str) -> str:
        """An id in the carrier's form: order id, dash, epoch milliseconds, extension."""
        return f"{order_id}-{next(self._stamps)}.{extension}"

    def put(self, file: LoaFile) -> None:
        """Keep a file, in place of one with the same id."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO loa_files VALUES"
                " (:file_id, :order_id, :content, :content_type, :document_type, :document_name)",
                asdict(file),
            )

    def of_order(self, order_id: str) -> list[LoaFile]:
        """The files of one order, oldest first."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM loa_files WHERE order_id = ? ORDER BY file_id", (order_id,)
            ).fetchall()
        return [LoaFile(**dict(row)) for row in rows]

    def get(self, order_id: str, file_id: str) -> LoaFile | None:
        """One file of one order, None when it has no such file."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM loa_files WHERE order_id = ? AND file_id = ?", (order_id, file_id)
            ).fetchone()
        return LoaFile(**dict(row)) if row else None

    def delete(self, file: LoaFile) -> None:
        """Take a file away."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM loa_files WHERE file_id = ?", (file.file_id,))
