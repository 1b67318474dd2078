"""Faults that a tester asks for: which exist, and which request each one hits."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

INSTEAD = frozenset(
    {
        "refused",
        "not_created_500",
        "not_created_503",
        "throttled",
        "unauthorized",
        "forbidden",
        "redirect",
        "error_in_200",
        "dropped_before",
    }
)
"""Faults that answer in place of doing anything."""

AFTERWARDS = frozenset(
    {
        "created_500",
        "created_dropped",
        "created_cut",
        "created_cut_no_length",
        "created_slow",
        "created_drip",
        "created_drip_headers",
        "created_swollen",
        "created_html",
        "created_unreadable",
        "created_doctype",
        "created_late",
        "other_order",
        "id_only_in_location",
        "id_only_in_body",
        "id_nowhere",
        "ids_disagree",
        "empty_200",
        "status_missing",
    }
)
"""Faults that let the work be done (or the reading) and then spoil the answer."""

WITHIN = frozenset({"listed_late", "two_orders"})
"""Faults that change what creating an order does; the answer is a good one."""

LISTING = frozenset({"pages_by_id", "total_wrong", "row_repeated"})
"""Faults that change how the numbers of the account are listed in pages."""

NAMES = INSTEAD | AFTERWARDS | WITHIN | LISTING


@dataclass
class Fault:
    """One wish: a fault, the requests it is for, and how often.

    An empty `method` or `path_contains` matches any; `times` None lasts until it is cleared;
    `rate` is the chance (0 to 1) that a matching request is hit.
    """

    name: str
    method: str = ""
    path_contains: str = ""
    times: int | None = 1
    rate: float = 1.0
    params: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse (ValueError) what would otherwise never fire."""
        if self.name not in NAMES:
            raise ValueError(f"unknown fault {self.name}")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be 1 or more, or null for always")
        if not 0 < self.rate <= 1:
            raise ValueError("rate must be above 0 and at most 1")

    def number(self, name: str, default: float) -> float:
        """A numeric parameter, the default when it is missing or not a number."""
        value = self.params.get(name, default)
        return float(value) if isinstance(value, int | float) else default

    def text(self, name: str, default: str) -> str:
        """A parameter as text, the default when it is missing."""
        return str(self.params.get(name, default))


class FaultBook:
    """The faults asked for and not yet used up, oldest first. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have a fault from now on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Be well behaved again."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str, *, by_name_only: bool = False) -> Fault | None:
        """The fault that hits this request, counted as used, or None.

        `by_name_only` leaves out the faults that name no path: the token address is hit only when
        it is meant, or a fault for an order would be spent on fetching a token.
        """
        with self._lock:
            for fault in self._faults:
                if fault.method not in ("", method) or fault.path_contains not in path:
                    continue
                if by_name_only and not fault.path_contains:
                    continue
                if random.random() >= fault.rate:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault
        return None
