"""Published bodies about numbers of our own: offers, orders, disconnects, details, lists.

Each body of these families has a reader here, or a reason why it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from carrier import (
    disconnects,
    in_service,
    number_details,
    order_lists,
    orders,
    places,
    search,
    xmlbody,
)
from carrier.errors import UnreadableBody
from carrier.import_orders import read_history
from carrier.problems import read_problems
from carrier.records import (
    AvailableExchange,
    AvailableNumber,
    NewNumberOrder,
    NumberOrderType,
    NumberResult,
    NumberSearch,
    NumberStatus,
    OrderStatus,
)
from carrier.telephone import NumberFormat
from tests.carrier.builders import ORDER_ID
from tests.carrier.test_corpus import FIXTURES, all_of, instant, root_of, structure

pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the published bodies are not here")


def read_numbers(root: Element) -> list[str]:
    return [number.e164 for number in search.read_numbers(root)]


def read_created(root: Element) -> tuple[object, ...]:
    """An accepted order, whose sample id is no UUID in the carrier's older tests."""
    for node in root.iter("id"):
        if node.text == "someid":
            with pytest.raises(UnreadableBody, match="no readable id"):
                orders.read_order(root)
            node.text = ORDER_ID
    record = orders.read_order(root)
    return (record.order_id[:8], record.customer_order_id, record.status, record.telephone_numbers)


def read_order_end(root: Element) -> tuple[object, ...]:
    record = orders.read_order(root, ORDER_ID)
    quantities = (record.completed_quantity, record.failed_quantity, record.pending_quantity)
    return (record.order_id, record.status, quantities, states(record.results()))


def read_disconnect(root: Element) -> tuple[object, ...]:
    for node in root.iter("id"):
        if node.text == "disconnectId":
            node.text = ORDER_ID
    record = disconnects.read_disconnect(root)
    created_at = record.created_at and record.created_at.isoformat()[:23]
    return (record.order_id[:8], record.customer_order_id, created_at, states(record.results()))


def states(results: Mapping[str, NumberResult]) -> dict[str, str]:
    return {number: result.state.value for number, result in results.items()}


def read_rows(root: Element) -> list[tuple[object, ...]]:
    page = order_lists.read_page(root)
    assert page.next_id == ""
    return [
        (row.order_id[:8], row.customer_order_id, row.status, str(row.created_at)[:19])
        for row in page.rows
    ]


def read_details(root: Element) -> tuple[object, ...]:
    number = number_details.read_details(root)
    return (number.e164, number.status, number.account_id, number.city, number.rate_center)


def read_page(root: Element) -> tuple[object, ...]:
    page = in_service.read_page(root, 1)
    return (*page.telephone_numbers, page.following)


def read_peer_numbers(root: Element) -> tuple[object, ...]:
    page = places.read_numbers(root, 1)
    return (*page.telephone_numbers, page.following)


def read_codes(root: Element) -> list[str]:
    return [problem.code for problem in read_problems(root)]


