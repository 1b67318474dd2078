"""The import order resource: what it takes, and how one is written."""

from __future__ import annotations

import uuid
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.cards import Act, cards_in
from carrier.sandbox.document import UnreadableDocumentError, leaf, parse, repeated_errors
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.order import Order, OrderKind
from carrier.sandbox.order_resource import OrderResource, write_head, write_outcome
from carrier.sandbox.state import SandboxState
from carrier.sandbox.validation import read_order

_ROOT = "ImportTnOrderResponse"


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
    if any(card.act is Act.NOT_CREATED_500 for card in cards_in(wanted.telephone_numbers).values()):
        return Answer(500)

    def make(now: float) -> Order:
        return Order(
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

    return IMPORT_ORDERS.accept(state, call, make)


def _write(node: Element, order: Order, state: SandboxState, call: Call) -> None:
    """Fill an ImportTnOrder element, in the carrier's own order of elements."""
    write_head(node, order, state)
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
    write_outcome(node, order, call)
    leaf(node, "SipPeerId", order.sip_peer_id)


IMPORT_ORDERS = OrderResource(
    kind=OrderKind.IMPORT,
    collection="importTnOrders",
    tag="ImportTnOrder",
    created_tag=_ROOT,
    bad_id_tag=_ROOT,
    list_order_type="import_tn_orders",
    statuses=frozenset({"RECEIVED", "PROCESSING", "COMPLETE", "PARTIAL", "FAILED"}),
    write=_write,
)
