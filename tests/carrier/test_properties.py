"""Whatever bytes come in, the readers end in a result or in UnreadableBody."""

from __future__ import annotations

import random
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from carrier import (
    disconnects,
    importability,
    in_service,
    loas,
    number_details,
    order_lists,
    orders,
    places,
    search,
    subscriptions,
    xmlbody,
)
from carrier.errors import UnreadableBody
from carrier.import_orders import build_document, read_history, read_list, read_order
from carrier.notifications import read_notification
from carrier.problems import read_problems
from carrier.telephone import NumberFormat
from tests.carrier.builders import ORDER_ID, new_order
from tests.carrier.test_notifications import NOTICE

ORDER = build_document(new_order(), NumberFormat.TEN_DIGITS).replace(
    b"<SiteId>",
    f"<OrderId>{ORDER_ID}</OrderId><ProcessingStatus>PARTIAL</ProcessingStatus><Errors><Error>"
    "<Code>7518</Code><TelephoneNumbers><TelephoneNumber>3032281000</TelephoneNumber>"
    "</TelephoneNumbers></Error></Errors><SiteId>".encode(),
)
NAMES = (
    "ImportTnOrders",
    "ImportTnOrderSummary",
    "OrderId",
    "ProcessingStatus",
    "Errors",
    "Error",
    "Code",
    "Description",
    "TelephoneNumbers",
    "TelephoneNumber",
    "Notification",
    "Status",
    "Subscriptions",
    "Subscription",
    "Sites",
    "Site",
    "CallbackSubscription",
    "Expiry",
    "SipPeer",
    "fileListResponse",
    "fileNames",
    "OrderHistoryWrapper",
    "OrderHistory",
    "resultCode",
    "ImportTnCheckerPayload",
    "TotalCount",
    "CountOfTNs",
    "SearchResult",
    "OrderResponse",
    "Order",
    "orderRequest",
    "id",
    "CompletedNumbers",
    "TelephoneNumberList",
    "FullNumber",
    "ResponseSelectWrapper",
    "ListOrderIdUserIdDate",
    "OrderIdUserIdDate",
    "Links",
    "next",
    "TelephoneNumberDetails",
)
TEXTS = st.sampled_from(
    [
        "",
        "x",
        "Link=&lt;//[x?page=&gt;",
        "0",
        "7",
        "3032281000",
        ORDER_ID,
        "\u0663\u00b2",
        "1" * 5000,
    ]
)
READERS = (
    read_order,
    read_list,
    read_history,
    read_problems,
    importability.read_importability,
    loas.read_files,
    places.read_sites,
    places.read_sip_peers,
    subscriptions.read_subscriptions,
    search.read_numbers,
    search.read_exchanges,
    lambda root: orders.read_order(root, ORDER_ID).results(),
    lambda root: disconnects.read_disconnect(root, ORDER_ID).results(),
    order_lists.read_page,
    number_details.read_details,
    lambda root: in_service.read_page(root, 1),
    lambda root: places.read_numbers(root, 1),
    places.read_application,
)


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(NAMES),
        st.lists(inner, max_size=4),
    )


def bent(body: bytes, seed: int) -> bytes:
    """The body with some of it cut out, doubled, swapped or overwritten."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(body) + 1)
        part = body[start : start + chance.randint(0, 40)]
        match chance.randrange(4):
            case 0:
                body = body[:start] + body[start + len(part) :]
            case 1:
                body = body[:start] + part + body[start:]
            case 2:
                body = body[:start] + chance.randbytes(chance.randint(1, 4)) + body[start:]
            case _:
                body = body[:start] + chance.choice([b"<", b">", b"&", b"]]>", b"<!--"]) + body
    return body


def read_all(body: bytes) -> None:
    with suppress(UnreadableBody):
        read_notification(body, "application/xml")
    try:
        root = xmlbody.parse(body)
    except UnreadableBody:
        return
    for reader in READERS:
        try:
            reader(root)
        except UnreadableBody:
            continue


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=400))
def test_any_bytes_are_read_or_unreadable(body: bytes) -> None:
    read_all(body)


@settings(max_examples=300, deadline=None)
@given(body=st.recursive(TEXTS, element, max_leaves=25))
def test_any_well_formed_body_is_read_or_unreadable(body: str) -> None:
    read_all(f"<ImportTnOrders>{body}</ImportTnOrders>".encode())
    read_all(body.encode())


@settings(max_examples=300, deadline=None)
@given(body=st.sampled_from([NOTICE, ORDER]), seed=st.integers(0, 2**32))
def test_any_bent_body_is_read_or_unreadable(body: bytes, seed: int) -> None:
    read_all(bent(body, seed))


@settings(max_examples=100, deadline=None)
@given(name=st.text(max_size=60))
def test_any_subscriber_name_is_written_and_read_back_but_for_what_xml_cannot_hold(
    name: str,
) -> None:
    written = build_document(new_order(subscriber_name=name), NumberFormat.E164)
    root = xmlbody.parse(written)
    held = "".join(letter for letter in name if letter in "\t\n\r" or letter >= " ")
    held = "".join(letter for letter in held if not "\ud800" <= letter <= "\udfff")
    held = held.replace("\ufffe", "").replace("\uffff", "").strip()
    subscriber = xmlbody.child(root, "subscriber")
    assert xmlbody.text(subscriber, "name").splitlines() == held.splitlines()