NUMBERS = ("+19193752369", "+19193752648", "+19193752720")
READ: dict[str, tuple[Callable[[Element], object], object]] = {
    "availablenumbers/npanxx-200.xml": (
        search.read_exchanges,
        (
            AvailableExchange("424", "242", "COMPTON", "CA", 7, "COMPTON DA"),
            AvailableExchange("424", "246", "COMPTON", "CA", 5, "GARDENA DA"),
        ),
    ),
    "availablenumbers/search-200-detail-padded.xml": (
        search.read_numbers,
        tuple(
            AvailableNumber(e164, "ALLENTOWN", "NJ", "ALLENTOWN", "222", "0", "Bandwidth CLEC")
            for e164 in ("+16093252507", "+16093570994", "+16093574598")
        ),
    ),
    "availablenumbers/search-200-detail.xml": (
        read_numbers,
        ["+12013458710", "+12013508574", "+12013508149", "+12013508183", "+12013508213"],
    ),
    "availablenumbers/search-200-empty.xml": (read_numbers, []),
    "availablenumbers/search-200-list.xml": (
        read_numbers,
        ["+19194390154", "+19194390158", "+19194390176", "+19194390179", "+19194390185"],
    ),
    "availablenumbers/search-400.xml": (read_codes, ["4000"]),
    "orders/create-201-no-status.xml": (
        read_created,
        (ORDER_ID[:8], "", OrderStatus.UNKNOWN, ("+12052865046",)),
    ),
    "orders/create-201-rate-center.xml": (
        read_created,
        (ORDER_ID[:8], "", OrderStatus.UNKNOWN, ()),
    ),
    "orders/create-201-received.xml": (
        read_created,
        ("a7af704e", "123456789", OrderStatus.RECEIVED, ()),
    ),
    "orders/create-400.xml": (read_codes, ["5016"]),
    "orders/get-200-complete.xml": (
        read_order_end,
        (ORDER_ID, OrderStatus.COMPLETE, (1, 0, None), {"+19194464166": "COMPLETED"}),
    ),
    "orders/get-200-failed-5005.xml": (
        read_order_end,
        (ORDER_ID, OrderStatus.FAILED, (0, 3, None), dict.fromkeys(NUMBERS, "FAILED")),
    ),
    "orders/get-200-partial.xml": (
        read_order_end,
        (
            ORDER_ID,
            OrderStatus.PARTIAL,
            (1, 1, None),
            {"+12055551212": "FAILED", "+12055551213": "COMPLETED"},
        ),
    ),
    "orders/history-200.xml": (
        lambda root: [entry.status for entry in read_history(root)],
        [OrderStatus.BACKORDERED, OrderStatus.BACKORDERED],
    ),
    "orders/list-200-empty.xml": (read_rows, []),
    "orders/list-200.xml": (
        read_rows,
        [
            ("016c1aef", "123456789", OrderStatus.FAILED, "2015-06-13 16:14:45"),
            ("77659f47", "123456789", OrderStatus.FAILED, "2015-06-13 16:32:04"),
        ],
    ),
    "disconnects/create-201-protected.xml": (
        read_disconnect,
        (
            "ba05e04b",
            "My OrderId",
            "2022-05-25T14:12:57.840",
            dict.fromkeys(("+14158714245", "+14352154439", "+14352154466"), "PENDING"),
        ),
    ),
    "disconnects/create-201-received.xml": (
        read_disconnect,
        (
            "b902dee1",
            "Disconnect1234",
            "2015-06-17T18:14:08.683",
            {"+19192755378": "PENDING", "+19192755703": "PENDING"},
        ),
    ),
    "disconnects/get-200-complete.xml": (
        read_disconnect,
        ("003e006b", "", "2019-08-09T01:51:36.034", {"+12055551212": "COMPLETED"}),
    ),
    "disconnects/get-200-failed-single.xml": (
        read_disconnect,
        (ORDER_ID[:8], "", "2014-10-17T15:02:46.077", {"+12055551212": "FAILED"}),
    ),
    "disconnects/list-200.xml": (
        read_rows,
        [
            ("6d7da966", "", OrderStatus.COMPLETE, "2014-01-10 17:34:15"),
            ("4ffe9262", "", OrderStatus.COMPLETE, "2013-12-04 21:59:32"),
        ],
    ),
    "tns/details-200-hosted.xml": (
        read_details,
        ("+12018981023", NumberStatus.IN_SERVICE, "14", "JERSEY CITY", "JERSEYCITY"),
    ),
    "tns/details-200-messaging.xml": (
        read_details,
        ("+19195551212", NumberStatus.IN_SERVICE, "9900096", "MOUNT OLIVE", "MOUNTOLIVE"),
    ),
    "tns/details-200-non-nanp.xml": (
        read_details,
        ("+33140289562", NumberStatus.IN_SERVICE, "12345678", "", ""),
    ),
    "tns/details-400.xml": (read_codes, ["12512"]),
    "tns/tn-200.xml": (read_details, ("1234", NumberStatus.IN_SERVICE, "9500149", "", "")),
    "tns/tn-200-portin-pending.xml": (
        read_details,
        ("+17576768750", NumberStatus.PORT_IN_PENDING, "9500249", "", ""),
    ),
    "tns/list-200.xml": (
        lambda root: [read_details(row) for row in root.iterfind("TelephoneNumbers/*")],
        [
            (
                "+17576768750",
                NumberStatus.PORT_IN_PENDING,
                "9500249",
                "CHESAPEAKE",
                "NRFOLKZON1",
            ),
            ("+18183386247", NumberStatus.IN_SERVICE, "9500249", "AGOURA", "AGOURA"),
        ],
    ),
    "tns/list-400.xml": (read_codes, ["15511"]),
    "tns/inservice-200.xml": (
        read_page,
        ("+18183386247", "+18183386249", "+18183386251", "+18183386252", None),
    ),
    "tns/discnumbers-200.xml": (read_page, ("+14158714245", "+14352154439", None)),
    "sippeers/tns-200.xml": (
        read_peer_numbers,
        ("+18183386251", "+18183386252", "+18183386249", "+18183386247", None),
    ),
    "sippeers/error-13563.xml": (read_codes, ["13563"]),
    "sites/error-404.xml": (read_codes, ["12016"]),
}
# Read below, or with the places.
READ_ELSEWHERE = {
    "sites/get-200.xml",
    "sites/list-200.xml",
    "sippeers/get-200.xml",
    "sippeers/list-200-xsi-type.xml",
    "orders/create-request-area-code.xml",
    "orders/create-request-combined.xml",
    "orders/create-request-existing-tns.xml",
}
# Answers to questions that nobody here asks: notes, and counts where the rows are read.
NEVER_ASKED_FOR = {
    "orders/notes-200.xml",
    "orders/notes-400.xml",
    "orders/tns-200.xml",
    "orders/totals-200.xml",
    "sippeers/totaltns-200.xml",
    "sites/totaltns-200.xml",
    "tns/history-200.xml",
    "tns/inservice-totals-200.xml",
    "tns/site-200.xml",
    "tns/sippeer-200.xml",
}


