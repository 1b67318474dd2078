"""Removals: imported telephone numbers whose messaging the carrier is asked to host no more.

Source: the carrier's API pages for removeImportedTnOrders; v2 has it under
`removeImportedTnOrders/messaging`.
"""

from xml.etree.ElementTree import Element

from carrier import order_shapes, xmlbody
from carrier.call import Call
from carrier.client import Carrier
from carrier.identifiers import checked_order_id
from carrier.order_shapes import Search
from carrier.records import NewRemoval, OrderList, OrderRecord
from carrier.telephone import NumberFormat, all_on_wire
from carrier.wire import Answer

#: The carrier's word for a number that it does not host for us.
NEVER_IMPORTED = "5158"

_BUCKET = "removeImportedTnOrders"
_WHAT = "removal"


def create(carrier: Carrier, *, removal: NewRemoval) -> OrderRecord:
    """Send a removal, once. Returns it as the carrier accepted it; raises as import orders do.

    It cannot be taken back: the numbers go back to where their messaging was before.
    """
    call = Call(
        operation="removals.create",
        bucket=_BUCKET,
        method="POST",
        path=_path_of(carrier),
        version=carrier.settings.api_version,
        body=build_document(removal, carrier.number_format),
    )
    return carrier.call(
        call,
        lambda answer: order_shapes.read_created(
            call,
            answer,
            read_removal,
            customer_order_id=removal.customer_order_id,
            echo=lambda order_id: order_shapes.bare_record(
                order_id=order_id,
                customer_order_id=removal.customer_order_id,
                telephone_numbers=removal.telephone_numbers,
            ),
        ),
        order_id_of=lambda record: record.order_id,
    )


def get(carrier: Carrier, *, order_id: str) -> OrderRecord:
    """The removal as it stands now. Reasons about numbers are part of it, not an error.

    Raises NotFound for an unknown one, OutcomeUnknown when the answer is none or another one, and
    the other CarrierErrors when it could not be asked.
    """
    order_id = checked_order_id(order_id)
    call = Call(
        operation="removals.get",
        bucket=_BUCKET,
        method="GET",
        path=_path_of(carrier, order_id),
        version=carrier.settings.api_version,
        order_id=order_id,
    )

    def read(answer: Answer) -> OrderRecord:
        return order_shapes.read_found(call, answer, read_removal, order_id=order_id)

    return carrier.call(call, read)


def find(carrier: Carrier, *, customer_order_id: str = "", telephone_number: str = "") -> OrderList:
    """The account's removals that meet the given filters, at most 1,000.

    Returns an empty list only when the carrier readably said so; everything else that is not a
    list raises a CarrierError.
    """
    search = Search(customer_order_id=customer_order_id, telephone_number=telephone_number)
    call = Call(
        operation="removals.find",
        bucket=_BUCKET,
        method="GET",
        path=_path_of(carrier),
        version=carrier.settings.api_version,
        query=search.query(carrier.number_format),
    )

    def read(answer: Answer) -> OrderList:
        return read_list(call.root_of(answer))

    return carrier.call(call, read)


def build_document(removal: NewRemoval, number_format: NumberFormat) -> bytes:
    """The removal as the carrier's XML. Raises ValueError for a bad telephone number."""
    root = Element("RemoveImportedTnOrder")
    xmlbody.add(root, "CustomerOrderId", removal.customer_order_id)
    xmlbody.add_all(
        xmlbody.add(root, "TelephoneNumbers"),
        "TelephoneNumber",
        all_on_wire(removal.telephone_numbers, number_format),
    )
    return xmlbody.to_bytes(root)


def read_removal(root: Element, known_order_id: str = "") -> OrderRecord:
    """The removal in an answer, whatever wraps it; `known_order_id` serves when it names none.

    Raises UnreadableBody when there is none or its id is not a UUID.
    """
    node = order_shapes.node_of(root, what=_WHAT)
    return order_shapes.read_record(node, what=_WHAT, known_order_id=known_order_id)


def read_list(root: Element) -> OrderList:
    """The rows of a list. Raises UnreadableBody when it is no list or contradicts itself."""
    return order_shapes.read_list(root, name="removeimportedtnorder", what=_WHAT)


def _path_of(carrier: Carrier, *parts: str) -> str:
    """The path of removals in the account's API version, followed by checked parts."""
    is_v1 = carrier.settings.api_version == "v1"
    root = "removeImportedTnOrders" if is_v1 else "removeImportedTnOrders/messaging"
    return "/".join((root, *parts))
