"""One order of any kind: to import, to remove, for new numbers, to disconnect."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import NamedTuple

FINAL = frozenset({"COMPLETE", "PARTIAL", "FAILED", "EXCEPTION"})
BACKORDERED = "BACKORDERED"


class OrderKind(StrEnum):
    """What an order does with its numbers."""

    IMPORT = auto()
    REMOVAL = auto()
    NUMBER = auto()
    DISCONNECT = auto()


class Problem(NamedTuple):
    """One error of an order and the ten-digit numbers it is about (none: the whole order)."""

    code: str
    description: str
    telephone_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """One order; numbers are ten digits, instants are epoch seconds.

    `service_address` holds the address elements as they came, by their XML name. Only an import
    has a subscriber, only an import and a number order have a place. `details` holds what only
    one kind of order says, by a name of that kind's own.
    """

    order_id: str
    customer_order_id: str
    created_by: str
    telephone_numbers: tuple[str, ...]
    created_at: float
    modified_at: float
    site_id: str = ""
    sip_peer_id: str = ""
    subscriber_name: str = ""
    service_address: dict[str, str] = field(default_factory=dict)
    loa_authorizing_person: str = ""
    loa_type: str = ""
    status: str = "RECEIVED"
    problems: tuple[Problem, ...] = ()
    kind: OrderKind = OrderKind.IMPORT
    details: dict[str, str] = field(default_factory=dict)

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
