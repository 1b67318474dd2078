"""Disconnects: numbers of our own that are given up. They go back to the carrier for good.

Source: the carrier's API pages for disconnects, the same path in both versions. Hosted numbers,
which were imported, are given back by a removal instead.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree.ElementTree import Element

from carrier import order_lists, order_shapes, xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.identifiers import checked_order_id
from carrier.problems import read_numbers
from carrier.records import ListingOrderRecord, NewRemoval, OrderList, OrderRecord
from carrier.telephone import NumberFormat, all_on_wire
from carrier.wire import Answer

#: The carrier's word for a number that it could not disconnect, such as one that is not ours.
NOT_DISCONNECTED = "5006"

#: How far back a disconnect is looked for when nobody says since when.
LOOK_BACK = timedelta(days=7)

_RESOURCE = "disconnects"
_WHAT = "disconnect"


def create(carrier: Carrier, *, removal: NewRemoval) -> ListingOrderRecord:
    """Send a disconnect, once. Returns it as the carrier accepted it; raises as import orders do.

    It cannot be taken back: after some weeks anybody may get the numbers.
    """
    call = Call(
        operation="disconnects.create",
        bucket=_RESOURCE,
        method="POST",
        path=_RESOURCE,
        version=carrier.settings.api_version,
        body=build_document(removal, carrier.number_format),
    )
    return carrier.call(
        call,
        lambda answer: order_shapes.read_created(
            call,
            answer,
            read_disconnect,
            customer_order_id=removal.customer_order_id,
            echo=lambda order_id: _listing(
                order_shapes.bare_record(
                    order_id=order_id,
                    customer_order_id=removal.customer_order_id,
                    telephone_numbers=removal.telephone_numbers,
                )
            ),
            find_node=order_shapes.requested_node,
        ),
        order_id_of=lambda record: record.order_id,
    )


def get(carrier: Carrier, *, order_id: str) -> ListingOrderRecord:
    """The disconnect as it stands now. Reasons about numbers are part of it, not an error.

    Raises NotFound for an unknown one, OutcomeUnknown when the answer is none or another one, and
    the other CarrierErrors when it could not be asked.
    """
    order_id = checked_order_id(order_id)
    call = Call(
        operation="disconnects.get",
        bucket=_RESOURCE,
        method="GET",
        path=f"{_RESOURCE}/{order_id}",
        version=carrier.settings.api_version,
        order_id=order_id,
    )

    def read(answer: Answer) -> ListingOrderRecord:
        return order_shapes.read_found(
            call,
            answer,
            read_disconnect,
            order_id=order_id,
            find_node=order_shapes.requested_node,
        )

    return carrier.call(call, read)


def find(
    carrier: Carrier,
    *,
    customer_order_id: str = "",
    telephone_number: str = "",
    since: date | None = None,
) -> OrderList:
    """The account's disconnects that are or may be under our reference.

    The carrier can be asked for no reference, and its rows show none: then every disconnect from
    `since` on (UTC, with a day to spare) is a candidate, and whoever asks opens it and compares. So
    an empty list means "not there" only for what was sent after `since`, by itself LOOK_BACK ago.
    The carrier's own filter by date is not used, since its pages do not say which date it means.

    Rows hold no telephone numbers either, so asking for one is a ValueError: an empty answer would
    read as "not there". Otherwise as `order_lists.find`.
    """
    if telephone_number:
        raise ValueError("disconnects cannot be found by a telephone number")
    since = since or (datetime.now(UTC) - LOOK_BACK).date()
    return order_lists.find(
        carrier,
        resource=_RESOURCE,
        reference=customer_order_id,
        since=since - timedelta(days=1),
    )


def build_document(removal: NewRemoval, number_format: NumberFormat) -> bytes:
    """The disconnect as the carrier's XML. Raises ValueError for a bad telephone number."""
    root = Element("DisconnectTelephoneNumberOrder")
    xmlbody.add(root, "CustomerOrderId", removal.customer_order_id)
    kind = xmlbody.add(root, "DisconnectTelephoneNumberOrderType")
    xmlbody.add_all(
        xmlbody.add(kind, "TelephoneNumberList"),
        "TelephoneNumber",
        all_on_wire(removal.telephone_numbers, number_format),
    )
    return xmlbody.to_bytes(root)


def read_disconnect(root: Element, known_order_id: str = "") -> ListingOrderRecord:
    """The disconnect in an answer; `known_order_id` serves when it names none.

    Raises UnreadableBody when there is none or its id is not a UUID.
    """
    record = order_shapes.read_listing_record(root, what=_WHAT, known_order_id=known_order_id)
    return _listing(record, read_numbers(xmlbody.child(root, "disconnectedtelephonenumberlist")))


def _listing(record: OrderRecord, disconnected: tuple[str, ...] = ()) -> ListingOrderRecord:
    named = replace(record, telephone_numbers=record.telephone_numbers or disconnected)
    return ListingOrderRecord(**vars(named), completed_numbers=disconnected, failed_numbers=())
