"""What orders of every kind have in common: being taken, being asked for, their history."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.cards import Act, cards_in
from carrier.sandbox.document import leaf, render, response_status
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.faults import Fault
from carrier.sandbox.instants import to_text
from carrier.sandbox.order import Order, OrderKind
from carrier.sandbox.spoiling import spoil
from carrier.sandbox.state import SandboxState

_CARD_FAULTS = {
    Act.CREATED_500: "created_500",
    Act.CREATED_DROPPED: "created_dropped",
    Act.CREATED_CUT: "created_cut",
}


def accept(
    state: SandboxState,
    call: Call,
    make: Callable[[float], Order],
    show: Callable[[Order], Answer],
) -> Answer:
    """Keep the order that `make` builds for an instant; `show` writes the answer to it.

    The faults and cards that are about creating have their say.
    """
    order = _keep(state, make, call.fault)
    if call.fault is not None and call.fault.name == "two_orders":
        _keep(state, make, None)
    acts = {card.act for card in cards_in(order.telephone_numbers).values()}
    answer = show(order)
    for act, fault in _CARD_FAULTS.items():
        if act in acts:
            return spoil(answer, Fault(fault))
    return answer


def _keep(state: SandboxState, make: Callable[[float], Order], fault: Fault | None) -> Order:
    now = time.time()
    late = fault.number("seconds", 10) if fault and fault.name == "listed_late" else 0
    order = make(now)
    state.orders.add(
        order,
        note="The order was received.",
        steps=state.processing.steps_for(order),
        listed_at=now + late,
    )
    state.processing.wake()
    return order


def about_order(
    state: SandboxState,
    kind: OrderKind,
    order_id: str,
    then: Callable[[Order], Answer],
    *,
    bad_id_tag: str,
) -> Answer:
    """Answer about one order: 400 with 1008 for an id that is no UUID, 404 for an unknown."""
    try:
        is_uuid = str(uuid.UUID(order_id)) == order_id.lower()
    except ValueError:
        is_uuid = False
    if not is_uuid:
        text = f"'{order_id}' is not a valid order id"
        return xml(400, response_status(bad_id_tag, "1008", text))
    order = state.orders.get(order_id.lower())
    if order is None or order.kind is not kind:
        return xml(404, response_status("ErrorResponse", "", f"Order {order_id} was not found"))
    return then(order)


def show_history(state: SandboxState, order: Order) -> Answer:
    """The steps that an order went through."""
    root = Element("OrderHistoryWrapper")
    for row in state.orders.history(order.order_id):
        entry = SubElement(root, "OrderHistory")
        leaf(entry, "OrderDate", to_text(row.at))
        leaf(entry, "Note", row.note)
        leaf(entry, "Author", order.created_by)
        # Number orders show theirs in capitals, imports and removals in small letters.
        is_loud = order.kind is OrderKind.NUMBER
        leaf(entry, "Status", row.status.upper() if is_loud else row.status)
    return xml(200, render(root))