@pytest.mark.parametrize(("name", "reader", "facts"), [(n, *row) for n, row in READ.items()])
def test_each_body_about_numbers_of_our_own_is_read(
    name: str, reader: Callable[[Element], object], facts: object
) -> None:
    assert reader(root_of(name)) == facts


def test_every_body_about_numbers_of_our_own_has_a_reader() -> None:
    families = {name.partition("/")[0] for name in READ}
    published = {name for name in all_of("xml") if name.partition("/")[0] in families}
    assert published == {*READ, *READ_ELSEWHERE, *NEVER_ASKED_FOR}


def test_details_tell_the_place_the_hosts_and_the_messaging() -> None:
    hosted = number_details.read_details(root_of("tns/details-200-hosted.xml"))
    assert (hosted.site_id, hosted.site_name) == ("479", "site_9b08f")
    assert (hosted.sip_peer_id, hosted.sip_peer_name) == ("500014", "a2750fad-3")
    assert (hosted.service_types, hosted.attributes) == (("Voice",), ("Hosted",))
    assert (hosted.hosting_account_ids, hosted.sms_enabled) == (("12346160",), None)
    assert (hosted.lata, hosted.state, hosted.tier) == ("224", "NJ", "0")
    assert hosted.last_modified_at == instant(2014, 7, 30, 11, 29, 37, 0)
    ours = number_details.read_details(root_of("tns/details-200-hosted.xml"), account_id="12346160")
    assert (ours.site_id, ours.sip_peer_id, ours.sms_enabled) == ("487", "500026", True)
    messaging = number_details.read_details(root_of("tns/details-200-messaging.xml"))
    assert (messaging.sms_enabled, messaging.site_id, messaging.campaign_id) == (True, "", "")


def test_number_orders_are_written_as_published() -> None:
    order = NewNumberOrder(
        customer_order_id="123456789",
        name="Area Code Order",
        site_id="743",
        sip_peer_id="",
        order_type=NumberOrderType.AREA_CODE,
        search=NumberSearch(area_code="435", quantity=1),
    )
    ours = xmlbody.parse(orders.build_document(order, NumberFormat.TEN_DIGITS))
    assert structure(ours) == structure(root_of("orders/create-request-area-code.xml"))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (
            "combined",
            {
                "order_type": NumberOrderType.COMBINED,
                "search": NumberSearch(npa_nxx="919439", city="RALEIGH", state="NC", quantity=1),
            },
        ),
        (
            "existing-tns",
            {
                "order_type": NumberOrderType.EXISTING,
                "telephone_numbers": ("+19193752369", "+19193752720", "+19193752648"),
                "reservation_ids": (ORDER_ID, ORDER_ID),
            },
        ),
    ],
)
def test_other_number_orders_are_written_with_the_published_names(
    name: str, changes: dict[str, Any]
) -> None:
    """The samples hold all fields at once and placeholders, so that only names are compared."""
    order = NewNumberOrder("123456789", "Order", "743", "", **changes)
    ours = xmlbody.parse(orders.build_document(order, NumberFormat.TEN_DIGITS))
    published = root_of(f"orders/create-request-{name}.xml")
    common = {"BackOrderRequested", "PartialAllowed"}
    assert {node.tag for node in ours.iter()} - common <= {node.tag for node in published.iter()}
    kind = next(part for part in ours if part.tag.endswith("OrderType"))
    assert published.find(kind.tag) is not None
