"""The in-service numbers of the account: what a nightly compare reads."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.document import leaf, leaves, render, repeated_errors
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.state import SandboxState

_DEFAULT_SIZE = 300
_LARGEST_SIZE = 5000


def list_numbers(state: SandboxState, call: Call) -> Answer:
    """GET inserviceNumbers?page&size: pages count from 1; 204 when the page is empty."""
    page = call.request.parameter("page") or "1"
    size = call.request.parameter("size") or str(_DEFAULT_SIZE)
    if not (_is_count(page) and _is_count(size) and int(size) <= _LARGEST_SIZE):
        return xml(400, repeated_errors("TNs", [("1008", "page or size is not valid")]))
    hosted = state.orders.hosted()
    start = (int(page) - 1) * int(size)
    rows = hosted[start : start + int(size)]
    if not rows:
        return Answer(204)
    root = Element("TNs")
    leaf(root, "TotalCount", str(len(hosted)))
    links = SubElement(root, "Links")
    first = f"{call.location}/inserviceNumbers?size={size}"
    leaf(links, "first", f'Link=<{first}&page=1>;rel="first";')
    if start + len(rows) < len(hosted):
        leaf(links, "next", f'Link=<{first}&page={int(page) + 1}>;rel="next";')
    numbers = SubElement(root, "TelephoneNumbers")
    leaf(numbers, "Count", str(len(rows)))
    leaves(numbers, "TelephoneNumber", map(call.number_to_wire, rows))
    return xml(200, render(root))


def is_in_service(state: SandboxState, call: Call, text: str) -> Answer:
    """GET inserviceNumbers/{number}: 200 or 404, both without a body."""
    number = from_wire(text, v2=call.v2)
    return Answer(200 if number and state.orders.is_hosted(number) else 404)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text) > 0
