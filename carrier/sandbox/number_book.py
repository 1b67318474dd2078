"""The telephone numbers of the account: in service, hosted or owned, and those that aged out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from carrier.sandbox.store import Store


class NumberStatus(StrEnum):
    """What a number of the account is; the values are the carrier's own."""

    IN_SERVICE = "Inservice"
    AGING = "Aging"


@dataclass(frozen=True)
class Number:
    """One ten-digit number; `modified_at` is in epoch seconds.

    A hosted number (not owned) has its voice elsewhere. A stocked one has no order.
    """

    telephone_number: str
    order_id: str
    site_id: str
    sip_peer_id: str
    is_owned: bool
    status: NumberStatus
    modified_at: float


@dataclass(frozen=True)
class Scope:
    """Which numbers a list is about: one status, of one site, of one SIP peer ("" is any)."""

    status: NumberStatus = NumberStatus.IN_SERVICE
    site_id: str = ""
    sip_peer_id: str = ""


class NumberBook:
    """Keeps the numbers of the account. All numbers are ten digits."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, telephone_number: str) -> Number | None:
        """The number, None when the account neither has nor had it."""
        return self.among([telephone_number]).get(telephone_number)

    def among(self, telephone_numbers: Iterable[str]) -> dict[str, Number]:
        """Those of these that the account has or had, by number."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM numbers WHERE telephone_number IN (SELECT value FROM json_each(?))",
                (json.dumps(list(telephone_numbers)),),
            ).fetchall()
        return {row["telephone_number"]: _number(row) for row in rows}

    def stock(
        self,
        telephone_numbers: Iterable[str],
        *,
        site_id: str,
        sip_peer_id: str,
        is_owned: bool,
        at: float,
    ) -> None:
        """Put numbers in service without an order."""
        with self._store.transaction() as connection:
            put_in_service(
                connection,
                telephone_numbers,
                order_id="",
                site_id=site_id,
                sip_peer_id=sip_peer_id,
                is_owned=is_owned,
                at=at,
            )

    def count(self, scope: Scope) -> int:
        """How many numbers there are in the scope."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT count(*) FROM numbers"
                " WHERE status = :status AND :site_id IN ('', site_id)"
                " AND :sip_peer_id IN ('', sip_peer_id)",
                asdict(scope),
            ).fetchone()
        total: int = row[0]
        return total

    def page(self, scope: Scope, *, limit: int, skip: int = 0, first: str = "") -> list[str]:
        """Numbers of the scope in order, `skip` of them left out, from the number `first` on."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT telephone_number FROM numbers"
                " WHERE status = :status AND :site_id IN ('', site_id)"
                " AND :sip_peer_id IN ('', sip_peer_id) AND telephone_number >= :first"
                " ORDER BY telephone_number LIMIT :limit OFFSET :skip",
                {**asdict(scope), "first": first, "limit": limit, "skip": skip},
            ).fetchall()
        return [row[0] for row in rows]

    def drop(self, telephone_numbers: Iterable[str]) -> list[str]:
        """Stop hosting these; answers with those that were hosted."""
        with self._store.transaction() as connection:
            return [number for number in telephone_numbers if end_hosting(connection, [number])]

    def taken_between(self, first: str, last: str, *, now: float) -> set[str]:
        """The numbers of a range that nobody can order: had, reserved or in an open order."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT telephone_number FROM numbers"
                " WHERE telephone_number BETWEEN :first AND :last"
                " UNION SELECT telephone_number FROM reservations"
                " WHERE telephone_number BETWEEN :first AND :last AND expires_at > :now"
                " UNION SELECT telephone_number FROM order_numbers JOIN orders USING (order_id)"
                " WHERE telephone_number BETWEEN :first AND :last"
                " AND kind = 'number' AND status IN ('RECEIVED', 'BACKORDERED')",
                {"first": first, "last": last, "now": now},
            ).fetchall()
        return {row[0] for row in rows}

    def busy_before(self, telephone_numbers: Iterable[str], order_id: str) -> set[str]:
        """Those of these that another open number order holds, one older than the order named.

        Without an order ("") every open one counts.
        """
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT telephone_number FROM order_numbers JOIN orders USING (order_id)"
                " WHERE telephone_number IN (SELECT value FROM json_each(?))"
                " AND kind = 'number' AND status IN ('RECEIVED', 'BACKORDERED')"
                " AND orders.rowid < ifnull("
                "(SELECT own.rowid FROM orders AS own WHERE own.order_id = ?), 1e18)",
                (json.dumps(list(telephone_numbers)), order_id),
            ).fetchall()
        return {row[0] for row in rows}


def put_in_service(
    connection: sqlite3.Connection,
    telephone_numbers: Iterable[str],
    *,
    order_id: str,
    site_id: str,
    sip_peer_id: str,
    is_owned: bool,
    at: float,
) -> None:
    """Have these in service at a place from now on."""
    connection.executemany(
        "INSERT OR REPLACE INTO numbers VALUES (?, ?, ?, ?, ?, 'Inservice', ?)",
        ((number, order_id, site_id, sip_peer_id, is_owned, at) for number in telephone_numbers),
    )


def end_hosting(connection: sqlite3.Connection, telephone_numbers: Iterable[str]) -> int:
    """Forget the hosted ones among these; how many those were."""
    ended = connection.executemany(
        "DELETE FROM numbers WHERE telephone_number = ? AND NOT is_owned",
        [(number,) for number in telephone_numbers],
    )
    return ended.rowcount


def retire(connection: sqlite3.Connection, telephone_numbers: Iterable[str], *, at: float) -> None:
    """Take these out of service: they age."""
    connection.executemany(
        "UPDATE numbers SET status = 'Aging', modified_at = ? WHERE telephone_number = ?",
        [(at, number) for number in telephone_numbers],
    )


def _number(row: sqlite3.Row) -> Number:
    return Number(
        telephone_number=row["telephone_number"],
        order_id=row["order_id"],
        site_id=row["site_id"],
        sip_peer_id=row["sip_peer_id"],
        is_owned=bool(row["is_owned"]),
        status=NumberStatus(row["status"]),
        modified_at=row["modified_at"],
    )
