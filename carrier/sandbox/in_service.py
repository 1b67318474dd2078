"""The numbers of the account as lists: those in service, and those that were given back."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from carrier.sandbox.document import leaf, leaves, render, repeated_errors
from carrier.sandbox.exchange import Answer, Call, xml
from carrier.sandbox.number_book import NumberStatus, Scope
from carrier.sandbox.number_pages import BadPageError, read_page, write_links
from carrier.sandbox.numbering_plan import from_wire
from carrier.sandbox.state import SandboxState

_DEFAULT_SIZE = 300


def list_numbers(state: SandboxState, call: Call) -> Answer:
    """GET inserviceNumbers?page&size: hosted and owned ones; 204 when the page is empty."""
    return _list(state, call, Scope(), "inserviceNumbers")


def list_disconnected(state: SandboxState, call: Call) -> Answer:
    """GET discnumbers?page&size: the ones that age after a disconnect; 204 without any."""
    return _list(state, call, Scope(NumberStatus.AGING), "discnumbers")


def count_numbers(state: SandboxState) -> Answer:
    """GET inserviceNumbers/totals."""
    root = Element("Quantity")
    leaf(root, "Count", str(state.numbers.count(Scope())))
    return xml(200, render(root))


def is_in_service(state: SandboxState, call: Call, text: str) -> Answer:
    """GET inserviceNumbers/{number}: 200 or 404, both without a body."""
    number = from_wire(text, v2=call.v2)
    found = state.numbers.get(number) if number else None
    is_there = found is not None and found.status is NumberStatus.IN_SERVICE
    return Answer(200 if is_there else 404)


def _list(state: SandboxState, call: Call, scope: Scope, collection: str) -> Answer:
    try:
        page = read_page(state, call, scope, default_size=_DEFAULT_SIZE)
    except BadPageError as error:
        return xml(400, repeated_errors("TNs", [("1008", str(error))]))
    if not page.rows:
        return Answer(204)
    root = Element("TNs")
    leaf(root, "TotalCount", str(page.total))
    write_links(SubElement(root, "Links"), f"{call.location}/{collection}", page)
    numbers = SubElement(root, "TelephoneNumbers")
    leaf(numbers, "Count", str(len(page.rows)))
    leaves(numbers, "TelephoneNumber", map(call.number_to_wire, page.rows))
    return xml(200, render(root))
