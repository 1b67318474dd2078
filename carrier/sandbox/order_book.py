"""Import orders and removals as the carrier keeps them, found by id, reference, number, date."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import NamedTuple

from carrier.sandbox.store import Store

LIST_LIMIT = 1000
TWO_YEARS = 2 * 365 * 86400
FINAL = frozenset({"COMPLETE", "PARTIAL", "FAILED", "EXCEPTION"})


class OrderKind(StrEnum):
    """What an order does with its numbers."""

    IMPORT = auto()
    REMOVAL = auto()


class Problem(NamedTuple):
    """One error of an order and the ten-digit numbers it is about (none: the whole order)."""

    code: str
    description: str
    telephone_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """One order; numbers are ten digits, instants are epoch seconds.

    `service_address` holds the address elements as they came, by their XML name. A removal has
    neither a place nor a subscriber.
    """

    order_id: str
    customer_order_id: str
    site_id: str
    sip_peer_id: str
    subscriber_name: str
    service_address: dict[str, str]
    loa_authorizing_person: str
    loa_type: str
    created_by: str
    telephone_numbers: tuple[str, ...]
    created_at: float
    modified_at: float
    status: str = "RECEIVED"
    problems: tuple[Problem, ...] = ()
    kind: OrderKind = OrderKind.IMPORT

    @property
    def is_final(self) -> bool:
        """Whether processing has ended."""
        return self.status in FINAL

    def succeeded(self) -> tuple[str, ...]:
        """The numbers that the order was carried out for."""
        if self.status not in ("COMPLETE", "PARTIAL"):
            return ()
        failed = {number for problem in self.problems for number in problem.telephone_numbers}
        return tuple(number for number in self.telephone_numbers if number not in failed)


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


@dataclass(frozen=True)
class Search:
    """Filters of the order list; empty and None mean "any". Dates are epoch seconds."""

    kind: OrderKind = OrderKind.IMPORT
    statuses: tuple[str, ...] = ()
    telephone_number: str = ""
    customer_order_id: str = ""
    loa_type: str = ""
    created_from: float | None = None
    created_before: float | None = None
    modified_from: float | None = None
    modified_before: float | None = None

    def is_specific(self) -> bool:
        """Whether a filter lifts the two-year window."""
        dates = (self.created_from, self.created_before, self.modified_from, self.modified_before)
        return bool(self.telephone_number or self.customer_order_id) or any(
            date is not None for date in dates
        )


class OrderBook:
    """Keeps the orders, their history, their pending steps and the hosted numbers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self, order: Order, *, note: str, steps: Iterable[tuple[float, str]], listed_at: float
    ) -> None:
        """Keep a new order with its (due_at, kind) steps; lists show it from `listed_at` on."""
        problems = json.dumps(order.problems)
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                    len(order.telephone_numbers),
                    order.status,
                    problems,
                    order.created_at,
                    order.modified_at,
                    listed_at,
                    order.kind,
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

    def find(self, search: Search, *, now: float) -> tuple[list[Summary], int]:
        """At most 1000 matching rows, newest first, and how many match in all."""
        conditions, values = _where(search, now)
        where = " AND ".join(conditions)
        chosen = " ".join(
            (
                "SELECT order_id, customer_order_id, created_by, number_count, status,",
                "created_at, modified_at FROM orders WHERE",
                where,
                "ORDER BY created_at DESC LIMIT ?",
            )
        )
        counted = " ".join(("SELECT count(*) FROM orders WHERE", where))
        with self._store.transaction() as connection:
            rows = connection.execute(chosen, (*values, LIST_LIMIT)).fetchall()
            total = len(rows)
            if total == LIST_LIMIT:
                total = connection.execute(counted, values).fetchone()[0]
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
                "UPDATE orders SET status = ?, problems = ?, modified_at = ? WHERE order_id = ?"
                " AND status IN ('RECEIVED', 'PROCESSING')",
                (status, json.dumps(moved.problems), at, order.order_id),
            )
            if changed.rowcount == 0:
                return None
            _remember(connection, moved, note)
            if moved.kind is OrderKind.IMPORT:
                connection.executemany(
                    "INSERT OR REPLACE INTO hosted_numbers VALUES (?, ?)",
                    [(number, order.order_id) for number in moved.succeeded()],
                )
            else:
                connection.executemany(
                    "DELETE FROM hosted_numbers WHERE telephone_number = ?",
                    [(number,) for number in moved.succeeded()],
                )
            if moved.is_final:
                connection.execute("DELETE FROM steps WHERE order_id = ?", (order.order_id,))
        return moved

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
        """Forget a step."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM steps WHERE step_id = ?", (step.step_id,))

    def next_due(self) -> float | None:
        """When the next step is due, None without any."""
        with self._store.transaction() as connection:
            row = connection.execute("SELECT min(due_at) FROM steps").fetchone()
        due: float | None = row[0]
        return due

    def hosted(self) -> list[str]:
        """The telephone numbers that are hosted now, in order."""
        with self._store.transaction() as connection:
            rows = connection.execute(
                "SELECT telephone_number FROM hosted_numbers ORDER BY telephone_number"
            ).fetchall()
        return [row[0] for row in rows]

    def is_hosted(self, telephone_number: str) -> bool:
        """Whether this number is hosted now."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT 1 FROM hosted_numbers WHERE telephone_number = ?", (telephone_number,)
            ).fetchone()
        return row is not None

    def drop(self, telephone_numbers: Iterable[str]) -> list[str]:
        """Stop hosting these; answers with those that were hosted."""
        with self._store.transaction() as connection:
            return [
                number
                for number in telephone_numbers
                if connection.execute(
                    "DELETE FROM hosted_numbers WHERE telephone_number = ?", (number,)
                ).rowcount
            ]


def _remember(connection: sqlite3.Connection, order: Order, note: str) -> None:
    connection.execute(
        "INSERT INTO order_history VALUES (?, ?, ?, ?)",
        (order.order_id, order.modified_at, order.status.lower(), note),
    )


def _where(search: Search, now: float) -> tuple[list[str], list[object]]:
    conditions = ["listed_at <= ?", "kind = ?"]
    values: list[object] = [now, search.kind]
    for condition, value in (
        ("created_at >= ?", search.created_from),
        ("created_at < ?", search.created_before),
        ("modified_at >= ?", search.modified_from),
        ("modified_at < ?", search.modified_before),
        ("customer_order_id = ?", search.customer_order_id or None),
        ("loa_type = ?", search.loa_type or None),
        (
            "order_id IN (SELECT order_id FROM order_numbers WHERE telephone_number = ?)",
            search.telephone_number or None,
        ),
        ("created_at >= ?", None if search.is_specific() else now - TWO_YEARS),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if search.statuses:
        marks = ", ".join("?" for _ in search.statuses)
        conditions.append(f"status IN ({marks})")
        values.extend(search.statuses)
    return conditions, values


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
    )
