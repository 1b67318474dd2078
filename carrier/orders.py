"""Number orders: new telephone numbers for the account. They cost money.

Source: the carrier's API pages for orders, the same path in both versions.
"""

from dataclasses import replace
from xml.etree.ElementTree import Element

from carrier import order_lists, order_shapes, xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.errors import UnreadableBody
from carrier.identifiers import checked_order_id, checked_word_id
from carrier.problems import read_numbers, read_problems
from carrier.records import (
    NewNumberOrder,
    NumberOrderRecord,
    NumberOrderType,
    NumberSearch,
    OrderList,
)
from carrier.search import criteria_of, problem_of, text_of, uses_calling_area
from carrier.telephone import NumberFormat, all_on_wire
from carrier.wire import Answer

#: The carrier takes no more numbers in one order.
MAX_NUMBERS = 5000
#: The carrier's word for a number that is not on offer any more.
UNAVAILABLE = "5005"
#: The carrier's word for an order that cannot be closed, since it waits for nothing.
NOT_BACKORDERED = "5060"

_RESOURCE = "orders"
_WHAT = "number order"

_T = NumberOrderType
# The carrier's element for each type with a search, and those inside it with our fields.
_SEARCHES: dict[NumberOrderType, tuple[str, tuple[tuple[str, str], ...]]] = {
    _T.AREA_CODE: ("AreaCodeSearchAndOrderType", (("AreaCode", "area_code"),)),
    _T.NPA_NXX: (
        "NPANXXSearchAndOrderType",
        (("NpaNxx", "npa_nxx"), ("NpaNxxX", "npa_nxx_x")),
    ),
    _T.RATE_CENTER: (
        "RateCenterSearchAndOrderType",
        (("RateCenter", "rate_center"), ("State", "state")),
    ),
    _T.CITY: ("CitySearchAndOrderType", (("City", "city"), ("State", "state"))),
    _T.STATE: ("StateSearchAndOrderType", (("State", "state"),)),
    _T.ZIP: ("ZIPSearchAndOrderType", (("Zip", "zip_code"),)),
    _T.LATA: ("LATASearchAndOrderType", (("Lata", "lata"),)),
    _T.TOLL_FREE_VANITY: (
        "TollFreeVanitySearchAndOrderType",
        (("TollFreeVanity", "toll_free_vanity"),),
    ),
    _T.TOLL_FREE_WILDCARD: (
        "TollFreeWildCharSearchAndOrderType",
        (("TollFreeWildCardPattern", "toll_free_wildcard"),),
    ),
    _T.COMBINED: (
        "CombinedSearchAndOrderType",
        (
            ("AreaCode", "area_code"),
            ("RateCenter", "rate_center"),
            ("State", "state"),
            ("NpaNxx", "npa_nxx"),
            ("NpaNxxX", "npa_nxx_x"),
            ("Lata", "lata"),
            ("City", "city"),
            ("Zip", "zip_code"),
            ("LocalVanity", "local_vanity"),
        ),
    ),
}
# The types that say whether the local calling area counts too.
_WITH_CALLING_AREA = (_T.NPA_NXX, _T.RATE_CENTER, _T.COMBINED)
# Of these, one field alone makes the search; of all others every field is needed.
_ANY_FIELD = (_T.NPA_NXX, _T.COMBINED)


def create(carrier: Carrier, *, order: NewNumberOrder) -> NumberOrderRecord:
    """Send a number order, once. Returns it as the carrier accepted it.

    Raises as import orders do: OutcomeUnknown unless Location and body name one order between
    them, and ValueError for an order that must never be sent.
    """
    call = Call(
        operation="orders.create",
        bucket=_RESOURCE,
        method="POST",
        path=_RESOURCE,
        version=carrier.settings.api_version,
        body=build_document(order, carrier.number_format),
    )
    return carrier.call(
        call,
        lambda answer: order_shapes.read_created(
            call,
            answer,
            read_order,
            customer_order_id=order.customer_order_id,
            echo=lambda order_id: _echo(order, order_id),
            find_node=order_shapes.requested_node,
        ),
        order_id_of=lambda record: record.order_id,
    )


