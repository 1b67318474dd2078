"""Import orders: telephone numbers whose messaging the carrier is asked to host.

Source: the carrier's API pages for importTnOrders; v2 has it under `importTnOrders/messaging`.
"""

from collections.abc import Iterable
from datetime import date
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.dates import read_date
from carrier.errors import UnreadableBody
from carrier.identifiers import checked_order_id, is_uuid, last_segment
from carrier.problems import NUMBER_LISTS, read_numbers, read_problems
from carrier.records import (
    HistoryEntry,
    ImportOrderList,
    ImportOrderRecord,
    ImportOrderSummary,
    NewImportOrder,
    OrderStatus,
    ServiceAddress,
)
from carrier.telephone import NumberFormat, all_on_wire, on_wire
from carrier.wire import Answer

#: The carrier's list ends here without saying so.
MAX_ROWS = 1000

_BUCKET = "importTnOrders"

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
        lambda answer: _read_created(call, answer, order),
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
        root = xmlbody.parse(answer.body)
        if _order_node(root) is None and (problems := read_problems(root)):
            raise call.refused(answer.status, problems)
        record = read_order(root, known_order_id=order_id)
        if record.order_id != order_id:
            raise call.unknown("the answer is about another order", status=answer.status)
        return record

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
) -> ImportOrderList:
    """The account's import orders that meet all given filters, at most 1,000.

    Without a date, number or customer order id the carrier looks back two years only. Returns an
    empty list only when the carrier readably said so; everything else that is not a list (404, an
    empty body, an error inside a 200, a count that contradicts the rows) raises a CarrierError.
    """
    filters = [("status", status.value) for status in statuses]
    if telephone_number:
        filters.append(("tn", on_wire(telephone_number, carrier.number_format)))
    for name, text in (("customerOrderId", customer_order_id), ("loaType", loa_type)):
        if text:
            filters.append((name, text))
    for name, day in (
        ("createdDateFrom", created_from),
        ("createdDateTo", created_to),
        ("modifiedDateFrom", modified_from),
        ("modifiedDateTo", modified_to),
    ):
        if day is not None:
            filters.append((name, day.strftime("%Y-%m-%d")))
    call = Call(
        operation="import_orders.find",
        bucket=_BUCKET,
        method="GET",
        path=path_of(carrier),
        version=carrier.settings.api_version,
        query=tuple(filters),
    )

    def read(answer: Answer) -> ImportOrderList:
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
    node = _order_node(root)
    if node is None:
        raise UnreadableBody("there is no import order in it")
    parts: dict[str, Element] = {}
    for part in node:
        parts.setdefault(xmlbody.name_of(part), part)

    def text(*names: str) -> str:
        return next((found for name in names if (found := xmlbody.text(parts.get(name)))), "")

    order_id = text("orderid", "id") or known_order_id
    if not is_uuid(order_id):
        raise UnreadableBody("the import order has no readable id")
    raw_status = text("processingstatus", "orderstatus")
    raw_created_at, raw_last_modified_at = text("ordercreatedate"), text("lastmodifieddate")
    return ImportOrderRecord(
        order_id=order_id.lower(),
        customer_order_id=text("customerorderid"),
        status=OrderStatus.read(raw_status),
        raw_status=raw_status,
        telephone_numbers=read_numbers(parts.get("telephonenumbers")),
        problems=read_problems(node),
        site_id=text("siteid"),
        sip_peer_id=text("sippeerid"),
        created_at=read_date(raw_created_at),
        raw_created_at=raw_created_at,
        last_modified_at=read_date(raw_last_modified_at),
        raw_last_modified_at=raw_last_modified_at,
        subscriber_name=xmlbody.text(parts.get("subscriber"), "name"),
        loa_type=text("loatype"),
        loa_authorizing_person=text("loaauthorizingperson"),
    )


def read_list(root: Element) -> ImportOrderList:
    """The rows of a list. Raises UnreadableBody when it is no list or contradicts itself."""
    holder = xmlbody.unwrap(root)
    if xmlbody.name_of(holder) != "importtnorders":
        raise UnreadableBody("it is not a list of import orders")
    rows = tuple(
        _read_row(xmlbody.unwrap(row)) for row in xmlbody.children(holder, "importtnordersummary")
    )
    # Totals are known to be wrong, so the rows count; but "none" must be beyond doubt, because an
    # order that is not found may be sent again by a person.
    if not rows and xmlbody.text(holder, "totalcount") not in ("", "0"):
        raise UnreadableBody("the list counts orders but shows none")
    return ImportOrderList(rows, truncated=len(rows) >= MAX_ROWS)


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


def _read_row(row: Element) -> ImportOrderSummary:
    order_id = xmlbody.text(row, "orderid")
    if not is_uuid(order_id):
        raise UnreadableBody("a row of the list has no readable order id")
    raw_status = xmlbody.text(row, "orderstatus", "processingstatus")
    raw_created_at = xmlbody.text(row, "orderdate", "ordercreatedate")
    raw_last_modified_at = xmlbody.text(row, "lastmodifieddate")
    return ImportOrderSummary(
        order_id=order_id.lower(),
        customer_order_id=xmlbody.text(row, "customerorderid"),
        status=OrderStatus.read(raw_status),
        raw_status=raw_status,
        telephone_number_count=xmlbody.number(row, "countoftns", "countsoftns"),
        created_at=read_date(raw_created_at),
        raw_created_at=raw_created_at,
        last_modified_at=read_date(raw_last_modified_at),
        raw_last_modified_at=raw_last_modified_at,
        user_id=xmlbody.text(row, "userid"),
    )


def _order_node(root: Element) -> Element | None:
    return next(
        (
            node
            for node in xmlbody.walk(root, skipping=NUMBER_LISTS)
            if xmlbody.child(node, "orderid", "processingstatus") is not None
        ),
        None,
    )


def _read_created(call: Call, answer: Answer, order: NewImportOrder) -> ImportOrderRecord:
    """The accepted order, or the error that says why we cannot call it accepted."""
    located = last_segment(answer.headers.get("Location", ""))
    located = located.lower() if is_uuid(located) else ""
    if not answer.body.strip():
        if not located:
            raise call.unknown("neither Location nor body names an order", status=answer.status)
        return _echo(order, located)
    root = xmlbody.parse(answer.body)
    node = _order_node(root)
    named = xmlbody.text(node, "orderid", "id").lower() if node is not None else ""
    if not named and not located:
        if problems := read_problems(root):
            raise call.refused(answer.status, problems)
        raise call.unknown("neither Location nor body names an order", status=answer.status)
    if node is None:
        raise call.unknown("Location names an order, the body holds none", status=answer.status)
    if named and located and located != named:
        raise call.unknown("Location and body do not name one order", status=answer.status)
    record = read_order(root, known_order_id=located)
    if record.customer_order_id and record.customer_order_id != order.customer_order_id.strip():
        raise call.unknown("the answer is about another customer order id", status=answer.status)
    return record


def _echo(order: NewImportOrder, order_id: str) -> ImportOrderRecord:
    """What is known of an order that was accepted with its address only."""
    return ImportOrderRecord(
        order_id=order_id,
        customer_order_id=order.customer_order_id,
        status=OrderStatus.UNKNOWN,
        raw_status="",
        telephone_numbers=order.telephone_numbers,
        problems=(),
        site_id=order.site_id,
        sip_peer_id=order.sip_peer_id,
        created_at=None,
        raw_created_at="",
        last_modified_at=None,
        raw_last_modified_at="",
        subscriber_name=order.subscriber_name,
        loa_type=order.loa_type,
        loa_authorizing_person=order.loa_authorizing_person,
    )
