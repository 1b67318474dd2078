"""What order webhooks say, whoever sends them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carrier.errors import UnreadableBody
from carrier.notifications import MAX_BYTES, MAX_ELEMENTS, read_notification
from tests.carrier.builders import ORDER_ID

PARTS = f"""<SubscriptionId>s-1</SubscriptionId><OrderType>importtnorders</OrderType>
    <OrderId>{ORDER_ID}</OrderId><CustomerOrderId>HM-0001</CustomerOrderId><Status>FAILED</Status>
    <Message>7518: not active</Message><Note>Look here</Note><CompletedTelephoneNumbers>
    <TelephoneNumber>3032281000</TelephoneNumber></CompletedTelephoneNumbers>
    <LastModifiedDate>2026-11-21T10:00:00.5Z</LastModifiedDate>"""
NOTICE = f"<Notification>{PARTS}</Notification>".encode()


def test_all_parts_of_an_order_notice_are_read() -> None:
    notice = read_notification(NOTICE, "application/xml")
    assert (notice.order_type, notice.event_type, notice.order_id, notice.customer_order_id) == (
        "importtnorders",
        "",
        ORDER_ID,
        "HM-0001",
    )
    assert (notice.status_word, notice.message, notice.note, notice.subscription_id) == (
        "FAILED",
        "7518: not active",
        "Look here",
        "s-1",
    )
    assert notice.telephone_numbers == ("+13032281000",)
    assert notice.last_modified_at == datetime(2026, 11, 21, 10, 0, 0, 500_000, UTC)
    assert notice.raw_last_modified == "2026-11-21T10:00:00.5Z"


@pytest.mark.parametrize("element", ["ImpactedTelephoneNumbers", "CompletedTelephoneNumbers"])
def test_a_lost_number_is_read_from_either_element(element: str) -> None:
    body = f"""<Notification><EventType>MESSAGING_LOST</EventType><{element}><TelephoneNumber>
        +13032281000 </TelephoneNumber></{element}></Notification>"""
    notice = read_notification(body.encode(), "text/xml")
    assert (notice.event_type, notice.order_id, notice.telephone_numbers) == (
        "MESSAGING_LOST",
        "",
        ("+13032281000",),
    )


@pytest.mark.parametrize(
    "content_type",
    ["application/xml; charset=utf-16", "text/plain", "application/json", "", ";", "x" * 9999],
)
def test_the_body_decides_whatever_the_content_type_says(content_type: str) -> None:
    assert read_notification(NOTICE, content_type) == read_notification(NOTICE, "application/xml")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/xml"),
        (b"<Order/>", "application/xml"),
        (b"<!DOCTYPE Notification>" + NOTICE, "application/xml"),
        (NOTICE, "multipart/form-data; boundary=x"),
        (NOTICE, "application/x-www-form-urlencoded"),
        (NOTICE + b" " * MAX_BYTES, "application/xml"),
        (b"<Notification>" + b"<a/>" * MAX_ELEMENTS + b"</Notification>", "application/xml"),
        (b"<Notification>" + b"<a>" * 64 + b"</a>" * 64 + b"</Notification>", "application/xml"),
    ],
)
def test_what_is_no_notice_is_unreadable(body: bytes, content_type: str) -> None:
    with pytest.raises(UnreadableBody):
        read_notification(body, content_type)


def test_a_path_for_an_order_id_is_only_text() -> None:
    body = b"<Notification><OrderId>../../accounts/1</OrderId></Notification>"
    assert read_notification(body, "application/xml").order_id == "../../accounts/1"
