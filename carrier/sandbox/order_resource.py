"""What the resources of import orders and of removals have in common: read, list, history."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.document import leaf, leaves, render, repeated_errors
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.instants import DAY, start_of_day, to_text
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.order import Order, OrderKind
from carrier.sandbox.order_intake import about_order, accept, show_history
from carrier.sandbox.order_search import Search
from carrier.sandbox.state import SandboxState


@dataclass(frozen=True)
class OrderResource:
    """One kind of order as the carrier writes it: its names, and what fills its element."""

    kind: OrderKind
    collection: str
    tag: str
    created_tag: str
    # The root of the answer to a read with an id that is none.
    bad_id_tag: str
    list_order_type: str
    statuses: frozenset[str]
    write: Callable[[Element, Order, SandboxState, Call], None]

    def path(self, call: Call) -> str:
        """The address of the collection on the wire that is spoken."""
        suffix = "/messaging" if call.v2 else ""
        return f"{call.location}/{self.collection}{suffix}"

    def accept(self, state: SandboxState, call: Call, make: Callable[[float], Order]) -> Answer:
        """Keep the order that `make` builds for an instant; 201 with it, however it is spoilt."""

        def show(order: Order) -> Answer:
            root = Element(self.created_tag)
            self.write(SubElement(root, self.tag), order, state, call)
            return xml(201, render(root), location=f"{self.path(call)}/{order.order_id}")

        return accept(state, call, make, show)

    def get(self, state: SandboxState, call: Call, order_id: str) -> Answer:
        """GET one: the bare order."""

        def show(order: Order) -> Answer:
            root = Element(self.tag)
            self.write(root, order, state, call)
            return xml(200, render(root))

        return self.with_order(state, order_id, show)

    def with_order(
        self, state: SandboxState, order_id: str, then: Callable[[Order], Answer]
    ) -> Answer:
        """Answer about one order of this kind, or say that there is none."""
        return about_order(state, self.kind, order_id, then, bad_id_tag=self.bad_id_tag)

    def list_orders(self, state: SandboxState, call: Call) -> Answer:
        """GET the collection: at most 1000 summaries, newest first."""
        try:
            search = self._read_search(call)
        except _BadFilterError as error:
            code, text = error.args
            return xml(400, repeated_errors(f"{self.tag}s", [(code, text)]))
        rows, total = state.orders.find(search, now=time.time())
        root = Element(f"{self.tag}s")
        leaf(root, "TotalCount", str(total))
        for row in rows:
            summary = SubElement(root, f"{self.tag}Summary")
            leaf(summary, "accountId", state.options.account_id)
            leaf(summary, "CountOfTNs", str(row.number_count))
            if row.customer_order_id:
                leaf(summary, "CustomerOrderId", row.customer_order_id)
            leaf(summary, "userId", row.created_by)
            leaf(summary, "lastModifiedDate", to_text(row.modified_at))
            leaf(summary, "OrderDate", to_text(row.created_at))
            leaf(summary, "OrderType", self.list_order_type)
            leaf(summary, "OrderStatus", row.status)
            leaf(summary, "OrderId", row.order_id)
        return xml(200, render(root))

    def history(self, state: SandboxState, order_id: str) -> Answer:
        """GET the history of one."""

        return self.with_order(state, order_id, lambda order: show_history(state, order))

    def _read_search(self, call: Call) -> Search:
        query = call.request
        statuses = tuple(query.query.get("status", ()))
        for status in statuses:
            if status not in self.statuses:
                raise _BadFilterError("1008", f"status {status} is not valid")
        loa_type = query.parameter("loaType") or "ALL"
        if loa_type not in ("SUBSCRIBER", "CARRIER", "ALL"):
            raise _BadFilterError("1008", f"loaType {loa_type} is not valid")
        tn = query.parameter("tn")
        # A plus that was not escaped arrives as a blank.
        number = from_wire(tn.replace(" ", "+", 1), v2=call.v2) if tn else ""
        if number is None:
            raise _BadFilterError("7201", f"{tn} is not a valid NANPA telephone number.")
        return Search(
            kind=self.kind,
            statuses=statuses,
            telephone_number=number,
            customer_order_id=query.parameter("customerOrderId"),
            loa_type="" if loa_type == "ALL" else loa_type,
            created_from=_day(call, "createdDateFrom"),
            created_before=_day(call, "createdDateTo", after=DAY),
            modified_from=_day(call, "modifiedDateFrom"),
            modified_before=_day(call, "modifiedDateTo", after=DAY),
        )


def write_head(node: Element, order: Order, state: SandboxState) -> None:
    """Write what every order begins with."""
    if order.customer_order_id:
        leaf(node, "CustomerOrderId", order.customer_order_id)
    leaf(node, "OrderCreateDate", to_text(order.created_at))
    leaf(node, "AccountId", state.options.account_id)
    leaf(node, "CreatedByUser", order.created_by)
    leaf(node, "OrderId", order.order_id)
    leaf(node, "LastModifiedDate", to_text(order.modified_at))


def write_outcome(node: Element, order: Order, call: Call) -> None:
    """Write the numbers, the status and the errors."""
    numbers = SubElement(node, "TelephoneNumbers")
    leaves(numbers, "TelephoneNumber", map(call.number_to_wire, order.telephone_numbers))
    leaf(node, "ProcessingStatus", order.status)
    errors = SubElement(node, "Errors")
    for problem in order.problems:
        error = SubElement(errors, "Error")
        leaf(error, "Code", problem.code)
        leaf(error, "Description", problem.description)
        if problem.telephone_numbers:
            named = SubElement(error, "TelephoneNumbers")
            leaves(named, "TelephoneNumber", map(call.number_to_wire, problem.telephone_numbers))


class _BadFilterError(ValueError):
    """A query parameter that the carrier refuses: (code, description)."""


def _day(call: Call, name: str, *, after: float = 0.0) -> float | None:
    """A date filter as epoch seconds; `after` moves it, so that a last day counts whole."""
    text = call.request.parameter(name)
    if not text:
        return None
    try:
        return start_of_day(text) + after
    except ValueError as error:
        raise _BadFilterError("1007", f"{name} {text} is not a date, use yyyy-MM-dd") from error
