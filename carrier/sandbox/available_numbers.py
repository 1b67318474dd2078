"""The search for new telephone numbers. It changes nothing and holds nothing."""

from __future__ import annotations

from itertools import islice
from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox import criteria
from carrier.sandbox.codes import description
from carrier.sandbox.criteria import MOST_NUMBERS, Criteria
from carrier.sandbox.document import leaf, leaves, render, search_error
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.state import SandboxState
from carrier.sandbox.supply import Supply

_MANNERS = {
    "orderBy": (("fullNumber", "npaNxxx", "npaNxx", "areaCode"), "4020"),
    "protected": (("NONE", "ONLY", "MIXED"), "4022"),
    "phoneNumberType": (
        ("GEOGRAPHIC", "NATIONAL", "MOBILE", "TOLL_FREE", "SHARED_COST"),
        "5002",
    ),
}
_RATE_CENTER_WIDTH = 10


class _RefusedError(ValueError):
    """A search that the carrier refuses: (code, description)."""


def search(state: SandboxState, call: Call) -> Answer:
    """GET availableNumbers: numbers or detail rows, 400 for criteria that the carrier refuses."""
    query = call.request
    wanted = criteria.from_query(query.parameter)
    try:
        quantity = _quantity(call)
        _check_manners(call, wanted)
        _check(wanted)
    except _RefusedError as refusal:
        return xml(400, search_error(*refusal.args))
    kind = query.parameter("phoneNumberType")
    is_none = (
        query.parameter("protected") == "ONLY"
        or query.parameter("countryCodeA3") not in ("", "USA")
        or kind not in ("", "TOLL_FREE" if wanted.is_toll_free else "GEOGRAPHIC")
    )
    found = [] if is_none else state.offers.find(wanted, quantity)
    if query.parameter("orderBy"):
        found.sort()
    root = Element("SearchResult")
    if found:
        leaf(root, "ResultCount", str(len(found)))
        if query.parameter("enableTNDetail").lower() == "true":
            rows = SubElement(root, "TelephoneNumberDetailList")
            for number in found:
                _write_detail(rows, number, state.offers.supply, call)
        else:
            numbers = SubElement(root, "TelephoneNumberList")
            leaves(numbers, "TelephoneNumber", map(call.number_to_wire, found))
    return xml(200, render(root))


def list_exchanges(state: SandboxState, call: Call) -> Answer:
    """GET availableNpaNxx: exchanges with how many numbers each has; `quantity` limits the rows."""
    wanted = criteria.from_query(call.request.parameter)
    wanted = Criteria(area_code=wanted.area_code, state=wanted.state)
    try:
        quantity = _quantity(call)
        if wanted != Criteria():
            _check(wanted)
    except _RefusedError as refusal:
        return xml(400, search_error(*refusal.args))
    root = Element("SearchResultForAvailableNpaNxx")
    rows = SubElement(root, "AvailableNpaNxxList")
    offered = state.offers.exchanges(area_code=wanted.area_code, state=wanted.state)
    for exchange, place, count in islice(offered, quantity):
        row = SubElement(rows, "AvailableNpaNxx")
        leaf(row, "City", f"{place.city}:{place.rate_center}")
        leaf(row, "Npa", exchange[:3])
        leaf(row, "Nxx", exchange[3:])
        leaf(row, "Quantity", str(count))
        leaf(row, "State", place.state)
    return xml(200, render(root))


def write_place(node: Element, number: str, supply: Supply, *, lata_tag: str) -> None:
    """Write where a number belongs; nothing of a toll-free one."""
    place = supply.place_of(number)
    if place is not None:
        leaf(node, "City", place.city)
        leaf(node, lata_tag, place.lata)
        # The carrier pads the name with blanks.
        leaf(node, "RateCenter", place.rate_center.ljust(_RATE_CENTER_WIDTH))
        leaf(node, "State", place.state)


def _quantity(call: Call) -> int:
    quantity = criteria.quantity(call.request.parameter("quantity") or str(MOST_NUMBERS))
    if quantity is None:
        raise _RefusedError("5002", f"quantity must be 1 to {MOST_NUMBERS}.")
    return quantity


def _check(wanted: Criteria) -> None:
    problem = wanted.problem()
    if problem is not None:
        raise _RefusedError(*problem)


def _check_manners(call: Call, wanted: Criteria) -> None:
    """Refuse what is not about the numbers themselves but about how they are asked for."""
    query = call.request
    for name, (known, code) in _MANNERS.items():
        if query.parameter(name) not in ("", *known):
            raise _RefusedError(code, description(code))
    if call.v2 and wanted.area_code and not query.parameter("countryCodeA3"):
        raise _RefusedError("5002", "areaCode needs countryCodeA3.")


def _write_detail(parent: Element, number: str, supply: Supply, call: Call) -> None:
    row = SubElement(parent, "TelephoneNumberDetail")
    write_place(row, number, supply, lata_tag="LATA")
    leaf(row, "FullNumber", call.number_to_wire(number))
    leaf(row, "Tier", "0")
    leaf(row, "VendorId", "49")
    leaf(row, "VendorName", "Sandbox CLEC")
