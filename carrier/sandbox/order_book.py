"""Orders of all kinds as the carrier keeps them, found by id, reference, number, date."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from carrier.sandbox.number_book import end_hosting, put_in_service, retire
from carrier.sandbox.order import Order, OrderKind, Problem
from carrier.sandbox.order_search import Search
from carrier.sandbox.store import Store

LIST_LIMIT = 1000


@dataclass(frozen=True)
class Summary:
    """One row of the order list."""

    order_id: str
    customer_order_id: str
    created_by: str
    number_count: int
    status: str
    created_at: float
    modified_at: float


class HistoryRow(NamedTuple):
    """One step in the life of an order; the status is lower case, as the carrier shows it."""

    at: float
    status: str
    note: str


class Step(NamedTuple):
    """A piece of processing that is due at an instant (epoch seconds)."""

    step_id: int
    due_at: float
    order_id: str
    kind: str


class OrderBook:
    """Keeps the orders, their history and their pending steps; an end reaches the numbers too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, order: Order, *, note: str, steps: Iterable[tuple[float, str]], listed_at: float
    ) -> None:
        """Keep a new order with its (due_at, kind) steps; lists show it from `listed_at` on."""
        problems = json.dumps(order.problems)
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO orders (order_id, customer_order_id, site_id, sip_peer_id,"
                " subscriber_name, service_address, loa_authorizing_person, loa_type, created_by,"
                " telephone_numbers, number_count, status, problems, created_at, modified_at,"
                " listed_at, kind, details)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    order.order_id,
                    order.customer_order_id,
                    order.site_id,
                    order.sip_peer_id,
                    order.subscriber_name,
                    json.dumps(order.service_address),
                    order.loa_authorizing_person,
                    order.loa_type,
                    order.created_by,
                    " ".join(order.telephone_numbers),
                    _count(order),
                    order.status,
                    problems,
                    order.created_at,
                    order.modified_at,
                    listed_at,
                    order.kind,
                    json.dumps(order.details),
                ),
            )
            connection.executemany(
                "INSERT INTO order_numbers VALUES (?, ?)",
                [(number, order.order_id) for number in order.telephone_numbers],
            )
            connection.executemany(
                "INSERT INTO steps (due_at, order_id, kind) VALUES (?, ?, ?)",
                [(due_at, order.order_id, kind) for due_at, kind in steps],
            )
            _remember(connection, order, note)

    def get(self, order_id: str) -> Order | None:
        """The order with this id, None for an unknown one."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM orders WHERE order_id = ?", (order_id,)
            ).fetchone()
        return _order(row) if row else None

    def recent(self, limit: int | None = None) -> list[Order]:
        """The newest orders first; all of them without a limit."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM orders ORDER BY created_at DESC LIMIT ?",
                (-1 if limit is None else limit,),
            ).fetchall()
        return [_order(row) for row in rows]

    def find(
        self, search: Search, *, now: float, limit: int = LIST_LIMIT, start_at: str = ""
    ) -> tuple[list[Summary], int]:
        """At most `limit` matching rows, newest first, and how many match in all.

        `start_at` is the id of the order that the rows begin with.
        """
        conditions, values = search.where(now=now)
        where = " AND ".join(conditions)
        counted = " ".join(("SELECT count(*) FROM orders WHERE", where))
        counting = list(values)
        if start_at:
            where += (
                " AND (created_at, rowid) <= (SELECT created_at, rowid FROM orders"
                " WHERE order_id = ?)"
            )
            values.append(start_at)
        chosen = " ".join(
            (
                "SELECT order_id, customer_order_id, created_by, number_count, status,",
                "created_at, modified_at FROM orders WHERE",
                where,
                "ORDER BY created_at DESC, rowid DESC LIMIT ?",
            )
        )
        with self._store.transaction() as connection:
            rows = connection.execute(chosen, (*values, limit)).fetchall()
            total = len(rows)
            if start_at or total == limit:
                total = connection.execute(counted, counting).fetchone()[0]
        return [Summary(**dict(row)) for row in rows], total

    def history(self, order_id: str) -> list[HistoryRow]:
        """The steps that an order went through, oldest first."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT at, status, note FROM order_history WHERE order_id = ? ORDER BY rowid",
                (order_id,),
            ).fetchall()
        return [HistoryRow(*row) for row in rows]

    def ordered_before(self, telephone_number: str, order: Order) -> bool:
        """Whether an older order of the same kind holds the number too."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT 1 FROM order_numbers JOIN orders USING (order_id)"
                " WHERE telephone_number = ? AND order_id <> ? AND created_at < ? AND kind = ?"
                " LIMIT 1",
                (telephone_number, order.order_id, order.created_at, order.kind),
            ).fetchone()
        return row is not None

    def move(
        self, order: Order, status: str, *, at: float, note: str, problems: Sequence[Problem] = ()
    ) -> Order | None:
        """Give an order its next status, and its numbers what follows; the order as it is now.

        None, and nothing changed, when it has ended meanwhile. A final status also drops the steps
        that are still pending.
        """
        moved = replace(order, status=status, problems=tuple(problems), modified_at=at)
        with self._store.transaction() as connection:
            changed = connection.execute(
                "UPDATE orders SET status = ?, problems = ?, modified_at = ?,"
                " telephone_numbers = ?, number_count = ? WHERE order_id = ?"
                " AND status IN ('RECEIVED', 'PROCESSING', 'BACKORDERED')",
                (
                    status,
                    json.dumps(moved.problems),
                    at,
                    " ".join(moved.telephone_numbers),
                    _count(moved),
                    order.order_id,
                ),
            )
            if changed.rowcount == 0:
                return None
            _remember(connection, moved, note)
            _carry_out(connection, moved)
            if moved.is_final:
                connection.execute("DELETE FROM steps WHERE order_id = ?", (order.order_id,))
        return moved

    def rename(self, order: Order) -> None:
        """Keep what the customer calls an order now: its reference and its details."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE orders SET customer_order_id = ?, details = ? WHERE order_id = ?",
                (order.customer_order_id, json.dumps(order.details), order.order_id),
            )

    def schedule(self, order_id: str, kind: str, *, due_at: float) -> None:
        """Have one more step done for an order."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO steps (due_at, order_id, kind) VALUES (?, ?, ?)",
                (due_at, order_id, kind),
            )

    def due_steps(self, *, now: float, limit: int = 200) -> list[Step]:
        """The steps that are due, the oldest first."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT step_id, due_at, order_id, kind FROM steps"
                " WHERE due_at <= ? ORDER BY due_at, step_id LIMIT ?",
                (now, limit),
            ).fetchall()
        return [Step(*row) for row in rows]

    def done(self, step: Step) -> None:
        """Forget a step.

        The end of an order has forgotten its steps already, and SQLite gives the id of a forgotten
        row to the next one: what is asked for is this very step, not whichever has its id now.
        """
        with self._store.transaction() as connection:
            connection.execute(
                "DELETE FROM steps WHERE step_id = ? AND due_at = ? AND order_id = ? AND kind = ?",
                step,
            )

    def next_due(self) -> float | None:
        """When the next step is due, None without any."""
        with self._store.transaction() as connection:
            row = connection.execute("SELECT min(due_at) FROM steps").fetchone()
        due: float | None = row[0]
        return due


def _count(order: Order) -> int:
    """The CountOfTNs of a list: of a number order, the carrier counts what it has delivered."""
    counted = order.succeeded() if order.kind is OrderKind.NUMBER else order.telephone_numbers
    return len(counted)


def _carry_out(connection: sqlite3.Connection, order: Order) -> None:
    """Do to the numbers what the order has come to; nothing unless it was carried out."""
    numbers = order.succeeded()
    match order.kind:
        case OrderKind.IMPORT | OrderKind.NUMBER:
            put_in_service(
                connection,
                numbers,
                order_id=order.order_id,
                site_id=order.site_id,
                sip_peer_id=order.sip_peer_id,
                is_owned=order.kind is OrderKind.NUMBER,
                at=order.modified_at,
            )
        case OrderKind.REMOVAL:
            end_hosting(connection, numbers)
        case OrderKind.DISCONNECT:
            retire(connection, numbers, at=order.modified_at)
    if order.kind is OrderKind.NUMBER:
        connection.executemany(
            "DELETE FROM reservations WHERE telephone_number = ?",
            [(number,) for number in numbers],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO order_numbers VALUES (?, ?)",
            [(number, order.order_id) for number in numbers],
        )


def _remember(connection: sqlite3.Connection, order: Order, note: str) -> None:
    connection.execute(
        "INSERT INTO order_history VALUES (?, ?, ?, ?)",
        (order.order_id, order.modified_at, order.status.lower(), note),
    )


def _order(row: sqlite3.Row) -> Order:
    return Order(
        order_id=row["order_id"],
        customer_order_id=row["customer_order_id"],
        site_id=row["site_id"],
        sip_peer_id=row["sip_peer_id"],
        subscriber_name=row["subscriber_name"],
        service_address=json.loads(row["service_address"]),
        loa_authorizing_person=row["loa_authorizing_person"],
        loa_type=row["loa_type"],
        created_by=row["created_by"],
        telephone_numbers=tuple(row["telephone_numbers"].split()),
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        status=row["status"],
        problems=tuple(
            Problem(code, text, tuple(numbers))
            for code, text, numbers in json.loads(row["problems"])
        ),
        kind=OrderKind(row["kind"]),
        details=json.loads(row["details"]),
    )
