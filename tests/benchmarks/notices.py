"""Notices about import orders, as the carrier sends them (REFERENCE 10.3)."""

from xml.etree.ElementTree import Element, SubElement, tostring


def notice(*, order_id: str, customer_order_id: str, number_count: int = 4) -> bytes:
    """A notice of some 600 bytes that an import order is complete."""
    root = Element("Notification")
    for name, text in (
        ("Status", "COMPLETE"),
        ("SubscriptionId", "390f2bd4-2a9c-4a5e-8e5d-7a5c3b1f0e42"),
        ("Message", "Import of the telephone numbers has ended."),
        ("OrderId", order_id),
        ("OrderType", "importtnorders"),
        ("CustomerOrderId", customer_order_id),
    ):
        SubElement(root, name).text = text
    numbers = SubElement(root, "CompletedTelephoneNumbers")
    for line in range(number_count):
        SubElement(numbers, "TelephoneNumber").text = f"+1303228{1000 + line}"
    SubElement(root, "LastModifiedDate").text = "2026-11-20T17:04:09.512Z"
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body
