"""The telephone numbers of the older platform's one user."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from sqlite3 import Row

from carrier.sandbox.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS platform_numbers (
    telephone_number TEXT PRIMARY KEY,
    platform_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    application_id TEXT NOT NULL,
    created_at REAL NOT NULL,
    listed_at REAL NOT NULL,
    is_released INTEGER NOT NULL,
    imports INTEGER NOT NULL,
    posts INTEGER NOT NULL
)
"""


@dataclass(frozen=True)
class PlatformNumberSeen:
    """A number in the sandbox's own list of the older platform; E.164.

    `posts` counts the imports of it that were asked for, `imports` those that were done: more than
    one only when it was released between them.
    """

    telephone_number: str
    platform_id: str
    name: str
    application_id: str
    created_at: float
    is_released: bool
    imports: int
    posts: int


class PlatformBook:
    """Imported and released numbers. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as db:
            db.execute(_SCHEMA)

    def add(
        self, telephone_number: str, *, name: str, application_id: str, hidden_seconds: float = 0
    ) -> str | None:
        """Import a number; its id, or None (and only counted) when it is there already.

        `hidden_seconds`: so long it is not to be found.
        """
        now = time.time()
        platform_id = f"n-{secrets.token_hex(12)}"
        with self._store.transaction() as db:
            db.execute(
                "UPDATE platform_numbers SET posts = posts + 1 WHERE telephone_number = ?",
                (telephone_number,),
            )
            there = db.execute(
                "SELECT 1 FROM platform_numbers WHERE telephone_number = ? AND NOT is_released",
                (telephone_number,),
            )
            if there.fetchone():
                return None
            db.execute(
                "INSERT INTO platform_numbers VALUES (?, ?, ?, ?, ?, ?, 0, 1, 1)"
                " ON CONFLICT (telephone_number) DO UPDATE SET platform_id = excluded.platform_id,"
                " name = excluded.name, application_id = excluded.application_id,"
                " created_at = excluded.created_at, listed_at = excluded.listed_at,"
                " is_released = 0, imports = imports + 1",
                (telephone_number, platform_id, name, application_id, now, now + hidden_seconds),
            )
        return platform_id

    def find(self, name: str) -> PlatformNumberSeen | None:
        """The number of this id or of these digits (E.164); None for one that is not there."""
        return next(iter(self._select("(platform_id = ?1 OR telephone_number = ?1)", name)), None)

    def listed(self) -> list[PlatformNumberSeen]:
        """The numbers that are there, in the order of their import."""
        return self._select("1")

    def all(self) -> list[PlatformNumberSeen]:
        """Every number that ever was imported, whether or not its caller knows."""
        with self._store.transaction() as db:
            return [_seen(row) for row in db.execute("SELECT * FROM platform_numbers ORDER BY 1")]

    def release(self, platform_id: str) -> None:
        """Give a number up."""
        with self._store.transaction() as db:
            db.execute(
                "UPDATE platform_numbers SET is_released = 1 WHERE platform_id = ?", (platform_id,)
            )

    def _select(self, condition: str, *values: str) -> list[PlatformNumberSeen]:
        query = (
            f"SELECT * FROM platform_numbers WHERE {condition}"  # noqa: S608 - our own texts
            f" AND NOT is_released AND listed_at <= {time.time()} ORDER BY created_at, platform_id"
        )
        with self._store.transaction() as db:
            return [_seen(row) for row in db.execute(query, values)]


def _seen(row: Row) -> PlatformNumberSeen:
    return PlatformNumberSeen(
        telephone_number=row["telephone_number"],
        platform_id=row["platform_id"],
        name=row["name"],
        application_id=row["application_id"],
        created_at=row["created_at"],
        is_released=bool(row["is_released"]),
        imports=row["imports"],
        posts=row["posts"],
    )
