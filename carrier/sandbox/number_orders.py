"""The resource of orders of new numbers. With the real carrier, these spend money."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.cards import Act, cards_in
from carrier.sandbox.codes import description
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
from carrier.sandbox.number_order_input import read
from carrier.sandbox.order import BACKORDERED, Order, OrderKind
from carrier.sandbox.order_intake import about_order, accept, show_history
from carrier.sandbox.order_list import OrderList
from carrier.sandbox.ordering import EXISTING, Wish
from carrier.sandbox.processing import OrderEndedError
from carrier.sandbox.state import SandboxState
from carrier.sandbox.validation import CUSTOMER_ORDER_ID

_ROOT = "OrderResponse"

NUMBER_ORDERS = OrderList(
    kind=OrderKind.NUMBER,
    collection="orders",
    order_type="new_number",
    id_tag="orderId",
    statuses=frozenset({"RECEIVED", "COMPLETE", "PARTIAL", "BACKORDERED", "FAILED"}),
    default_size="",
    largest_size=1000,
    is_dashed=False,
    is_missing_when_empty=False,
)


def create(state: SandboxState, call: Call) -> Answer:
    """POST orders: 201 with the order, or 400 and no order.

    Which numbers it gets is decided when it is processed. A body that is no order, or that lists
    its numbers without an order type, is answered with 500, as the carrier does.
    """
    try:
        root = parse(call.request.body)
    except UnreadableDocumentError:
        return Answer(500)
    if root.tag != "Order" or root.find("TelephoneNumberList") is not None:
        return Answer(500)
    wanted, errors = read(state, call, root)
    if errors:
        return _refuse(errors, echo=root)
    acts = {card.act for card in cards_in(wanted.telephone_numbers).values()}
    if Act.NOT_CREATED_500 in acts:
        return Answer(500)

    def make(now: float) -> Order:
        return Order(
            order_id=str(uuid.uuid4()),
            customer_order_id=wanted.customer_order_id,
            site_id=wanted.site_id,
            sip_peer_id=wanted.sip_peer_id,
            created_by=state.options.username,
            telephone_numbers=wanted.telephone_numbers,
            created_at=now,
            modified_at=now,
            kind=OrderKind.NUMBER,
            details=wanted.wish.to_details(),
        )

    def show(order: Order) -> Answer:
        response = Element(_ROOT)
        # The id stands here and nowhere else: a read does not repeat it.
        _write_order(response, order, call, order_id=order.order_id)
        leaf(response, "OrderStatus", order.status)
        location = f"{call.location}/orders/{order.order_id}"
        return xml(201, render(response), location=location)

    return accept(state, call, make, show)


def get(state: SandboxState, call: Call, order_id: str) -> Answer:
    """GET one: what it came to so far. It does not say its own id."""
    return _about(state, order_id, lambda order: _show(order, call))


def history(state: SandboxState, order_id: str) -> Answer:
    """GET the history of one."""
    return _about(state, order_id, lambda order: show_history(state, order))


def update(state: SandboxState, call: Call, order_id: str) -> Answer:
    """PUT one: another name or reference; CloseOrder ends a backordered one and no other."""
    root = parse(call.request.body)

    def change(order: Order) -> Answer:
        reference = text_at(root, "CustomerOrderId") or order.customer_order_id
        if not CUSTOMER_ORDER_ID.fullmatch(reference):
            return _refuse([("5052", description("5052"))], echo=root)
        is_closing = text_at(root, "CloseOrder").lower() == "true"
        if is_closing and order.status != BACKORDERED:
            return _refuse([("5060", description("5060"))], echo=root)
        wish = Wish.of(order)
        renamed = replace(
            order,
            customer_order_id=reference,
            details=replace(wish, name=text_at(root, "Name") or wish.name).to_details(),
        )
        state.orders.rename(renamed)
        if is_closing:
            try:
                renamed = state.processing.finish(renamed, "FAILED")
            except OrderEndedError:
                return _refuse([("5060", description("5060"))], echo=root)
        return _show(renamed, call)

    return _about(state, order_id, change)


def _about(state: SandboxState, order_id: str, then: Callable[[Order], Answer]) -> Answer:
    return about_order(state, OrderKind.NUMBER, order_id, then, bad_id_tag=_ROOT)


def _refuse(errors: list[tuple[str, str]], *, echo: Element) -> Answer:
    response = Element(_ROOT)
    write_error_list(response, [(code, text, "") for code, text in errors])
    response.append(echo)
    return xml(400, render(response))


def _show(order: Order, call: Call) -> Answer:
    wish = Wish.of(order)
    done = order.succeeded()
    failed = _failed(order)
    root = Element(_ROOT)
    leaf(root, "CompletedQuantity", str(len(done)))
    leaf(root, "CreatedByUser", order.created_by)
    if order.problems:
        write_error_list(
            root,
            [
                (problem.code, problem.description, call.number_to_wire(number) if number else "")
                for problem in order.problems
                for number in problem.telephone_numbers or ("",)
            ],
        )
    if failed:
        listed = SubElement(root, "FailedNumbers")
        leaves(listed, "FullNumber", map(call.number_to_wire, failed))
    leaf(root, "LastModifiedDate", to_text(order.modified_at))
    if order.is_final:
        leaf(root, "OrderCompleteDate", to_text(order.modified_at))
    _write_order(root, order, call)
    leaf(root, "OrderStatus", order.status)
    if done:
        completed = SubElement(root, "CompletedNumbers")
        for number in map(call.number_to_wire, done):
            leaf(SubElement(completed, "TelephoneNumber"), "FullNumber", number)
        area_codes = ", ".join(sorted({number[:3] for number in done}))
        leaf(root, "Summary", f"{len(done)} of {wish.quantity} numbers ordered in ({area_codes})")
    left = wish.quantity - len(done)
    leaf(root, "FailedQuantity", str(left if order.is_final else 0))
    if not order.is_final:
        leaf(root, "PendingQuantity", str(left))
    return xml(200, render(root))


def _failed(order: Order) -> tuple[str, ...]:
    """The numbers that an ended order did not get."""
    done = set(order.succeeded())
    numbers = order.telephone_numbers if order.is_final else ()
    return tuple(number for number in numbers if number not in done)


def _write_order(parent: Element, order: Order, call: Call, *, order_id: str = "") -> None:
    wish = Wish.of(order)
    node = SubElement(parent, "Order")
    if order.customer_order_id:
        leaf(node, "CustomerOrderId", order.customer_order_id)
    if wish.name:
        leaf(node, "Name", wish.name)
    leaf(node, "OrderCreateDate", to_text(order.created_at))
    leaf(node, "PeerId", order.sip_peer_id)
    leaf(node, "BackOrderRequested", _word(wish.is_back_order))
    if order_id:
        leaf(node, "id", order_id)
    order_type = SubElement(node, wish.order_type)
    if wish.order_type != EXISTING:
        for tag, text in wish.fields.items():
            leaf(order_type, tag, text)
    elif order.status != "FAILED":
        # Of an order that has failed, the carrier leaves the element empty.
        listed = SubElement(order_type, "TelephoneNumberList")
        leaves(listed, "TelephoneNumber", map(call.number_to_wire, order.telephone_numbers))
    leaf(node, "PartialAllowed", _word(wish.is_partial_allowed))
    leaf(node, "SiteId", order.site_id)


def _word(value: bool) -> str:
    return "true" if value else "false"