def get(carrier: Carrier, *, order_id: str) -> NumberOrderRecord:
    """The order as it stands now. Reasons about numbers are part of it, not an error.

    The answer does not repeat the id: the one that was asked for counts. Raises NotFound for an
    unknown order, OutcomeUnknown when the answer is no order or another one, and the other
    CarrierErrors when it could not be asked.
    """
    order_id = checked_order_id(order_id)
    call = Call(
        operation="orders.get",
        bucket=_RESOURCE,
        method="GET",
        path=f"{_RESOURCE}/{order_id}",
        version=carrier.settings.api_version,
        order_id=order_id,
    )

    def read(answer: Answer) -> NumberOrderRecord:
        return order_shapes.read_found(
            call,
            answer,
            read_order,
            order_id=order_id,
            find_node=order_shapes.requested_node,
        )

    return carrier.call(call, read)


def find(carrier: Carrier, *, customer_order_id: str = "", telephone_number: str = "") -> OrderList:
    """The account's number orders under our reference, as `order_lists.find` reads them.

    The carrier's list can be asked for no telephone number, and its rows hold none. An order by
    search has no numbers to be found by anyway, so asking for one is a ValueError: an empty answer
    would read as "not there".
    """
    if telephone_number:
        raise ValueError("number orders cannot be found by a telephone number")
    filters = (("customerOrderId", customer_order_id),) if customer_order_id else ()
    return order_lists.find(
        carrier, resource=_RESOURCE, reference=customer_order_id, filters=filters
    )


def close(carrier: Carrier, *, order_id: str) -> None:
    """Have the carrier look for no more numbers. What the order has got so far stays ours.

    Raises Refused (NOT_BACKORDERED) unless the order is BACKORDERED, and NotFound for an
    unknown one. Nothing else of the order is sent, so nothing else of it changes.
    """
    order_id = checked_order_id(order_id)
    root = Element("Order")
    xmlbody.add(root, "CloseOrder", "true")
    call = Call(
        operation="orders.close",
        bucket=_RESOURCE,
        method="PUT",
        path=f"{_RESOURCE}/{order_id}",
        version=carrier.settings.api_version,
        body=xmlbody.to_bytes(root),
        order_id=order_id,
    )

    def read(answer: Answer) -> None:
        # Documented with a body that says nothing; what is no such body is no yes.
        if not answer.body.strip():
            return
        root = xmlbody.parse(answer.body)
        # An order that comes along tells of its numbers: that is no refusal of the closing.
        if problems := tuple(p for p in read_problems(root) if not p.telephone_numbers):
            raise call.refused(answer.status, problems)
        if xmlbody.name_of(root) != "orderresponse":
            raise UnreadableBody("it is not about this order")

    carrier.call(call, read)


def build_document(order: NewNumberOrder, number_format: NumberFormat) -> bytes:
    """The order as the carrier's XML.

    Raises ValueError for a bad number or reservation, and for an order whose type does not say all
    that its search does: what is not said would be bought anywhere.
    """
    root = Element("Order")
    xmlbody.add(root, "CustomerOrderId", order.customer_order_id)
    if order.name:
        xmlbody.add(root, "Name", order.name)
    xmlbody.add(root, "BackOrderRequested", _word(order.is_back_order))
    if order.order_type is NumberOrderType.EXISTING:
        _add_existing(root, order, number_format)
    else:
        _add_search(root, order)
    xmlbody.add(root, "PartialAllowed", _word(order.is_partial_allowed))
    xmlbody.add(root, "SiteId", order.site_id)
    if order.sip_peer_id:
        xmlbody.add(root, "PeerId", order.sip_peer_id)
    return xmlbody.to_bytes(root)


