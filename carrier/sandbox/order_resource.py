"""What the resources of import orders and of removals have in common: read, list, history."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.cards import Act, cards_in
from carrier.sandbox.document import leaf, leaves, render, repeated_errors, response_status
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.faults import Fault
from carrier.sandbox.instants import DAY, start_of_day, to_text
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.order_book import Order, OrderKind, Search
from carrier.sandbox.spoiling import spoil
from carrier.sandbox.state import SandboxState

_CARD_FAULTS = {
    Act.CREATED_500: "created_500",
    Act.CREATED_DROPPED: "created_dropped",
    Act.CREATED_CUT: "created_cut",
}


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
        """Keep the order that `make` builds for an instant; 201 with it, however it is spoilt.

        The faults and cards that are about creating have their say.
        """
        order = self._keep(state, make, call.fault)
        acts = {card.act for card in cards_in(order.telephone_numbers).values()}
        if call.fault is not None and call.fault.name == "two_orders":
            self._keep(state, make, None)
        root = Element(self.created_tag)
        self.write(SubElement(root, self.tag), order, state, call)
        answer = xml(201, render(root), location=f"{self.path(call)}/{order.order_id}")
        for act, fault in _CARD_FAULTS.items():
            if act in acts:
                return spoil(answer, Fault(fault))
        return answer

    def _keep(
        self, state: SandboxState, make: Callable[[float], Order], fault: Fault | None
    ) -> Order:
        now = time.time()
        late = fault.number("seconds", 10) if fault and fault.name == "listed_late" else 0
        order = make(now)
        state.orders.add(
            order,
            note="The order was received.",
            steps=state.processing.steps_for(order.telephone_numbers, now=now),
            listed_at=now + late,
        )
        state.processing.wake()
        return order

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
        """Answer about one order: 400 with 1008 for an id that is no UUID, 404 for an unknown."""
        try:
            is_uuid = str(uuid.UUID(order_id)) == order_id.lower()
        except ValueError:
            is_uuid = False
        if not is_uuid:
            text = f"'{order_id}' is not a valid order id"
            return xml(400, response_status(self.bad_id_tag, "1008", text))
        order = state.orders.get(order_id.lower())
        if order is None or order.kind is not self.kind:
            return xml(404, response_status("ErrorResponse", "", f"Order {order_id} was not found"))
        return then(order)

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

        def show(order: Order) -> Answer:
            root = Element("OrderHistoryWrapper")
            for row in state.orders.history(order.order_id):
                entry = SubElement(root, "OrderHistory")
                leaf(entry, "OrderDate", to_text(row.at))
                leaf(entry, "Note", row.note)
                leaf(entry, "Author", order.created_by)
                leaf(entry, "Status", row.status)
            return xml(200, render(root))

        return self.with_order(state, order_id, show)

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
