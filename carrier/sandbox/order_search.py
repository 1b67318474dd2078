"""What a list of orders can be asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass

from carrier.sandbox.order import OrderKind

TWO_YEARS = 2 * 365 * 86400


@dataclass(frozen=True)
class Search:
    """Filters of the order list; empty and None mean "any". Dates are epoch seconds."""

    kind: OrderKind = OrderKind.IMPORT
    statuses: tuple[str, ...] = ()
    created_by: str = ""
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

    def where(self, *, now: float) -> tuple[list[str], list[object]]:
        """The conditions on the table of orders, and their values."""
        conditions = ["listed_at <= ?", "kind = ?"]
        values: list[object] = [now, self.kind]
        for condition, value in (
            ("created_at >= ?", self.created_from),
            ("created_at < ?", self.created_before),
            ("modified_at >= ?", self.modified_from),
            ("modified_at < ?", self.modified_before),
            ("customer_order_id = ?", self.customer_order_id or None),
            ("loa_type = ?", self.loa_type or None),
            ("created_by = ?", self.created_by or None),
            (
                "order_id IN (SELECT order_id FROM order_numbers WHERE telephone_number = ?)",
                self.telephone_number or None,
            ),
            ("created_at >= ?", None if self.is_specific() else now - TWO_YEARS),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        if self.statuses:
            conditions.append("status IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(self.statuses))
        return conditions, values
