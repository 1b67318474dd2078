"""Raw calls about new numbers: what is sent, and how what comes back is read."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import requests

from tests.carrier.sandbox.callers import Caller, eventually

EXISTING = "ExistingTelephoneNumberOrderType"


def number_order(order_type: str, *numbers: str, **changes: str) -> bytes:
    """An order of new numbers. Changes above the type have capitals as on the wire; those of the
    type itself begin with `Q_`; `Reservation` names one."""
    root = ET.Element("Order")
    texts = {"CustomerOrderId": "N-1", "SiteId": "1001", **changes}
    node = ET.Element(order_type)
    for tag, text in texts.items():
        if tag == "Reservation":
            ET.SubElement(ET.SubElement(node, "ReservationIdList"), "ReservationId").text = text
        elif text:
            ET.SubElement(
                node if tag.startswith("Q_") else root, tag.removeprefix("Q_")
            ).text = text
    if numbers:
        listed = ET.SubElement(node, "TelephoneNumberList")
        for number in numbers:
            ET.SubElement(listed, "TelephoneNumber").text = number
    root.append(node)
    return ET.tostring(root)


def existing(*numbers: str, **changes: str) -> bytes:
    """An order of these very numbers."""
    return number_order(EXISTING, *numbers, **changes)


def disconnect(*numbers: str, mode: str = "", reference: str = "D-1") -> bytes:
    """A disconnect of these numbers."""
    root = ET.Element("DisconnectTelephoneNumberOrder")
    ET.SubElement(root, "CustomerOrderId").text = reference
    node = ET.SubElement(root, "DisconnectTelephoneNumberOrderType")
    listed = ET.SubElement(node, "TelephoneNumberList")
    for number in numbers:
        ET.SubElement(listed, "TelephoneNumber").text = number
    if mode:
        ET.SubElement(node, "DisconnectMode").text = mode
    return ET.tostring(root)


def posted(caller: Caller, collection: str, body: bytes) -> str:
    """Post what must be taken; its id, which Location and body agree on."""
    answer = caller.call("POST", collection, body)
    assert answer.status_code == 201, answer.text
    order_id = answer.headers["Location"].rpartition("/")[2]
    assert [node.text for node in ET.fromstring(answer.content).iter("id")] == [order_id]
    return order_id


def read(caller: Caller, path: str) -> ET.Element:
    """What a good GET answers."""
    answer = caller.call("GET", path)
    assert answer.status_code == 200, answer.text
    return ET.fromstring(answer.content)


def until(caller: Caller, path: str, is_done: Callable[[str], bool]) -> ET.Element:
    """Read an order until its status is as wanted."""

    def look() -> ET.Element | None:
        order = read(caller, path)
        return order if is_done(order.findtext("OrderStatus", "")) else None

    return eventually(look)


def ended(caller: Caller, collection: str, body: bytes) -> ET.Element:
    """Post, and read what the order has come to once it is RECEIVED no more."""
    order_id = posted(caller, collection, body)
    return until(caller, f"{collection}/{order_id}", lambda status: status != "RECEIVED")


def outcome(order: ET.Element) -> tuple[str, list[str], list[tuple[str, str]]]:
    """Status, the numbers that were served, and (code, number) of each error."""
    served = [
        node.text or ""
        for path in (
            "CompletedNumbers/TelephoneNumber/FullNumber",
            "DisconnectedTelephoneNumberList/TelephoneNumber",
        )
        for node in order.findall(path)
    ]
    errors = [
        (error.findtext("Code", ""), error.findtext("TelephoneNumber", ""))
        for error in order.findall("ErrorList/Error")
    ]
    return order.findtext("OrderStatus", ""), served, errors


def found(caller: Caller, query: str) -> list[str]:
    """The numbers that a search finds."""
    return numbers_in(read(caller, f"availableNumbers?{query}"))


def numbers_in(element: ET.Element) -> list[str]:
    """The numbers of a list, whatever it calls them."""
    nodes = [node for tag in ("TelephoneNumber", "FullNumber") for node in element.iter(tag)]
    return [node.text for node in nodes if node.text]


def listed_codes(answer: requests.Response) -> list[str]:
    """The codes of a refusal in the shape of the order calls."""
    return [
        node.text or "" for node in ET.fromstring(answer.content).findall("ErrorList/Error/Code")
    ]
