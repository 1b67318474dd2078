"""Import orders: telephone numbers whose messaging the carrier is asked to host.

Source: the carrier's API pages for importTnOrders; v2 has it under `importTnOrders/messaging`.
"""

from collections.abc import Iterable
from datetime import date
from xml.etree.ElementTree import Element

from carrier import order_shapes, xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.dates import read_date
from carrier.errors import UnreadableBody
from carrier.identifiers import checked_order_id
from carrier.records import (
    HistoryEntry,
    ImportOrderRecord,
    NewImportOrder,
    OrderList,
    OrderStatus,
    ServiceAddress,
)
from carrier.telephone import NumberFormat, all_on_wire
from carrier.wire import Answer

_BUCKET = "importTnOrders"
_WHAT = "import order"

# The carrier's element for each part of an address, in the order of its schema.
_ADDRESS = (
    ("HousePrefix", "house_prefix"),
    ("HouseNumber", "house_number"),
    ("HouseSuffix", "house_suffix"),
    ("PreDirectional", "pre_directional"),
    ("StreetName", "street_name"),
    ("StreetSuffix", "street_suffix"),
    ("PostDirectional", "post_directional"),
    ("AddressLine2", "address_line2"),
    ("City", "city"),
    ("StateCode", "state_code"),
    ("Zip", "zip"),
    ("PlusFour", "plus_four"),
    ("County", "county"),
)


def path_of(carrier: Carrier, *parts: str) -> str:
    """The path of import orders in the account's API version, followed by checked parts."""
    root = "importTnOrders" if carrier.settings.api_version == "v1" else "importTnOrders/messaging"
    return "/".join((root, *parts))


def create(carrier: Carrier, *, order: NewImportOrder) -> ImportOrderRecord:
    """Send an import order, once. Returns the order as the carrier accepted it.

    Raises Refused, CredentialsRefused, Throttled or NotSent when nothing was created, and
    OutcomeUnknown when it may have been: an order is accepted only by an answer that names it, in
    Location or body without contradiction, and that is about our customer order id. Raises
    ValueError when the order holds something that is not a telephone number or id.
    """
    call = Call(
        operation="import_orders.create",
        bucket=_BUCKET,
        method="POST",
        path=path_of(carrier),
        version=carrier.settings.api_version,
        body=build_document(order, carrier.number_format),
    )
    return carrier.call(
        call,
        lambda answer: order_shapes.read_created(
            call,
            answer,
            _read,
            customer_order_id=order.customer_order_id,
            echo=lambda order_id: _echo(order, order_id),
        ),
        order_id_of=lambda record: record.order_id,
    )


def get(carrier: Carrier, *, order_id: str) -> ImportOrderRecord:
    """The order as it stands now. Reasons about numbers are part of it, not an error.

    Raises NotFound for an unknown order, OutcomeUnknown when the answer is no order or another
    one, and the other CarrierErrors when it could not be asked.
    """
    order_id = checked_order_id(order_id)
    call = Call(
        operation="import_orders.get",
        bucket=_BUCKET,
        method="GET",
        path=path_of(carrier, order_id),
        version=carrier.settings.api_version,
        order_id=order_id,
    )

    def read(answer: Answer) -> ImportOrderRecord:
        return order_shapes.read_found(call, answer, _read, order_id=order_id)

    return carrier.call(call, read)


def find(
    carrier: Carrier,
    *,
    customer_order_id: str = "",
    telephone_number: str = "",
    statuses: Iterable[OrderStatus] = (),
    created_from: date | None = None,
    created_to: date | None = None,
    modified_from: date | None = None,
    modified_to: date | None = None,
    loa_type: str = "",
) -> OrderList:
    """The account's import orders that meet all given filters, at most 1,000.

    Without a date, number or customer order id the carrier looks back two years only. Returns an
    empty list only when the carrier readably said so; everything else that is not a list (404, an
    empty body, an error inside a 200, a count that contradicts the rows) raises a CarrierError.
    """
    search = order_shapes.Search(
        customer_order_id=customer_order_id,
        telephone_number=telephone_number,
        statuses=statuses,
        created_from=created_from,
        created_to=created_to,
        modified_from=modified_from,
        modified_to=modified_to,
    )
    filters = search.query(carrier.number_format)
    if loa_type:
        filters = (*filters, ("loaType", loa_type))
    call = Call(
        operation="import_orders.find",
        bucket=_BUCKET,
        method="GET",
        path=path_of(carrier),
        version=carrier.settings.api_version,
        query=filters,
    )

    def read(answer: Answer) -> OrderList:
        return read_list(call.root_of(answer))

    return carrier.call(call, read)


