"""Webhook subscriptions as the carrier keeps them."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass

from carrier.sandbox.store import Store

READY = "READY"


@dataclass(frozen=True)
class Subscription:
    """One registration: for an order type or an event type, to a URL or to an e-mail address.

    `expires_at` is in epoch seconds; `status_text` is READY or how the last webhook ended.
    """

    subscription_id: str
    order_type: str
    event_type: str
    order_id: str
    url: str
    expires_at: float
    username: str
    password: str
    number_format: str
    email: str
    digest: str
    status_text: str = READY

    def is_same_registration(self, other: Subscription) -> bool:
        """Whether the carrier calls the two duplicates of each other (16008)."""
        return self._target() == other._target()

    def _target(self) -> tuple[str, ...]:
        kinds = (self.order_type.lower(), self.event_type)
        return (*kinds, self.order_id, self.url, self.email)


class SubscriptionBook:
    """Keeps the subscriptions; expired ones are as good as deleted."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, subscription: Subscription) -> None:
        """Keep a new subscription, or replace all of the one with the same id."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO subscriptions VALUES"
                " (:subscription_id, :order_type, :event_type, :order_id, :url, :expires_at,"
                " :username, :password, :number_format, :email, :digest, :status_text)",
                asdict(subscription),
            )

    def current(self, *, now: float) -> list[Subscription]:
        """All that have not expired, oldest first."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM subscriptions WHERE expires_at <= ?", (now,))
            rows = connection.execute("SELECT * FROM subscriptions ORDER BY rowid").fetchall()
        return [_subscription(row) for row in rows]

    def get(self, subscription_id: str, *, now: float) -> Subscription | None:
        """The one with this id, None when there is none or it has expired."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM subscriptions WHERE subscription_id = ? AND expires_at > ?",
                (subscription_id, now),
            ).fetchone()
        return _subscription(row) if row else None

    def set_status(self, subscription_id: str, text: str) -> None:
        """Keep how the last webhook ended."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE subscriptions SET status_text = ? WHERE subscription_id = ?",
                (text, subscription_id),
            )

    def delete(self, subscription_id: str) -> bool:
        """Forget one; whether there was one."""
        with self._store.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM subscriptions WHERE subscription_id = ?", (subscription_id,)
            )
        return deleted.rowcount == 1


def _subscription(row: sqlite3.Row) -> Subscription:
    return Subscription(**dict(row))
