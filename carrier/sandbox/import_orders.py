"""The import order resource: create, read, list, history."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.cards import Act, cards_in
from carrier.sandbox.document import (
    UnreadableDocumentError,
    leaf,
    leaves,
    parse,
    render,
    repeated_errors,
    response_status,
)
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.faults import Fault
from carrier.sandbox.instants import DAY, start_of_day, to_text
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.order_book import Order, Search
from carrier.sandbox.spoiling import spoil
from carrier.sandbox.state import SandboxState
from carrier.sandbox.validation import OrderInput, read_order

_ROOT = "ImportTnOrderResponse"
_STATUSES = frozenset({"RECEIVED", "PROCESSING", "COMPLETE", "PARTIAL", "FAILED"})
_CARD_FAULTS = {
    Act.CREATED_500: "created_500",
    Act.CREATED_DROPPED: "created_dropped",
    Act.CREATED_CUT: "created_cut",
}


def orders_path(call: Call) -> str:
    """The address of the order collection on the wire that is spoken."""
    suffix = "/messaging" if call.v2 else ""
    return f"{call.location}/importTnOrders{suffix}"


def create(state: SandboxState, call: Call) -> Answer:
    """POST importTnOrders: 201 with the order, or 400 and no order.

    A body that is not an import order is answered with 500, as the carrier does.
    """
    try:
        root = parse(call.request.body)
    except UnreadableDocumentError:
        return Answer(500)
    if root.tag != "ImportTnOrder":
        return Answer(500)
    wanted, errors = read_order(root, v2=call.v2)
    if errors:
        return xml(400, repeated_errors(_ROOT, errors, status="FAILED"))
    acts = {card.act for card in cards_in(wanted.telephone_numbers).values()}
    if Act.NOT_CREATED_500 in acts:
        return Answer(500)
    order = _accept(state, wanted, call.fault)
    if call.fault is not None and call.fault.name == "two_orders":
        _accept(state, wanted, None)
    root = Element(_ROOT)
    write_order(SubElement(root, "ImportTnOrder"), order, state, call)
    answer = xml(201, render(root), location=f"{orders_path(call)}/{order.order_id}")
    for act, fault in _CARD_FAULTS.items():
        if act in acts:
            return spoil(answer, Fault(fault))
    return answer


def _accept(state: SandboxState, wanted: OrderInput, fault: Fault | None) -> Order:
    now = time.time()
    late = fault.number("seconds", 10) if fault and fault.name == "listed_late" else 0
    order = Order(
        order_id=str(uuid.uuid4()),
        customer_order_id=wanted.customer_order_id,
        site_id=wanted.site_id,
        sip_peer_id=wanted.sip_peer_id,
        subscriber_name=wanted.subscriber_name,
        service_address=wanted.service_address,
        loa_authorizing_person=wanted.loa_authorizing_person,
        loa_type=wanted.loa_type,
        created_by=state.options.username,
        telephone_numbers=wanted.telephone_numbers,
        created_at=now,
        modified_at=now,
    )
    state.orders.add(
        order,
        note="The import order was received.",
        steps=state.processing.steps_for(order.telephone_numbers, now=now),
        listed_at=now + late,
    )
    state.processing.wake()
    return order


def get(state: SandboxState, call: Call, order_id: str) -> Answer:
    """GET importTnOrders/{id}: a bare ImportTnOrder."""
    return with_order(state, order_id, lambda order: _show(state, call, order))


def _show(state: SandboxState, call: Call, order: Order) -> Answer:
    root = Element("ImportTnOrder")
    write_order(root, order, state, call)
    return xml(200, render(root))


def with_order(state: SandboxState, order_id: str, then: Callable[[Order], Answer]) -> Answer:
    """Answer about one order: 400 with 1008 for an id that is no UUID, 404 for an unknown one."""
    try:
        is_uuid = str(uuid.UUID(order_id)) == order_id.lower()
    except ValueError:
        is_uuid = False
    if not is_uuid:
        text = f"'{order_id}' is not a valid order id"
        return xml(400, response_status(_ROOT, "1008", text))
    order = state.orders.get(order_id.lower())
    if order is None:
        return xml(404, response_status("ErrorResponse", "", f"Order {order_id} was not found"))
    return then(order)


def list_orders(state: SandboxState, call: Call) -> Answer:
    """GET importTnOrders: at most 1000 summaries, newest first."""
    try:
        search = _read_search(call)
    except _BadFilterError as error:
        code, text = error.args
        return xml(400, repeated_errors("ImportTnOrders", [(code, text)]))
    rows, total = state.orders.find(search, now=time.time())
    root = Element("ImportTnOrders")
    leaf(root, "TotalCount", str(total))
    for row in rows:
        summary = SubElement(root, "ImportTnOrderSummary")
        leaf(summary, "accountId", state.options.account_id)
        leaf(summary, "CountOfTNs", str(row.number_count))
        if row.customer_order_id:
            leaf(summary, "CustomerOrderId", row.customer_order_id)
        leaf(summary, "userId", row.created_by)
        leaf(summary, "lastModifiedDate", to_text(row.modified_at))
        leaf(summary, "OrderDate", to_text(row.created_at))
        leaf(summary, "OrderType", "import_tn_orders")
        leaf(summary, "OrderStatus", row.status)
        leaf(summary, "OrderId", row.order_id)
    return xml(200, render(root))


class _BadFilterError(ValueError):
    """A query parameter that the carrier refuses: (code, description)."""


def _read_search(call: Call) -> Search:
    query = call.request
    statuses = tuple(query.query.get("status", ()))
    for status in statuses:
        if status not in _STATUSES:
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
        statuses=statuses,
        telephone_number=number,
        customer_order_id=query.parameter("customerOrderId"),
        loa_type="" if loa_type == "ALL" else loa_type,
        created_from=_day(call, "createdDateFrom"),
        created_before=_day(call, "createdDateTo", after=DAY),
        modified_from=_day(call, "modifiedDateFrom"),
        modified_before=_day(call, "modifiedDateTo", after=DAY),
    )


def _day(call: Call, name: str, *, after: float = 0.0) -> float | None:
    """A date filter as epoch seconds; `after` moves it, so that a last day counts whole."""
    text = call.request.parameter(name)
    if not text:
        return None
    try:
        return start_of_day(text) + after
    except ValueError as error:
        raise _BadFilterError("1007", f"{name} {text} is not a date, use yyyy-MM-dd") from error


def history(state: SandboxState, order_id: str) -> Answer:
    """GET importTnOrders/{id}/history."""
    return with_order(state, order_id, lambda order: _show_history(state, order))


def _show_history(state: SandboxState, order: Order) -> Answer:
    root = Element("OrderHistoryWrapper")
    for row in state.orders.history(order.order_id):
        entry = SubElement(root, "OrderHistory")
        leaf(entry, "OrderDate", to_text(row.at))
        leaf(entry, "Note", row.note)
        leaf(entry, "Author", order.created_by)
        leaf(entry, "Status", row.status)
    return xml(200, render(root))


def write_order(node: Element, order: Order, state: SandboxState, call: Call) -> None:
    """Fill an ImportTnOrder element, in the carrier's own order of elements."""
    if order.customer_order_id:
        leaf(node, "CustomerOrderId", order.customer_order_id)
    leaf(node, "OrderCreateDate", to_text(order.created_at))
    leaf(node, "AccountId", state.options.account_id)
    leaf(node, "CreatedByUser", order.created_by)
    leaf(node, "OrderId", order.order_id)
    leaf(node, "LastModifiedDate", to_text(order.modified_at))
    leaf(node, "SiteId", order.site_id)
    subscriber = SubElement(node, "Subscriber")
    leaf(subscriber, "Name", order.subscriber_name)
    address = SubElement(subscriber, "ServiceAddress")
    # The carrier adds the last two whether or not they were sent.
    added = {"Country": "United States", "AddressType": "Service"}
    for tag, text in {**order.service_address, **added}.items():
        leaf(address, tag, text)
    leaf(node, "LoaAuthorizingPerson", order.loa_authorizing_person)
    leaf(node, "LoaType", order.loa_type)
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
    leaf(node, "SipPeerId", order.sip_peer_id)