def history(carrier: Carrier, *, order_id: str) -> tuple[HistoryEntry, ...]:
    """The steps of an order as the carrier lists them. Raises as `get` does."""
    order_id = checked_order_id(order_id)
    call = Call(
        operation="import_orders.history",
        bucket=_BUCKET,
        method="GET",
        path=path_of(carrier, order_id, "history"),
        version=carrier.settings.api_version,
        order_id=order_id,
    )

    def read(answer: Answer) -> tuple[HistoryEntry, ...]:
        return read_history(call.root_of(answer))

    return carrier.call(call, read)


def build_document(order: NewImportOrder, number_format: NumberFormat) -> bytes:
    """The order as the carrier's XML. Raises ValueError for a bad telephone number or id."""
    root = Element("ImportTnOrder")
    xmlbody.add(root, "CustomerOrderId", order.customer_order_id)
    xmlbody.add(root, "SiteId", order.site_id)
    if order.sip_peer_id:
        xmlbody.add(root, "SipPeerId", order.sip_peer_id)
    subscriber = xmlbody.add(root, "Subscriber")
    xmlbody.add(subscriber, "Name", order.subscriber_name)
    _add_address(xmlbody.add(subscriber, "ServiceAddress"), order.service_address)
    xmlbody.add(root, "LoaAuthorizingPerson", order.loa_authorizing_person)
    xmlbody.add(root, "LoaType", order.loa_type)
    xmlbody.add_all(
        xmlbody.add(root, "TelephoneNumbers"),
        "TelephoneNumber",
        all_on_wire(order.telephone_numbers, number_format),
    )
    return xmlbody.to_bytes(root)


def _add_address(element: Element, address: ServiceAddress) -> None:
    for name, attribute in _ADDRESS:
        value: str = getattr(address, attribute)
        if value:
            xmlbody.add(element, name, value)


def read_order(root: Element, *, known_order_id: str = "") -> ImportOrderRecord:
    """The order in an answer, whatever wraps it; `known_order_id` serves when it names none.

    Raises UnreadableBody when there is no order or its id is not a UUID.
    """
    node = order_shapes.node_of(root, what=_WHAT)
    record = order_shapes.read_record(node, what=_WHAT, known_order_id=known_order_id)
    return ImportOrderRecord(
        **vars(record),
        site_id=xmlbody.text(node, "siteid"),
        sip_peer_id=xmlbody.text(node, "sippeerid"),
        subscriber_name=xmlbody.text(xmlbody.child(node, "subscriber"), "name"),
        loa_type=xmlbody.text(node, "loatype"),
        loa_authorizing_person=xmlbody.text(node, "loaauthorizingperson"),
    )


def _read(root: Element, known_order_id: str) -> ImportOrderRecord:
    return read_order(root, known_order_id=known_order_id)


def read_list(root: Element) -> OrderList:
    """The rows of a list. Raises UnreadableBody when it is no list or contradicts itself."""
    return order_shapes.read_list(root, name="importtnorder", what=_WHAT)


def read_history(root: Element) -> tuple[HistoryEntry, ...]:
    """The entries of a history. Raises UnreadableBody when it is none."""
    if xmlbody.name_of(root) != "orderhistorywrapper":
        raise UnreadableBody("it is not an order history")
    return tuple(
        HistoryEntry(
            at=read_date(xmlbody.text(row, "orderdate")),
            raw_at=xmlbody.text(row, "orderdate"),
            status=OrderStatus.read(xmlbody.text(row, "status")),
            raw_status=xmlbody.text(row, "status"),
            note=xmlbody.text(row, "note"),
            author=xmlbody.text(row, "author"),
        )
        for row in xmlbody.children(root, "orderhistory")
    )


def _echo(order: NewImportOrder, order_id: str) -> ImportOrderRecord:
    """What is known of an order that was accepted with its address only."""
    record = order_shapes.bare_record(
        order_id=order_id,
        customer_order_id=order.customer_order_id,
        telephone_numbers=order.telephone_numbers,
    )
    return ImportOrderRecord(
        **vars(record),
        site_id=order.site_id,
        sip_peer_id=order.sip_peer_id,
        subscriber_name=order.subscriber_name,
        loa_type=order.loa_type,
        loa_authorizing_person=order.loa_authorizing_person,
    )
