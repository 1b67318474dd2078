"""What the carrier refuses before it creates an order of new numbers."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from carrier.sandbox import criteria
from carrier.sandbox.codes import description
from carrier.sandbox.document import text_at
from carrier.sandbox.exchange import Call
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.ordering import EXISTING, Wish
from carrier.sandbox.state import SandboxState
from carrier.sandbox.validation import CUSTOMER_ORDER_ID, Errors, card_errors, read_place

SEARCHES: dict[str, frozenset[str]] = {
    "AreaCodeSearchAndOrderType": frozenset({"AreaCode"}),
    "NPANXXSearchAndOrderType": frozenset({"NpaNxx", "NpaNxxX"}),
    "RateCenterSearchAndOrderType": frozenset({"RateCenter"}),
    "CitySearchAndOrderType": frozenset({"City"}),
    "StateSearchAndOrderType": frozenset({"State"}),
    "ZIPSearchAndOrderType": frozenset({"Zip"}),
    "LATASearchAndOrderType": frozenset({"Lata", "LATA"}),
    "TollFreeVanitySearchAndOrderType": frozenset({"TollFreeVanity"}),
    "TollFreeWildCharSearchAndOrderType": frozenset({"TollFreeWildCardPattern"}),
    "CombinedSearchAndOrderType": frozenset(),
}
"""The order types that search, and the elements of which each needs one."""

# What an import calls wrong about a place, and what the same is called here.
_PLACE_CODES = {"7309": "5022", "5016": "5016", "7310": "5020", "7311": "5023", "7312": "5023"}
_WORDS = {"": None, "true": True, "false": False}


@dataclass(frozen=True)
class NumberOrderInput:
    """A create request that was read; numbers are ten digits, with those that were reserved."""

    customer_order_id: str
    site_id: str
    sip_peer_id: str
    wish: Wish
    telephone_numbers: tuple[str, ...]


def read(state: SandboxState, call: Call, root: Element) -> tuple[NumberOrderInput, Errors]:
    """A create request and every reason to refuse it (none: it is good)."""
    types = [child for child in root if child.tag == EXISTING or child.tag in SEARCHES]
    order_type = types[0] if types else Element("")
    errors: Errors = [] if len(types) == 1 else [("5002", "One order type is needed.")]
    peer_id, place_errors = read_place(text_at(root, "SiteId"), text_at(root, "PeerId"))
    errors += [(_PLACE_CODES[code], description(_PLACE_CODES[code])) for code, _ in place_errors]
    reference = text_at(root, "CustomerOrderId")
    if not CUSTOMER_ORDER_ID.fullmatch(reference):
        errors.append(("5052", description("5052")))
    partial = _WORDS.get(text_at(root, "PartialAllowed").lower(), "bad")
    if partial == "bad":
        errors.append(("5217", description("5217")))
    numbers: tuple[str, ...] = ()
    if order_type.tag == EXISTING:
        numbers, more = _read_numbers(state, call, order_type)
    else:
        more = _search_errors(order_type) if types else []
    wish = Wish(
        name=text_at(root, "Name"),
        order_type=order_type.tag,
        fields={
            child.tag: (child.text or "").strip()
            for child in order_type
            if order_type.tag != EXISTING
        },
        quantity=criteria.quantity(text_at(order_type, "Quantity")) or len(numbers),
        reservation_ids=_reservation_ids(order_type),
        is_partial_allowed=partial is not False,
        is_back_order=text_at(root, "BackOrderRequested").lower() == "true",
    )
    errors += [*more, *card_errors(numbers)]
    return NumberOrderInput(reference, text_at(root, "SiteId"), peer_id, wish, numbers), errors


def _read_numbers(
    state: SandboxState, call: Call, order_type: Element
) -> tuple[tuple[str, ...], Errors]:
    nodes = order_type.findall("TelephoneNumberList/TelephoneNumber")
    texts = [(node.text or "").strip() for node in nodes]
    numbers = [number for text in texts if (number := from_wire(text, v2=call.v2))]
    errors: Errors = [("5008", description("5008"))] if len(numbers) < len(texts) else []
    for reservation_id in _reservation_ids(order_type):
        reservation = state.reservations.get(reservation_id, now=time.time())
        if reservation is None:
            errors.append(("5042", description("5042")))
        elif reservation.telephone_number not in numbers:
            numbers.append(reservation.telephone_number)
    if not texts and not numbers and not errors:
        errors.append(("5001", description("5001")))
    if len(set(numbers)) < len(numbers):
        errors.append(("5093", description("5093")))
    if len(numbers) > criteria.MOST_NUMBERS:
        errors.append(("5215", description("5215")))
    return tuple(numbers), errors


def _reservation_ids(order_type: Element) -> tuple[str, ...]:
    nodes = order_type.findall("ReservationIdList/ReservationId")
    return tuple((node.text or "").strip() for node in nodes)


def _search_errors(order_type: Element) -> Errors:
    text = text_at(order_type, "Quantity")
    errors: Errors = []
    if criteria.quantity(text) is None:
        code = "5215" if re.fullmatch(r"[1-9][0-9]{3,}", text) else "5009"
        errors.append((code, description(code)))
    needed = SEARCHES[order_type.tag]
    if needed and not any(text_at(order_type, tag) for tag in needed):
        errors.append(("5002", f"{' or '.join(sorted(needed))} is required."))
    problem = criteria.from_element(order_type).problem()
    return [*errors, problem] if problem else errors
