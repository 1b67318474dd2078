"""Writing and reading an order of 5,000 numbers, against ElementTree and nothing else.

Both write the same document, read the same answer and come to the same fields. Ours also checks
every number, refuses hostile XML, and takes the answer in every shape the carrier is known for.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from carrier import xmlbody
from carrier.import_orders import build_document, read_order
from carrier.records import ImportOrderRecord, NewImportOrder, ServiceAddress
from carrier.telephone import NumberFormat
from tests import builders
from tests.benchmarks.benchmark import Benchmark, Sides

COUNT = 5_000
_REPEATS = 20
_ORDER_ID = "6e6a5a1c-51b8-4b6a-9f55-3a8f0d0c9f11"


@contextmanager
def _prepare(_is_quick: bool) -> Iterator[Sides]:
    order = NewImportOrder(
        customer_order_id="HM-0001",
        site_id="1001",
        sip_peer_id="500101",
        subscriber_name="Alder Bakery",
        service_address=ServiceAddress(
            house_number="12",
            street_name="Alder Court",
            city="Boulder",
            state_code="CO",
            zip="80301",
            county="Boulder",
        ),
        loa_authorizing_person="Rosa Alder",
        loa_type="SUBSCRIBER",
        telephone_numbers=tuple(builders.fresh_numbers(COUNT)),
    )
    answer = _answer(order)
    if _plain_document(order) != build_document(order, NumberFormat.E164):
        raise RuntimeError("The two documents differ.")
    if _plain_fields(answer) != _our_fields(read_order(xmlbody.parse(answer))):
        raise RuntimeError("The two readings differ.")
    yield Sides(
        floor=partial(_milliseconds, _plain, order, answer),
        ours=partial(_milliseconds, _ours, order, answer),
    )


def _milliseconds(
    work: Callable[[NewImportOrder, bytes], None], order: NewImportOrder, answer: bytes
) -> float:
    started = time.perf_counter()
    for _ in range(_REPEATS):
        work(order, answer)
    return (time.perf_counter() - started) / _REPEATS * 1000


def _ours(order: NewImportOrder, answer: bytes) -> None:
    build_document(order, NumberFormat.E164)
    read_order(xmlbody.parse(answer))


def _plain(order: NewImportOrder, answer: bytes) -> None:
    _plain_document(order)
    _plain_fields(answer)


def _plain_document(order: NewImportOrder) -> bytes:
    """The floor of writing: the elements one after another, as they are, unchecked."""
    root = Element("ImportTnOrder")
    SubElement(root, "CustomerOrderId").text = order.customer_order_id
    SubElement(root, "SiteId").text = order.site_id
    SubElement(root, "SipPeerId").text = order.sip_peer_id
    subscriber = SubElement(root, "Subscriber")
    SubElement(subscriber, "Name").text = order.subscriber_name
    address = SubElement(subscriber, "ServiceAddress")
    SubElement(address, "HouseNumber").text = order.service_address.house_number
    SubElement(address, "StreetName").text = order.service_address.street_name
    SubElement(address, "City").text = order.service_address.city
    SubElement(address, "StateCode").text = order.service_address.state_code
    SubElement(address, "Zip").text = order.service_address.zip
    SubElement(address, "County").text = order.service_address.county
    SubElement(root, "LoaAuthorizingPerson").text = order.loa_authorizing_person
    SubElement(root, "LoaType").text = order.loa_type
    numbers = SubElement(root, "TelephoneNumbers")
    for number in order.telephone_numbers:
        SubElement(numbers, "TelephoneNumber").text = number
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _plain_fields(answer: bytes) -> dict[str, object]:
    """The floor of reading: the fields where they are known to be, believed as they are."""
    order = fromstring(answer)[0]
    return {
        "order_id": order.findtext("OrderId"),
        "customer_order_id": order.findtext("CustomerOrderId"),
        "raw_status": order.findtext("ProcessingStatus"),
        "telephone_numbers": tuple(
            number.text for number in order.iterfind("TelephoneNumbers/TelephoneNumber")
        ),
        "problems": tuple(
            (error.findtext("Code"), error.findtext("Description"))
            for error in order.iterfind("Errors/Error")
        ),
        "site_id": order.findtext("SiteId"),
        "sip_peer_id": order.findtext("SipPeerId"),
        "created_at": datetime.fromisoformat(order.findtext("OrderCreateDate") or ""),
        "last_modified_at": datetime.fromisoformat(order.findtext("LastModifiedDate") or ""),
        "subscriber_name": order.findtext("Subscriber/Name"),
        "loa_type": order.findtext("LoaType"),
        "loa_authorizing_person": order.findtext("LoaAuthorizingPerson"),
    }


def _our_fields(record: ImportOrderRecord) -> dict[str, object]:
    return {
        "order_id": record.order_id,
        "customer_order_id": record.customer_order_id,
        "raw_status": record.raw_status,
        "telephone_numbers": record.telephone_numbers,
        "problems": tuple((problem.code, problem.description) for problem in record.problems),
        "site_id": record.site_id,
        "sip_peer_id": record.sip_peer_id,
        "created_at": record.created_at,
        "last_modified_at": record.last_modified_at,
        "subscriber_name": record.subscriber_name,
        "loa_type": record.loa_type,
        "loa_authorizing_person": record.loa_authorizing_person,
    }


def _answer(order: NewImportOrder) -> bytes:
    """The order as the carrier shows it once it is complete (REFERENCE 4.2)."""
    response = Element("ImportTnOrderResponse")
    root = SubElement(response, "ImportTnOrder")
    for name, text in (
        ("CustomerOrderId", order.customer_order_id),
        ("OrderCreateDate", "2026-11-20T17:03:51.204Z"),
        ("AccountId", "9900001"),
        ("CreatedByUser", "portal"),
        ("OrderId", _ORDER_ID),
        ("LastModifiedDate", "2026-11-20T17:04:09.512Z"),
        ("SiteId", order.site_id),
        ("SipPeerId", order.sip_peer_id),
    ):
        SubElement(root, name).text = text
    SubElement(SubElement(root, "Subscriber"), "Name").text = order.subscriber_name
    SubElement(root, "LoaAuthorizingPerson").text = order.loa_authorizing_person
    SubElement(root, "LoaType").text = order.loa_type
    numbers = SubElement(root, "TelephoneNumbers")
    for number in order.telephone_numbers:
        SubElement(numbers, "TelephoneNumber").text = number
    SubElement(root, "ProcessingStatus").text = "COMPLETE"
    SubElement(root, "Errors")
    answer: bytes = tostring(response, encoding="utf-8", xml_declaration=True)
    return answer


BENCHMARK = Benchmark(
    name="order_document", unit="ms", goal=1.5, more_is_better=False, prepare=_prepare
)
