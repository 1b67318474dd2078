"""Talks raw HTTP to a sandbox, the way any client would."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar
from xml.etree import ElementTree as ET

import requests

from carrier.sandbox import Sandbox

Found = TypeVar("Found")

_ADDRESS = {
    "HouseNumber": "12",
    "StreetName": "Harbour",
    "City": "Denver",
    "StateCode": "CO",
    "Zip": "80202",
}


class Caller:
    """One session with Basic credentials; paths are relative to the account."""

    def __init__(self, sandbox: Sandbox, *, v2: bool = False) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = ("sandbox", "sandbox-password")
        self.base = f"{sandbox.v2_base if v2 else sandbox.v1_base}accounts/9900001/"
        self.orders = "importTnOrders/messaging" if v2 else "importTnOrders"

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str = b"",
        *,
        headers: dict[str, str] | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """One request, redirects not followed."""
        return self.session.request(
            method,
            self.base + path,
            data=body,
            headers=headers,
            stream=stream,
            timeout=5,
            allow_redirects=False,
        )

    def create(self, *numbers: str, **changes: str) -> requests.Response:
        """Create an order of these numbers."""
        return self.call("POST", self.orders, order_body(*numbers, **changes))

    def created(self, *numbers: str, **changes: str) -> str:
        """Create an order that must be taken; its id."""
        answer = self.create(*numbers, **changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def order(self, order_id: str) -> ET.Element:
        """Read one order."""
        answer = self.call("GET", f"{self.orders}/{order_id}")
        assert answer.status_code == 200, answer.text
        return ET.fromstring(answer.content)

    def settled(self, order_id: str) -> ET.Element:
        """Read one order once it has ended."""

        def ended() -> ET.Element | None:
            order = self.order(order_id)
            moving = order.findtext("ProcessingStatus") in ("RECEIVED", "PROCESSING")
            return None if moving else order

        return eventually(ended)

    def outcome(self, *numbers: str) -> tuple[str, list[tuple[str, list[str]]]]:
        """Status and errors (code, numbers) that an order of these numbers ends with."""
        order = self.settled(self.created(*numbers))
        errors = [
            (
                error.findtext("Code", ""),
                [number.text or "" for number in error.findall("TelephoneNumbers/TelephoneNumber")],
            )
            for error in order.findall("Errors/Error")
        ]
        return order.findtext("ProcessingStatus", ""), errors


def order_body(*numbers: str, **changes: str) -> bytes:
    """An import order; a change names an element, an empty one leaves it out."""
    texts = {
        "CustomerOrderId": "TEST-1",
        "SiteId": "1001",
        "SipPeerId": "500101",
        "Name": "Ship Chandler",
        **_ADDRESS,
        "LoaAuthorizingPerson": "Ada Byron",
        "LoaType": "SUBSCRIBER",
        **changes,
    }
    root = ET.Element("ImportTnOrder")
    subscriber = ET.Element("Subscriber")
    address = ET.Element("ServiceAddress")
    for tag, text in texts.items():
        if text:
            parent = address if tag in _ADDRESS else subscriber if tag == "Name" else root
            ET.SubElement(parent, tag).text = text
    subscriber.append(address)
    root.append(subscriber)
    listed = ET.SubElement(root, "TelephoneNumbers")
    for number in numbers:
        ET.SubElement(listed, "TelephoneNumber").text = number
    return ET.tostring(root)


def codes(answer: requests.Response) -> list[str]:
    """The codes of a refusal in the repeated Errors shape."""
    return [code.text or "" for code in ET.fromstring(answer.content).findall("Errors/Code")]


def eventually(look: Callable[[], Found | None], *, seconds: float = 20.0) -> Found:
    """What `look` finds, asked again and again until it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it never came")
