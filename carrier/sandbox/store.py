"""The sandbox's own database: SQLite in memory, or a file that outlives a restart."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY,
    customer_order_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    sip_peer_id TEXT NOT NULL,
    subscriber_name TEXT NOT NULL,
    service_address TEXT NOT NULL,
    loa_authorizing_person TEXT NOT NULL,
    loa_type TEXT NOT NULL,
    created_by TEXT NOT NULL,
    telephone_numbers TEXT NOT NULL,
    number_count INTEGER NOT NULL,
    status TEXT NOT NULL,
    problems TEXT NOT NULL,
    created_at REAL NOT NULL,
    modified_at REAL NOT NULL,
    listed_at REAL NOT NULL,
    kind TEXT NOT NULL DEFAULT 'import',
    details TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS orders_customer ON orders (customer_order_id);
CREATE INDEX IF NOT EXISTS orders_created ON orders (created_at);
CREATE INDEX IF NOT EXISTS orders_modified ON orders (modified_at);
CREATE TABLE IF NOT EXISTS order_numbers (
    telephone_number TEXT NOT NULL,
    order_id TEXT NOT NULL,
    PRIMARY KEY (telephone_number, order_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS order_history (
    order_id TEXT NOT NULL,
    at REAL NOT NULL,
    status TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS order_history_order ON order_history (order_id);
CREATE TABLE IF NOT EXISTS steps (
    step_id INTEGER PRIMARY KEY,
    due_at REAL NOT NULL,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS steps_due ON steps (due_at);
CREATE TABLE IF NOT EXISTS numbers (
    telephone_number TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    sip_peer_id TEXT NOT NULL,
    is_owned INTEGER NOT NULL,
    status TEXT NOT NULL,
    modified_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reservations (
    reservation_id TEXT PRIMARY KEY,
    telephone_number TEXT NOT NULL UNIQUE,
    expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS loa_files (
    file_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    content BLOB NOT NULL,
    content_type TEXT NOT NULL,
    document_type TEXT NOT NULL,
    document_name TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS loa_files_order ON loa_files (order_id);
CREATE TABLE IF NOT EXISTS subscriptions (
    subscription_id TEXT PRIMARY KEY,
    order_type TEXT NOT NULL,
    event_type TEXT NOT NULL,
    order_id TEXT NOT NULL,
    url TEXT NOT NULL,
    expires_at REAL NOT NULL,
    username TEXT NOT NULL,
    password TEXT NOT NULL,
    number_format TEXT NOT NULL,
    email TEXT NOT NULL,
    digest TEXT NOT NULL,
    status_text TEXT NOT NULL
);
"""


class Store:
    """One SQLite connection behind one lock, shared by all threads.

    Every block is one transaction, kept short: nothing is sent or rendered inside it.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(str(path or ":memory:"), check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        # State has to outlive a killed process, not a power cut: what the system has buffered is
        # enough, and waiting for the disk would set the pace of every order.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_SCHEMA)
        self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        """Take over the file of an older sandbox: one of import orders, of hosted numbers only."""
        columns = self._connection.execute("PRAGMA table_info (orders)").fetchall()
        names = {column["name"] for column in columns}
        for name, default in (("kind", "import"), ("details", "{}")):
            if name not in names:
                self._connection.execute(
                    f"ALTER TABLE orders ADD COLUMN {name} TEXT NOT NULL DEFAULT '{default}'"
                )
        if self._connection.execute("PRAGMA table_info (hosted_numbers)").fetchall():
            with self._connection:
                self._connection.execute(
                    "INSERT OR IGNORE INTO numbers"
                    " SELECT telephone_number, order_id, site_id, sip_peer_id, 0, 'Inservice',"
                    " modified_at FROM hosted_numbers JOIN orders USING (order_id)"
                )
                self._connection.execute("DROP TABLE hosted_numbers")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection for one transaction; rolled back when the block raises."""
        with self._lock, self._connection:
            yield self._connection

    def close(self) -> None:
        """Close the database; a file keeps what was committed."""
        with self._lock:
            self._connection.close()