def _add_existing(root: Element, order: NewNumberOrder, number_format: NumberFormat) -> None:
    numbers = order.telephone_numbers
    if order.search is not None:
        raise ValueError("an order that names its numbers has no search")
    if not 1 <= len(set(numbers)) == len(numbers) <= MAX_NUMBERS:
        raise ValueError(f"an order names 1 to {MAX_NUMBERS} numbers, each once")
    kind = xmlbody.add(root, "ExistingTelephoneNumberOrderType")
    xmlbody.add_all(
        xmlbody.add(kind, "TelephoneNumberList"),
        "TelephoneNumber",
        all_on_wire(numbers, number_format),
    )
    if order.reservation_ids:
        ids = [checked_word_id(text, "reservation") for text in order.reservation_ids]
        xmlbody.add_all(xmlbody.add(kind, "ReservationIdList"), "ReservationId", ids)


def _add_search(root: Element, order: NewNumberOrder) -> None:
    search = order.search
    if search is None or order.telephone_numbers or order.reservation_ids:
        raise ValueError(f"an order by {order.order_type} has a search and names no numbers")
    if problem := problem_of(search) or _misfit(order, search):
        raise ValueError(problem)
    element, fields = _SEARCHES[order.order_type]
    kind = xmlbody.add(root, element)
    for name, attribute in fields:
        if getattr(search, attribute):
            xmlbody.add(kind, name, text_of(search, attribute))
    if order.order_type in _WITH_CALLING_AREA and not search.local_vanity:
        xmlbody.add(kind, "EnableLCA", _word(uses_calling_area(search)))
    if search.local_vanity:
        xmlbody.add(kind, "EndsIn", _word(search.ends_in))
    xmlbody.add(kind, "Quantity", str(search.quantity))


def _misfit(order: NewNumberOrder, search: NumberSearch) -> str:
    """What keeps a search from being ordered by this type, "" for nothing."""
    given = set(criteria_of(search))
    fields = {attribute for _, attribute in _SEARCHES[order.order_type][1]}
    if given - fields or not (order.order_type in _ANY_FIELD or given == fields):
        return f"an order by {order.order_type} cannot hold a search by {', '.join(sorted(given))}"
    if search.local_vanity and not search.area_code:
        return "an order for a local word needs an area code"
    if order.is_back_order and (search.local_vanity or order.order_type is NumberOrderType.NPA_NXX):
        return "the carrier does not keep looking for numbers of one exchange or with one word"
    return ""


def read_order(root: Element, known_order_id: str = "") -> NumberOrderRecord:
    """The order in an answer, whatever wraps it; `known_order_id` serves when it names none.

    Raises UnreadableBody when there is no order or its id is not a UUID.
    """
    record = order_shapes.read_listing_record(root, what=_WHAT, known_order_id=known_order_id)
    completed = read_numbers(xmlbody.child(root, "completednumbers"))
    failed = read_numbers(xmlbody.child(root, "failednumbers"))
    named = record.telephone_numbers or (*completed, *failed)
    return NumberOrderRecord(
        **vars(replace(record, telephone_numbers=named)),
        completed_numbers=completed,
        failed_numbers=failed,
        completed_quantity=xmlbody.number(root, "completedquantity"),
        failed_quantity=xmlbody.number(root, "failedquantity"),
        pending_quantity=xmlbody.number(root, "pendingquantity"),
    )


def _echo(order: NewNumberOrder, order_id: str) -> NumberOrderRecord:
    """What is known of an order that was accepted with its address only."""
    record = order_shapes.bare_record(
        order_id=order_id,
        customer_order_id=order.customer_order_id,
        telephone_numbers=order.telephone_numbers,
    )
    return NumberOrderRecord(
        **vars(record),
        completed_numbers=(),
        failed_numbers=(),
        completed_quantity=None,
        failed_quantity=None,
        pending_quantity=None,
    )


def _word(is_so: bool) -> str:
    return "true" if is_so else "false"
