"""What the carrier knows of one telephone number, of the account or on offer."""

from __future__ import annotations

import time
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.available_numbers import write_place
from carrier.sandbox.document import leaf, render, response_status
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.instants import to_text
from carrier.sandbox.number_book import Number, NumberStatus
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.order import OrderKind
from carrier.sandbox.places import SITES
from carrier.sandbox.state import SandboxState

_ROOT = "TelephoneNumberResponse"
_HOSTED = "HostedTelephoneNumberDetail"
# The account that has the voice of hosted numbers; it is somebody else's.
_VOICE_ACCOUNT = "9900099"
_ORDER_TYPES = {OrderKind.NUMBER: "NEW_NUMBER_ORDER", OrderKind.IMPORT: "IMPORT_TN_ORDER"}


def get(state: SandboxState, call: Call, text: str) -> Answer:
    """GET tns/{number}: where a number of the account stands, and the order that it came with."""
    number = from_wire(text, v2=call.v2)
    known = state.numbers.get(number) if number else None
    if number is None or known is None:
        return _unknown(text, is_number=number is not None)
    root = Element(_ROOT)
    leaf(root, "TelephoneNumber", call.number_to_wire(number))
    leaf(root, "Status", known.status)
    leaf(root, "LastModifiedDate", to_text(known.modified_at))
    order = state.orders.get(known.order_id)
    if order is not None:
        leaf(root, "OrderCreateDate", to_text(order.created_at))
        leaf(root, "OrderId", order.order_id)
        leaf(root, "OrderType", _ORDER_TYPES[order.kind])
    leaf(root, "SiteId", known.site_id)
    leaf(root, "AccountId", state.options.account_id)
    return xml(200, render(root))


def get_details(state: SandboxState, call: Call, text: str) -> Answer:
    """GET tns/{number}/tndetails: also of a number on offer; 12512 for any other."""
    number = from_wire(text, v2=call.v2)
    known = state.numbers.get(number) if number else None
    if number is None or (known is None and not state.offers.supply.has(number)):
        return _unknown(text, is_number=number is not None)
    root = Element(_ROOT)
    node = SubElement(root, "TelephoneNumberDetails")
    write_place(node, number, state.offers.supply, lata_tag="Lata")
    leaf(node, "FullNumber", call.number_to_wire(number))
    leaf(node, "Tier", "0")
    leaf(node, "VendorId", "49")
    leaf(node, "VendorName", "Sandbox CLEC")
    if known is None:
        is_held = bool(state.reservations.among([number], now=time.time()))
        leaf(node, "Status", "Reserved" if is_held else "Available")
    elif known.is_owned:
        _write_owned(node, known, state)
    else:
        _write_hosted(node, known, state)
    return xml(200, render(root))


def _write_owned(node: Element, known: Number, state: SandboxState) -> None:
    leaf(node, "Status", known.status)
    leaf(node, "AccountId", state.options.account_id)
    _write_place_on_account(node, known)
    leaf(SubElement(node, "ServiceTypes"), "ServiceType", "Voice")
    leaf(node, "LastModified", to_text(known.modified_at))
    if known.status is NumberStatus.IN_SERVICE:
        leaf(node, "InServiceDate", to_text(known.modified_at))
        _write_messaging(node)


def _write_hosted(node: Element, known: Number, state: SandboxState) -> None:
    """Of a hosted number the account and the messaging stand in a part of their own."""
    leaf(node, "Status", known.status)
    leaf(node, "AccountId", _VOICE_ACCOUNT)
    leaf(SubElement(node, "ServiceTypes"), "ServiceType", "Voice")
    leaf(node, "LastModified", to_text(known.modified_at))
    leaf(SubElement(node, "TnAttributes"), "TnAttribute", "Hosted")
    hosted = SubElement(SubElement(node, "HostedTelephoneNumberDetails"), _HOSTED)
    leaf(hosted, "AccountId", state.options.account_id)
    _write_place_on_account(hosted, known)
    leaf(SubElement(hosted, "ServiceTypes"), "ServiceType", "Hosted Messaging")
    _write_messaging(hosted)


def _write_place_on_account(parent: Element, known: Number) -> None:
    site = SITES[known.site_id]
    node = SubElement(parent, "Site")
    leaf(node, "Id", site.site_id)
    leaf(node, "Name", site.name)
    peer = site.peer(known.sip_peer_id)
    if peer is not None:
        node = SubElement(parent, "SipPeer")
        leaf(node, "PeerId", peer.peer_id)
        leaf(node, "PeerName", peer.name)
        leaf(node, "IsDefaultPeer", "true" if peer.is_default else "false")


def _write_messaging(parent: Element) -> None:
    settings = SubElement(parent, "MessagingSettings")
    leaf(settings, "SmsEnabled", "true")
    leaf(settings, "MessageClass", "UNREGISTERED")
    leaf(settings, "A2pState", "system_default")
    route = SubElement(settings, "AssignedNnRoute")
    leaf(route, "Nnid", "103775")
    leaf(route, "Name", "Sandbox route")


def _unknown(text: str, *, is_number: bool) -> Answer:
    """404 for a number that is not ours to tell of, 400 for what is no number."""
    description = f"Telephone number '{text}' is not valid"
    return xml(404 if is_number else 400, response_status(_ROOT, "12512", description))
