"""What the carrier refuses before it creates an order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from carrier.sandbox.cards import Act, cards_in
from carrier.sandbox.codes import description
from carrier.sandbox.document import text_at
from carrier.sandbox.numbering_plan import from_wire, is_toll_free
from carrier.sandbox.places import SITES

MOST_NUMBERS = 5000
CUSTOMER_ORDER_ID = re.compile(r"[A-Za-z0-9 -]{0,40}")
_ADDRESS_REQUIRED = ("HouseNumber", "StreetName", "City", "StateCode", "Zip")

Errors = list[tuple[str, str]]


@dataclass(frozen=True)
class OrderInput:
    """A create request that was read; numbers are ten digits."""

    customer_order_id: str
    site_id: str
    sip_peer_id: str
    subscriber_name: str
    service_address: dict[str, str]
    loa_authorizing_person: str
    loa_type: str
    telephone_numbers: tuple[str, ...]


def read_numbers(
    root: Element, *, v2: bool, too_many: str, doubled: str
) -> tuple[tuple[str, ...], Errors]:
    """The ten-digit numbers below TelephoneNumbers, and all that is wrong with them.

    The codes for too many and for doubled numbers differ between the checker and the orders.
    """
    texts = [(leaf.text or "").strip() for leaf in root.findall("TelephoneNumbers/TelephoneNumber")]
    if not texts:
        return (), [("7316", description("7316"))]
    if len(texts) > MOST_NUMBERS:
        return (), [(too_many, description(too_many))]
    numbers = [(text, from_wire(text, v2=v2)) for text in texts]
    errors = [
        ("7201", f"{text} is not a valid NANPA telephone number.")
        for text, number in numbers
        if number is None
    ]
    if len(set(texts)) < len(texts):
        errors.append((doubled, description(doubled)))
    return tuple(number for _, number in numbers if number is not None), errors


def read_order(root: Element, *, v2: bool) -> tuple[OrderInput, Errors]:
    """A create request and every reason to refuse it (none: it is good)."""
    numbers, errors = read_numbers(root, v2=v2, too_many="5095", doubled="5093")
    peer_id, place_errors = read_place(text_at(root, "SiteId"), text_at(root, "SipPeerId"))
    address = root.find("Subscriber/ServiceAddress")
    wanted = OrderInput(
        # One published sample spells the reference with a capital D.
        customer_order_id=text_at(root, "CustomerOrderId") or text_at(root, "CustomerOrderID"),
        site_id=text_at(root, "SiteId"),
        sip_peer_id=peer_id,
        subscriber_name=text_at(root, "Subscriber/Name"),
        service_address={
            field.tag: (field.text or "").strip()
            for field in (address if address is not None else ())
        },
        loa_authorizing_person=text_at(root, "LoaAuthorizingPerson"),
        loa_type=text_at(root, "LoaType") or ("" if v2 else "SUBSCRIBER"),
        telephone_numbers=numbers,
    )
    return wanted, [*place_errors, *_field_errors(wanted), *errors, *card_errors(numbers)]


def read_removal(root: Element, *, v2: bool) -> tuple[str, tuple[str, ...], Errors]:
    """The reference and the numbers of a removal, and every reason to refuse it."""
    numbers, errors = read_numbers(root, v2=v2, too_many="5095", doubled="5093")
    customer_order_id = text_at(root, "CustomerOrderId")
    return customer_order_id, numbers, [*_reference_errors(customer_order_id), *errors]


def read_place(site_id: str, sip_peer_id: str) -> tuple[str, Errors]:
    """The peer that a call is about (by default that of the site), and what is wrong with both."""
    code = ""
    peer_id = sip_peer_id
    site = SITES.get(site_id)
    if not re.fullmatch(r"[0-9]+", site_id):
        code = "7309"
    elif site is None:
        code = "5016"
    elif not sip_peer_id:
        default = site.default_peer()
        peer_id = default.peer_id if default else ""
        code = "" if default else "7310"
    elif not re.fullmatch(r"[0-9]+", sip_peer_id):
        code = "7311"
    elif site.peer(sip_peer_id) is None:
        code = "7312"
    return peer_id, [(code, description(code))] if code else []


def _reference_errors(customer_order_id: str) -> Iterator[tuple[str, str]]:
    if not CUSTOMER_ORDER_ID.fullmatch(customer_order_id):
        yield "7318", description("7318")


def _field_errors(wanted: OrderInput) -> Iterator[tuple[str, str]]:
    yield from _reference_errors(wanted.customer_order_id)
    if len(wanted.subscriber_name) > 45:
        yield "25131", description("25131")
    required = {
        "Subscriber/Name": wanted.subscriber_name,
        "LoaAuthorizingPerson": wanted.loa_authorizing_person,
        **{f"ServiceAddress/{tag}": wanted.service_address.get(tag) for tag in _ADDRESS_REQUIRED},
    }
    for name, value in required.items():
        if not value:
            yield "1003", f"{name} is required."
    state = wanted.service_address.get("StateCode")
    if state and not re.fullmatch(r"[A-Z]{2}", state):
        yield "1008", f"StateCode {state} is not valid."
    if wanted.loa_type not in ("SUBSCRIBER", "CARRIER"):
        yield "25110", description("25110")
    if len({is_toll_free(number) for number in wanted.telephone_numbers}) > 1:
        yield "5181", description("5181")


def card_errors(numbers: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What the cards among the numbers have the carrier refuse."""
    for card in cards_in(numbers).values():
        if card.act is Act.CREATE_REFUSED:
            yield card.code, description(card.code)
