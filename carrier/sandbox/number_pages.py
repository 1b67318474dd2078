"""Numbers of the account in pages: what the several lists of them have in common."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from carrier.sandbox.document import leaf
from carrier.sandbox.exchange import Call
from carrier.sandbox.number_book import Scope
from carrier.sandbox.numbering_plan import from_wire, is_count
from carrier.sandbox.state import SandboxState

_LARGEST_SIZE = 5000
_WRONG_BY = 7


class BadPageError(ValueError):
    """A page or a size that is none."""


@dataclass(frozen=True)
class NumberPage:
    """One page of ten-digit numbers, how many there are said to be, and the query of the next."""

    rows: list[str]
    total: int
    size: int
    next_page: str


def read_page(state: SandboxState, call: Call, scope: Scope, *, default_size: int) -> NumberPage:
    """The page that `page` and `size` ask for; BadPageError for what is none.

    A page is a count from 1, or the first number on it. Three faults change what is listed: links
    that name pages by their first number, a wrong total, a row that comes again on the next page.
    """
    text = call.request.parameter("page") or "1"
    size_text = call.request.parameter("size") or str(default_size)
    # A plus that was not escaped arrives as a blank.
    first = from_wire(text.replace(" ", "+", 1), v2=call.v2)
    is_good = (first or is_count(text)) and is_count(size_text) and int(size_text) <= _LARGEST_SIZE
    if not is_good:
        raise BadPageError(f"page {text} or size {size_text} is not valid")
    fault = call.fault.name if call.fault else ""
    size = int(size_text)
    skip = 0 if first else (int(text) - 1) * size
    if fault == "row_repeated" and skip:
        # As if a number had come into service on an earlier page meanwhile.
        skip -= 1
    # One more than fits tells whether and where the next page begins.
    rows = state.numbers.page(scope, limit=size + 1, skip=skip, first=first or "")
    next_page = ""
    if len(rows) > size:
        is_by_id = first or fault == "pages_by_id"
        next_page = call.number_to_wire(rows[size]) if is_by_id else str(int(text) + 1)
    total = state.numbers.count(scope) + (_WRONG_BY if fault == "total_wrong" else 0)
    return NumberPage(rows[:size], total, size, next_page.replace("+", "%2B"))


def write_links(links: Element, address: str, page: NumberPage) -> None:
    """Write where the first and the next page are."""
    leaf(links, "first", f'Link=<{address}?size={page.size}&page=1>;rel="first";')
    if page.next_page:
        leaf(links, "next", f'Link=<{address}?size={page.size}&page={page.next_page}>;rel="next";')
