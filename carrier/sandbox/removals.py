"""The resource of orders that end the hosting of numbers: what it takes, and how one is written."""

from __future__ import annotations

import uuid
from xml.etree.ElementTree import Element

from carrier.sandbox.document import UnreadableDocumentError, parse, repeated_errors
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.order import Order, OrderKind
from carrier.sandbox.order_resource import OrderResource, write_head, write_outcome
from carrier.sandbox.state import SandboxState
from carrier.sandbox.validation import read_removal

# The carrier's own: the plural at creation, yet another name at a read with an id that is none.
_ROOT = "RemoveImportedTnOrdersResponse"


def create(state: SandboxState, call: Call) -> Answer:
    """POST removeImportedTnOrders: 201 with the order, or 400 and no order.

    Whether the numbers are hosted is looked at when the order is processed.
    """
    try:
        root = parse(call.request.body)
    except UnreadableDocumentError:
        return Answer(500)
    if root.tag != "RemoveImportedTnOrder":
        return Answer(500)
    customer_order_id, numbers, errors = read_removal(root, v2=call.v2)
    if errors:
        return xml(400, repeated_errors(_ROOT, errors, status="FAILED"))

    def make(now: float) -> Order:
        return Order(
            order_id=str(uuid.uuid4()),
            customer_order_id=customer_order_id,
            created_by=state.options.username,
            telephone_numbers=numbers,
            created_at=now,
            modified_at=now,
            kind=OrderKind.REMOVAL,
        )

    return REMOVALS.accept(state, call, make)


def _write(node: Element, order: Order, state: SandboxState, call: Call) -> None:
    write_head(node, order, state)
    write_outcome(node, order, call)


REMOVALS = OrderResource(
    kind=OrderKind.REMOVAL,
    collection="removeImportedTnOrders",
    tag="RemoveImportedTnOrder",
    created_tag=_ROOT,
    bad_id_tag="RemoveImportedTnOrdersReportResponse",
    list_order_type="remove_imported_tn_orders",
    statuses=frozenset({"PROCESSING", "COMPLETE", "PARTIAL", "FAILED"}),
    write=_write,
)
