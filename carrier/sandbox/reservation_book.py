"""Numbers that are held for a while for whoever means to order them."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from carrier.sandbox.store import Store


class Reservation(NamedTuple):
    """One ten-digit number, held until an instant (epoch seconds)."""

    reservation_id: str
    telephone_number: str
    expires_at: float


class ReservationBook:
    """Keeps the reservations; expired ones are as good as deleted."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hold(self, telephone_number: str, *, now: float, until: float) -> str | None:
        """Reserve a number; the id, or None when it is reserved already."""
        reservation_id = str(uuid.uuid4())
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM reservations WHERE expires_at <= ?", (now,))
            try:
                connection.execute(
                    "INSERT INTO reservations VALUES (?, ?, ?)",
                    (reservation_id, telephone_number, until),
                )
            except sqlite3.IntegrityError:
                return None
        return reservation_id

    def get(self, reservation_id: str, *, now: float) -> Reservation | None:
        """The one with this id, None when there is none or it has expired."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM reservations WHERE reservation_id = ? AND expires_at > ?",
                (reservation_id, now),
            ).fetchone()
        return Reservation(*row) if row else None

    def among(self, telephone_numbers: Iterable[str], *, now: float) -> dict[str, str]:
        """The reserved ones of these numbers, and the id of each reservation."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT telephone_number, reservation_id FROM reservations"
                " WHERE telephone_number IN (SELECT value FROM json_each(?)) AND expires_at > ?",
                (json.dumps(list(telephone_numbers)), now),
            ).fetchall()
        return {row[0]: row[1] for row in rows}

    def release(self, reservation_id: str) -> bool:
        """Give a number back; whether it was reserved."""
        with self._store.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM reservations WHERE reservation_id = ?", (reservation_id,)
            )
        return deleted.rowcount == 1
