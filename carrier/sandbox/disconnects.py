"""The resource of disconnects: it gives owned numbers back. With the real carrier, for good."""

from __future__ import annotations

import uuid
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.codes import description
from carrier.sandbox.criteria import MOST_NUMBERS
from carrier.sandbox.document import (
    UnreadableDocumentError,
    leaf,
    leaves,
    parse,
    render,
    text_at,
    write_error_list,
)
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.instants import to_text
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.order import Order, OrderKind
from carrier.sandbox.order_intake import about_order, accept
from carrier.sandbox.order_list import OrderList
from carrier.sandbox.state import SandboxState
from carrier.sandbox.validation import CUSTOMER_ORDER_ID, Errors

_ROOT = "DisconnectTelephoneNumberOrderResponse"
_TYPE = "DisconnectTelephoneNumberOrderType"

DISCONNECTS = OrderList(
    kind=OrderKind.DISCONNECT,
    collection="disconnects",
    order_type="disconnect",
    id_tag="OrderId",
    statuses=frozenset({"RECEIVED", "COMPLETE", "PARTIAL", "FAILED"}),
    default_size="300",
    largest_size=5000,
    is_dashed=True,
    is_missing_when_empty=True,
)


def create(state: SandboxState, call: Call) -> Answer:
    """POST disconnects: 201 with the order, or 400 and no order.

    Whether the numbers are owned is looked at when the order is processed.
    """
    try:
        root = parse(call.request.body)
    except UnreadableDocumentError:
        return Answer(500)
    if root.tag != "DisconnectTelephoneNumberOrder":
        return Answer(500)
    reference = text_at(root, "CustomerOrderId") or text_at(root, "name")
    mode = text_at(root, f"{_TYPE}/DisconnectMode").lower() or "normal"
    numbers, errors = _read_numbers(root, call)
    if not CUSTOMER_ORDER_ID.fullmatch(reference):
        errors.append(("5052", description("5052")))
    if mode not in ("normal", "purge"):
        errors.append(("5084", description("5084")))
    if errors:
        response = Element(_ROOT)
        write_error_list(response, [(code, text, "") for code, text in errors])
        echo = SubElement(response, "orderRequest")
        echo.extend(root)
        return xml(400, render(response))

    def make(now: float) -> Order:
        return Order(
            order_id=str(uuid.uuid4()),
            customer_order_id=reference,
            created_by=state.options.username,
            telephone_numbers=numbers,
            created_at=now,
            modified_at=now,
            kind=OrderKind.DISCONNECT,
            details={"mode": mode},
        )

    def show(order: Order) -> Answer:
        location = f"{call.location}/disconnects/{order.order_id}"
        return xml(201, _render(order, call), location=location)

    return accept(state, call, make, show)


def get(state: SandboxState, call: Call, order_id: str) -> Answer:
    """GET one."""

    def show(order: Order) -> Answer:
        return xml(200, _render(order, call))

    return about_order(state, OrderKind.DISCONNECT, order_id, show, bad_id_tag=_ROOT)


def _read_numbers(root: Element, call: Call) -> tuple[tuple[str, ...], Errors]:
    nodes = root.findall(f"{_TYPE}/TelephoneNumberList/TelephoneNumber")
    texts = [(node.text or "").strip() for node in nodes]
    numbers = tuple(number for text in texts if (number := from_wire(text, v2=call.v2)))
    wrong = {
        "5001": not texts,
        "5008": len(numbers) < len(texts),
        "5093": len(set(texts)) < len(texts),
        "5095": len(texts) > MOST_NUMBERS,
    }
    return numbers, [(code, description(code)) for code, is_wrong in wrong.items() if is_wrong]


def _render(order: Order, call: Call) -> bytes:
    root = Element(_ROOT)
    if order.problems:
        write_error_list(
            root,
            [
                (problem.code, problem.description, call.number_to_wire(number))
                for problem in order.problems
                for number in problem.telephone_numbers
            ],
        )
    if done := order.succeeded():
        listed = SubElement(root, "DisconnectedTelephoneNumberList")
        leaves(listed, "TelephoneNumber", map(call.number_to_wire, done))
    # The carrier's own: this one element begins with a small letter.
    node = SubElement(root, "orderRequest")
    if order.customer_order_id:
        leaf(node, "CustomerOrderId", order.customer_order_id)
    leaf(node, "OrderCreateDate", to_text(order.created_at))
    leaf(node, "id", order.order_id)
    order_type = SubElement(node, _TYPE)
    wanted = SubElement(order_type, "TelephoneNumberList")
    leaves(wanted, "TelephoneNumber", map(call.number_to_wire, order.telephone_numbers))
    leaf(order_type, "DisconnectMode", order.details["mode"])
    leaf(root, "OrderStatus", order.status)
    return render(root)
